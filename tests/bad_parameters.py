"""A hundred sets of parameters that no run may start with, each with words that its refusal must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CELL = """from datetime import date, datetime
from typing import Literal
title: str                    # of the page
source = "example"            # which data
level = 0.95                  # confidence level; from 0.5 to 0.999
count = 3                     # how many; from 1 to 10
big = 7                       # any whole number
ratio: float | None = None    # a number or nothing
unit: Literal["people", "times"] = "people"   # what is counted
by = "topic"                  # what to compare; one of: topic, weekday
flag = False                  # whether to look closer
names = ["a"]                 # some names
sizes = [1, 2]                # some sizes; from 0 to 5
since: date = "2026-01-01"    # first day; from 2020-01-01 to 2026-12-31
until = date(2026, 6, 30)     # last day
at: datetime = "2026-01-01T09:00"   # when
start: datetime = "2026-01-01T09:00+08:00"   # when, with an offset
note = None                   # a remark
"""


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One set: what is typed, the file beside it, the environment; and what must be said."""

    said: str
    pairs: tuple[str, ...] = ()
    file: bytes | None = None
    name: str = "bad.yaml"
    environ: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False  # whether `title` is left out


def typed(said: str, *pairs: str) -> Bad:
    return Bad(said=said, pairs=pairs)


def yaml(said: str, text: str | bytes) -> Bad:
    return Bad(said=said, file=text if isinstance(text, bytes) else text.encode())


def json(said: str, text: str | bytes) -> Bad:
    return Bad(said=said, file=text if isinstance(text, bytes) else text.encode(), name="bad.json")


def secret(said: str, pair: str, value: str | None = None) -> Bad:
    return Bad(said=said, pairs=(pair,), environ={} if value is None else {"FANECON_TEST_TOKEN": value})


