"""Thresholds: conditions on the numbers of a report that make a scheduled run call for help.

A condition is written by hand in a crontab and read at night by nobody, so it has to be safe in two ways.  It is never
evaluated as code: its grammar is one comparison, read letter by letter.  And it cannot go silent: a number that is
missing, was measured under another name or has no interval is not "below the threshold" but *cannot be judged*, which
counts as breached.  There is no `and` and no `or`: the option is repeated, and one breach is enough.

    share_to_read.estimate < 2%
    share_to_read["welfare"].low < 0.02
    half_life.width > 3
    share_to_read.change < -0.01            since the last complete run
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from fanecon.errors import ParameterError
from fanecon.numbers import PERCENT, shown
from fanecon.report.printable import printable
from fanecon.report.record import Metric, Threshold

FIELDS = ("estimate", "low", "high", "width", "change")
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
EXAMPLE = "share_to_read.estimate < 0.02"
WHOLE = ("", "overall")
MOST_LETTERS = 1_000
_DIGITS = frozenset("0123456789")
_TYPED = {"=": "==", "=<": "<=", "=>": ">=", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!=", "＜": "<", "＞": ">"}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison of a number of a report with a fixed number; true means breached.

    Parameters
    ----------
    name, key
        Of the metric; the key tells apart the rows of a table.  Without one the number of the whole is meant: the row
        without a key, that of the key `overall`, or the only row.
    field
        estimate, low, high, width (high − low), or change (estimate − that of the last complete run).
    number
        As written, without its percent sign.
    percent
        Whether the number is in percent, which only a proportion can be.
    """

    name: str
    key: str | None
    field: str
    sign: str
    number: str
    percent: bool = False

    def __str__(self) -> str:
        key = "" if self.key is None else '["' + self.key.replace("\\", "\\\\").replace('"', '\\"') + '"]'
        return f"{self.name}{key}.{self.field} {self.sign} {self.number}{'%' if self.percent else ''}"

    @property
    def limit(self) -> float:
        """The number to compare with: 0.02 for 2%."""
        return float(Decimal(self.number).scaleb(-2) if self.percent else Decimal(self.number))

    def judge(self, metrics: Sequence[Metric], before: Sequence[Metric] = ()) -> Threshold:
        """Whether the condition came true for the numbers of a run.

        Parameters
        ----------
        metrics
            All numbers of the run.  One that was measured several times breaches if any of them does.
        before
            Those of the last complete run of the same report, for `change`.
        """
        reason = self._missing(metrics)
        if reason:
            return Threshold(condition=str(self), breached=True, reason=f"cannot be judged: {reason}")
        verdicts = [self._compare(metric, before) for metric in self._matching(metrics)]
        return next((verdict for verdict in verdicts if verdict.breached), verdicts[0])

    def _matching(self, metrics: Sequence[Metric]) -> list[Metric]:
        named = [one for one in metrics if one.name == self.name]
        meant = self._row({one.key for one in named})
        return [one for one in named if meant in (None, one.key)]

    def _row(self, keys: Set[str]) -> str | None:
        """The key of the row that is meant: the whole is told without a key or as `overall`; None for the only row."""
        if self.key in (None, *WHOLE):
            return next((key for key in WHOLE if key in keys), self.key)
        return self.key

    def _missing(self, metrics: Sequence[Metric]) -> str:
        """Why no number of the run is meant, or nothing."""
        named = [one for one in metrics if one.name == self.name]
        if not named:
            names = sorted({one.name for one in metrics})
            return f"the run measured no {self.name}{_meant(self.name, names)}; it measured {_listed(names)}"
        keys = sorted({one.key for one in named})
        row = self._row(set(keys))
        if row is None and len(keys) > 1:
            return (
                f"{self.name} has {len(keys)} rows; name one of {_listed(keys)}, as in {self.name}[{_quoted(keys[-1])}]"
            )
        if row is not None and row not in keys:
            return f"{self.name} has no row {_quoted(row)}{_meant(row, keys)}; it has {_listed(keys)}"
        return ""

    def _compare(self, metric: Metric, before: Sequence[Metric]) -> Threshold:
        value, reason = self._value(metric, before)
        if not reason and self.percent and metric.unit not in PERCENT:
            reason = f"{self.number}% is a proportion, and {self.name} is in {metric.unit or 'numbers without a unit'}"
        if reason or value is None:
            return Threshold(condition=str(self), breached=True, value=value, reason=f"cannot be judged: {reason}")
        breached = COMPARE[self.sign](value, self.limit)
        return Threshold(condition=str(self), breached=breached, value=value, reason=self._doubt(metric))

    def _value(self, metric: Metric, before: Sequence[Metric]) -> tuple[float | None, str]:
        """The number that the field names, or why there is none."""
        if self.field == "change":
            return self._change(metric, before)
        values = {
            "estimate": metric.estimate,
            "low": metric.low,
            "high": metric.high,
            "width": _less(metric.high, metric.low),
        }
        value = values[self.field]
        if _known(value):
            return value, ""
        return None, f"{self.name} has no {'interval' if self.field != 'estimate' else 'value'} in this run"

    def _change(self, metric: Metric, before: Sequence[Metric]) -> tuple[float | None, str]:
        earlier = [one for one in before if (one.name, one.key) == (metric.name, metric.key)]
        if not before:
            kept = "if this is not the first one, its folder .runs was not kept"
            return None, f"there is no earlier complete run to compare with ({kept})"
        if len({(one.estimate, one.unit, one.shows) for one in earlier}) != 1:
            return (
                None,
                f"the last complete run measured {self.name} {'several times' if earlier else 'under no such name'}",
            )
        if (earlier[0].unit, earlier[0].shows) != (metric.unit, metric.shows):
            return None, f"the last complete run measured {self.name} in another unit or as another kind of number"
        change = _less(metric.estimate, earlier[0].estimate)
        return (change, "") if _known(change) else (None, f"{self.name} has no value in one of the two runs")

    def _doubt(self, metric: Metric) -> str:
        if metric.unit == "proportion" and not self.percent and abs(self.limit) > 1:
            return f"{self.name} is a proportion, so {self.number} means {shown(self.limit, 'proportion')}"
        return ""


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def _listed(words: Sequence[str]) -> str:
    told = ", ".join(repr(word) if not word.isidentifier() else word for word in words[:5])
    return (told + (f" and {len(words) - 5} more" if len(words) > 5 else "")) or "nothing"


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- reading a condition ---


