"""Time zones by their names."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fanecon.errors import ParameterError

LONGEST_SHOWN = 80


def zone_of(name: str, advice: str) -> ZoneInfo:
    """The time zone of a name; the advice says what to type where there is none.

    Raises
    ------
    ParameterError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path or NUL; a folder of zones such as "Europe"
        raise ParameterError(f"There is no time zone {name[:LONGEST_SHOWN]!r}. {advice}") from None