NAMES = [
    typed("Did you mean 'level'", "levle=0.9"),
    typed("CYRILLIC SMALL LETTER IE", "l\u0435vel=0.9"),
    typed("FULLWIDTH LATIN SMALL LETTER L", "ｌevel=0.9"),
    typed("is not a parameter", "LEVEL=0.9"),
    typed("is not a name", "level\n=0.9"),
    typed("is not a name", "level = 0.9"),
    typed("is not a name", "x\nimport os\ny=1"),
    typed("is not a name", "__import__('os').system('true')=1"),
    typed("is not a name", "level;x=1"),
    typed("is not a name", "level.real=1"),
    typed("is not a name", "names[0]=b"),
    typed("is not a name", "=1"),
    typed("name=value", "level"),
    typed("name=value", ""),
    typed("is not a name", "l\u200bevel=0.9"),
    typed("is not a name", "\u202elevel=0.9"),
    typed("is not a parameter", "class=1"),
    typed("is not a parameter", "model_config=1"),
    typed("is not a parameter", "p0=1"),
    typed("is not a parameter", "__class__=1"),
    typed("is given twice", "level=0.9", "level=0.9"),
    typed("is not a name", "\udcff=1"),
    Bad(said="is missing: text is needed", whole=True),
]
NUMBERS = [
    typed("not a number", "level=high"),
    typed("not a number", "level=0,95"),
    typed("not a number", "level=95%"),
    typed("not a finite number", "level=nan"),
    typed("not a finite number", "level=-NaN"),
    typed("not a finite number", "level=inf"),
    typed("not a finite number", "ratio=Infinity"),
    typed("not a finite number", "ratio=1e999"),
    typed("from 0.5 to 0.999", "level=0.4999999"),
    typed("from 0.5 to 0.999", "level=1"),
    typed("from 0.5 to 0.999", "level=-0.9"),
    typed("not a number", "level=０.９"),
    typed("not a number", "level=٠.٩"),
    typed("not a number", "level=0x1p-1"),
    typed("not a number", "ratio=1_000"),
    typed("not a number", "level= 0.9"),
    typed("not a number", "level=0.9\n"),
    typed("not a number", "level==0.9"),
    typed("is empty", "level="),
    typed("not a whole number", "count=2.5"),
    typed("not a whole number", "count=3.0"),
    typed("not a whole number", "count=1e1"),
    typed("from 1 to 10", "count=0"),
    typed("from 1 to 10", "count=11"),
    typed("too large", f"big={2**63}"),
    typed("too large", f"big=-{10**30}"),
    typed("too large", "big=" + "9" * 5000),
    typed("not a whole number", "big=0x10"),
    typed("not a whole number", "big=²"),
    typed("not a whole number", "count=True"),
]
WORDS = [
    typed("people", "unit=persons"),
    typed("people", "unit=People"),
    typed("people", "unit="),
    typed("Did you mean 'weekday'", "by=weekdays"),
    typed("not true or false", "flag=yes"),
    typed("not true or false", "flag=1"),
    typed("is empty", "flag="),
    typed("not valid text", "source=\udcff"),
]
LISTS = [
    typed("JSON", "names=a"),
    typed("JSON", "names=['a']"),
    typed("not a list", 'names={"a": 1}'),
    typed("not text", 'names=["a", 1]'),
    typed("not text", "names=[null]"),
    typed("not text", 'names=[["a"]]'),
    typed("from 0 to 5", "sizes=[1, 6]"),
    typed("not a whole number", "sizes=[1.5]"),
    typed("not a finite number", "sizes=[NaN]"),
    typed("not a list", "sizes=3"),
    typed("JSON", "names=" + "[" * 5000),
]
DATES = [
    typed("2026-01-31", "since=yesterday"),
    typed("2026-01-31", "since=01/02/2026"),
    typed("2026-01-31", "since=20260101"),
    typed("2026-01-31", "since=2026-W01-1"),
    typed("2026-01-31", "since=2026-1-1"),
    typed("day", "since=2026-02-29"),
    typed("month", "until=2026-13-01"),
    typed("from 2020-01-01 to 2026-12-31", "since=2019-12-31"),
    typed("is not a date", "since=2026-01-01T00:00"),
    typed("2026-01-31", "since=２０２６-01-01"),
    typed("is not a date with time", "at=2026-01-01"),
    typed("is not a date with time", "at=2026-01-01T25:00"),
    typed("has an offset", "at=2026-01-01T09:00Z"),
    typed("lacks its offset", "start=2026-01-01T09:00"),
]
FILES = [
    yaml("is given twice", "level: 0.9\ncount: 3\nlevel: 0.8\n"),
    json("is given twice", '{"level": 0.9, "level": 0.8}'),
    yaml("tags are not taken", "source: !!python/object/apply:os.system ['true']\n"),
    yaml("tags are not taken", "!!python/object:os.system {}\n"),
    yaml("aliases", "names: &a ['x']\nsource: *a\n"),
    yaml("aliases", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n"),
    yaml("map inside a map", "level:\n  x: 1\n"),
    json("map or a list inside", '{"level": {"x": 1}}'),
    json("map or a list inside", '{"names": [["x"]]}'),
    yaml("true or false", "source: no\n"),
    yaml("a date", "source: 2026-01-01\n"),
    yaml("a number", "source: 007\n"),
    yaml("as 8", "count: 010\n"),
    yaml("as 750", "big: 12:30\n"),
    yaml("not a finite number", "level: .nan\n"),
    yaml("no value", "level:\n"),
    yaml("no value", "source: ~\n"),
    yaml("not a whole number", "count: 1e1\n"),
    yaml("true or false", "count: yes\n"),
    yaml("not a list", "names: x\n"),
    yaml("is not a name", '"x\\nimport os": 1\n'),
    yaml("control character", "source: a\0b\n"),
    yaml("second document", "level: 0.9\n---\nlevel: 0.8\n"),
    yaml("must hold", "- level\n"),
    yaml("not UTF-8", "source: 例\n".encode("gb18030")),
    yaml("larger than", b"#" * 100_001),
    yaml("is empty", ""),
    yaml("not valid YAML", "level: [0.9\n"),
    json("not valid JSON", "{level: 0.9}"),
    json("not valid JSON", '{"level": NaN}'),
    json("must hold one object", "[1]"),
    json("not valid JSON", "[" * 50_000),
    json("not a number", '{"level": "0.9"}'),
    json("not a whole number", '{"count": 3.0}'),
    json("not a whole number", '{"count": true}'),
    json("not valid text", '{"source": "\\ud800"}'),
    Bad(said=".yaml, .yml or .json", file=b"level=0.9", name="bad.toml"),
]
SECRETS = [
    secret("is not set", "source=env:FANECON_TEST_NOWHERE"),
    secret("is empty", "source=env:FANECON_TEST_TOKEN", ""),
    secret("too short", "source=env:FANECON_TEST_TOKEN", "12345"),
    secret("names no environment variable", "source=env:"),
    secret("secret text", "level=env:FANECON_TEST_TOKEN", "0.9123456"),
    secret("from the environment is not allowed", "by=env:FANECON_TEST_TOKEN", "hunter2hunter2"),
]

SETS = [*NAMES, *NUMBERS, *WORDS, *LISTS, *DATES, *FILES, *SECRETS]
assert len(SETS) >= 100