def parse(text: str) -> Condition:
    """The condition that a text says.

    Raises
    ------
    ParameterError
        If it is not one comparison of the grammar; a line with a caret shows where.
    """
    reader = _Reader(text)
    if len(text) > MOST_LETTERS:
        raise ParameterError(f"A threshold has at most {MOST_LETTERS} letters; found {len(text):,}. Type {EXAMPLE!r}.")
    name = reader.name("the name of a number of the report")
    key = reader.key()
    reader.expect(".", f"then a point and one of {', '.join(FIELDS)}")
    field = reader.field()
    sign = reader.sign()
    number = reader.number()
    percent = reader.take("%")
    reader.end()
    return Condition(name=name, key=key, field=field, sign=sign, number=number, percent=percent)


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def refuse(self, needed: str, at: int | None = None) -> ParameterError:
        """The error that shows the place and says what was needed there."""
        place = self.at if at is None else at
        start = max(0, place - 60)
        line = printable(self.text[start : place + 60])
        shown_text = ("…" if start else "") + line
        caret = " " * (place - start + bool(start)) + "^"
        example = f"Type, for example, --fail-if '{EXAMPLE}'."
        return ParameterError(f"This threshold cannot be read:\n  {shown_text}\n  {caret}\n{needed}. {example}")

    def blanks(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t") and self.at < len(self.text):
            self.at += 1

    def peek(self) -> str:
        self.blanks()
        return self.text[self.at : self.at + 1]

    def take(self, word: str) -> bool:
        self.blanks()
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def expect(self, word: str, needed: str) -> None:
        if not self.take(word):
            raise self.refuse(f"Here {needed} should stand")

    def while_in(self, belongs: Callable[[str], bool]) -> str:
        start = self.at
        while self.at < len(self.text) and belongs(self.text[self.at]):
            self.at += 1
        return self.text[start : self.at]

    def name(self, needed: str) -> str:
        start = len(self.text) - len(self.text[self.at :].lstrip(" \t"))
        self.at = start
        word = self.while_in(lambda letter: letter == "_" or letter.isalnum())
        if not word.isidentifier():
            raise self.refuse(f"Here {needed} should stand; the fixed number comes last", start)
        return word

    def key(self) -> str | None:
        if not self.take("["):
            return None
        quote = self.peek()
        if quote not in ('"', "'") or not quote:
            raise self.refuse('Here the row should stand in quotes, as in ["welfare"]')
        self.at += 1
        key = self._until(quote)
        self.expect("]", "a closing ]")
        return key

    def _until(self, quote: str) -> str:
        letters, opened = [], self.at - 1
        while self.at < len(self.text) and self.text[self.at] != quote:
            escaped = self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in ("\\", "'", '"')
            self.at += 1 if escaped and self.at + 1 < len(self.text) else 0
            letters.append(self.text[self.at])
            self.at += 1
        if self.at >= len(self.text):
            raise self.refuse(f"This quote {quote} is not closed", opened)
        self.at += 1
        return "".join(letters)

    def field(self) -> str:
        self.blanks()
        start = self.at
        word = self.while_in(lambda letter: letter == "_" or letter.isalnum())
        if word not in FIELDS:
            raise self.refuse(f"Here one of {', '.join(FIELDS)} should stand{_meant(word, FIELDS)}", start)
        return word

    def sign(self) -> str:
        self.blanks()
        start = self.at
        word = self.while_in(lambda letter: letter in "<>=!≤≥≠＜＞")
        if word not in COMPARE:
            instead = f"; for {word} type {_TYPED[word]}" if word in _TYPED else ""
            raise self.refuse(f"Here one of {' '.join(COMPARE)} should stand{instead}", start)
        return word

    def number(self) -> str:
        self.blanks()
        start = self.at
        self.while_in(lambda letter: letter in "+-")
        self._digits()
        word = self.text[start : self.at]
        try:
            value = float(word)
        except ValueError:
            raise self.refuse("Here a number should stand, such as 0.02, -1.5 or 2%", start) from None
        if math.isinf(value) or (value == 0 and any(digit in word.lower().partition("e")[0] for digit in "123456789")):
            raise self.refuse("This number is too large or too close to zero", start)
        return word

    def _digits(self) -> None:
        self.while_in(_DIGITS.__contains__)
        if self.text[self.at : self.at + 1] == ".":
            self.at += 1
            self.while_in(_DIGITS.__contains__)
        if self.text[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            self.while_in(lambda letter: letter in "+-")
            self.while_in(_DIGITS.__contains__)

    def end(self) -> None:
        rest = self.text[self.at :].lstrip(" \t")
        if not rest:
            return
        word = rest.split()[0].lower() if rest.split() else ""
        if word in ("and", "or", "&&", "||", "&", "|"):
            raise self.refuse("A threshold is one comparison. Repeat --fail-if: one that comes true is enough")
        comma = " (a decimal point is a point)" if rest[0] == "," else ""
        self.at = len(self.text) - len(rest)
        raise self.refuse(f"Nothing should stand after the number{comma}")


# --- names that cannot come from a notebook ---


def judge_names(conditions: Sequence[Condition], code: Iterable[str]) -> None:
    """Refuse conditions on names that stand nowhere in the code of a notebook.

    Parameters
    ----------
    code
        The source of every code cell.  If one of them is not plain Python, nothing can be told and nothing is refused.
        A number behind a name, as in `share_to_read_2`, means a second result of the same function.

    Raises
    ------
    ParameterError
        With every name that no cell mentions.
    """
    known: set[str] = set()
    for cell in code:
        try:
            tree = ast.parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        known |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        known |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        known |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    wrong = [one for one in conditions if not {one.name, _first(one.name)} & known]
    if wrong:
        told = [f"  {one}: no step of the notebook mentions {one.name}{_meant(one.name, known)}" for one in wrong[:50]]
        raise ParameterError("\n".join(["A threshold names a number that this notebook does not measure:", *told]))


def _first(name: str) -> str:
    """The name of the first result of a function: `share_to_read` for `share_to_read_2`."""
    stem, mark, number = name.rpartition("_")
    return stem if mark and number.isdigit() else name
