"""The clock and the language of the machine change no table: every sample is read in a process of each setting."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_samples import FILES, REFUSED, SAMPLES

CHILD = """
import datetime as dt, hashlib, json, locale, os, sys, time
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.schema import FileError
locale.setlocale(locale.LC_ALL, "")
ask = Ask(captured_at=dt.datetime(2026, 9, 6, 4, 0, tzinfo=dt.UTC))
made = {}
for at, name in enumerate(json.loads(sys.stdin.read())):
    try:
        reading = read(os.fsdecode(bytes.fromhex(name)), ask=ask)
    except FileError as error:
        made[at] = f"refused: {error.problem!a}"
        continue
    parts = [f"{table} {frame.dtypes.to_dict()} {frame.to_json(orient='split', date_unit='ns')}"
             for table, frame in reading.tables.items()]
    made[at] = hashlib.sha256("|".join(parts).encode()).hexdigest()
where = [time.tzname[0], locale.getpreferredencoding(False), locale.nl_langinfo(locale.DAY_1)]
print(json.dumps({"made": made, "where": where}))
"""
ZONES = {"UTC": "UTC", "America/New_York": "EST", "Asia/Shanghai": "CST"}
LOCALES = {"zh_CN.UTF-8": "UTF-8", "zh_CN.GB18030": "GB18030"}
NAMES = [os.fsencode(SAMPLES / name).hex() for name in FILES]

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/samples is not there: the samples are not part of fanecon")


def tables_under(**setting: str) -> tuple[dict[str, str], list[str]]:
    """A hash of the tables of every sample, read in a process of a setting, and what the process says of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONUTF8"))}
    environment = {**kept, "FANECON_KEY": "a key for every setting", "PYTHONWARNDEFAULTENCODING": "1", **setting}
    done = subprocess.run(
        [sys.executable, "-W", "error::EncodingWarning:fanecon", "-c", CHILD],
        input=json.dumps(NAMES).encode(), env=environment, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2_000:]
    told = json.loads(done.stdout)
    return told["made"], told["where"]


@pytest.fixture(scope="module")
def usual() -> dict[str, str]:
    made, where = tables_under(TZ="UTC", LC_ALL="C.UTF-8")
    assert where[:2] == ["UTC", "UTF-8"] or where[1] == "utf-8"
    assert sum(one.startswith("refused") for one in made.values()) == len(REFUSED)
    return made


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Chinese locales, made of the sources of Debian's package `locales` without being root."""
    program, sources = shutil.which("localedef"), Path("/usr/share/i18n/locales/zh_CN")
    if program is None or not sources.exists():
        pytest.skip("NO CHINESE LOCALE IS TESTED: the package 'locales' is missing (make system installs it)")
    folder = tmp_path_factory.mktemp("locales")
    for name, charmap in LOCALES.items():
        subprocess.run([program, "-i", "zh_CN", "-f", charmap, str(folder / name)], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
def test_the_zone_of_the_machine_changes_no_table_of_any_sample(usual: dict[str, str], zone: str) -> None:
    made, where = tables_under(TZ=zone, LC_ALL="C.UTF-8")
    assert where[0] == ZONES[zone]
    assert {FILES[int(at)] for at, one in made.items() if one != usual[at]} == set()


@pytest.mark.parametrize("name", LOCALES)
def test_a_chinese_locale_changes_no_table_of_any_sample(usual: dict[str, str], locales: Path, name: str) -> None:
    made, where = tables_under(TZ="Asia/Shanghai", LC_ALL=name, LOCPATH=str(locales))
    assert where[1].upper().replace("-", "") == LOCALES[name].replace("-", "")
    assert where[2] == "星期日"
    assert {FILES[int(at)] for at, one in made.items() if one != usual[at]} == set()
