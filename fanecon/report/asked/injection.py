"""The code that sets the parameters in the kernel: values as literals, and secrets only as a place to look.

papermill pastes names as they come and keeps every value in the notebook it writes.  Here only checked names stand
on the left, and on the right only what `repr` writes of six exact types: a text cannot leave its quotes.  Dates are
built by calls, so the notebook gets dates.

A secret never becomes source: a notebook's source is shown, saved and quoted in tracebacks.  The kernel is started
with it under a number of its own and takes it from its environment, which removes it there, so that no process the
notebook starts inherits it from this place.  (The variable that the user named stays as it was; a library may need
it.)  It is written in hexadecimal digits, because the bytes of an environment mean different letters in different
locales.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from fanecon.errors import ParameterError
from fanecon.report.asked.kinds import Value

VARIABLE = "FANECON_SECRET_"


def injected(values: Mapping[str, Value], secret_names: Collection[str] = (), *, imports: Iterable[str] = ()) -> str:
    """The source that sets the values, in their order; the secret ones are looked up in the environment.

    Parameters
    ----------
    values
        By name; of the secret ones only the name is used.
    secret_names
        In the order of `secret_environment`.
    imports
        Statements that stand first.

    Raises
    ------
    ParameterError
        If a name is no identifier, or a value is of no type that a parameter may have.
    """
    places = {name: f"{VARIABLE}{number}" for number, name in enumerate(secret_names)}
    lines = [
        f"{_name(name)} = {_looked_up(places[name]) if name in places else _literal(values[name])}" for name in values
    ]
    return "\n".join(["# Parameters", *imports, *lines]) + "\n"


def secret_environment(secrets: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that the kernel must be started with, for the code of `injected` to find them."""
    return {f"{VARIABLE}{number}": value.encode().hex() for number, value in enumerate(secrets.values())}


def _name(name: str) -> str:
    plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if not plain or keyword.iskeyword(name) or name.startswith("__"):
        raise ParameterError(f"{name[:80]!r} cannot be the name of a parameter.")
    return name


def _looked_up(place: str) -> str:
    return f'__import__("codecs").decode(__import__("os").environ.pop("{place}"), "hex").decode()'


def _literal(value: Value) -> str:
    if type(value) is list:
        return f"[{', '.join(_literal(item) for item in value)}]"
    if type(value) is datetime:
        return f'__import__("datetime").datetime.fromisoformat({value.isoformat()!r})'
    if type(value) is date:
        return f'__import__("datetime").date({value.year}, {value.month}, {value.day})'
    if value is None or type(value) in (str, int, float, bool):
        text = repr(value)
        if text not in ("nan", "inf", "-inf"):
            return text
    raise ParameterError(f"A value of type {type(value).__name__} cannot be given to a notebook.")
