"""Fonts that have the letters: found by asking for the letter, not by the name of the font.

A list of names knows the fonts of the machines it was written on.  Whether a font has a letter is written in the font
itself, so it is asked there: first the families that are known to draw Chinese well, then every other one installed.
A letter that no font has becomes an empty box, and one notice says so; nothing is drawn as a blank.

matplotlib remembers which fonts there are in a file, and does not look again when one is installed later.  So before a
letter is given up, the folders of fonts are read once more, once per process, and what is new is used without writing
that file anew.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

LATIN = "DejaVu Sans"
KNOWN = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "SimHei",
    "Droid Sans Fallback",
)
USUAL = "转发阅读分享汉字的"
BOX = "□"
NO_FONT = f"{BOX} = a letter that no installed font has; on Debian: apt-get install fonts-wqy-microhei."
# The last resort has a box for every letter there is, the pixel fonts of emoji cannot be drawn, and the fonts of
# TeX have other signs at the places of letters.
_NO_LETTERS = re.compile(r"Last Resort|Colou?r Emoji|STIX(NonUnicode|Size)|cm(b|ex|mi|r|ss|sy|ti|tt)10")

_more: list[str] = []
_boxes: set[str] = set()
_drawn: set[str] = set()


def has_chinese(text: str) -> bool:
    """Whether a text needs a font with Chinese glyphs."""
    return any("\u2e80" <= letter <= "\u9fff" or letter >= "\U00020000" for letter in text)


@functools.cache
def chinese_font() -> str | None:
    """The family that Chinese is drawn with: the first known one that has its letters, else any; None if none has."""
    return _family(USUAL)


def fonts() -> list[str]:
    """The fonts by name: a generic "sans-serif" is looked up when it is drawn, which may be under another style."""
    chinese = chinese_font()
    return [LATIN, *([chinese] if chinese else []), *_more]


def drawable(text: str) -> str:
    """The text with an empty box for every letter that no installed font has; marks that have no shape are left out."""
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    _find({letter for letter in text if not letter.isspace()} - _drawn - _boxes)
    return "".join(_shape(letter) for letter in text)


def forget() -> None:
    """Look for fonts anew, as in a new process."""
    for held in (_more, _boxes, _drawn):
        held.clear()
    for remembered in (chinese_font, _face, _look_again):
        remembered.cache_clear()


def _shape(letter: str) -> str:
    if letter not in _boxes:
        return letter
    return "" if unicodedata.category(letter) == "Cf" or unicodedata.name(letter, "").startswith("VARIATION") else BOX


def _find(letters: set[str]) -> None:
    """Add families until all letters have one; what then has none is drawn as a box from now on."""
    for family in fonts():
        _drawn.update(letter for letter in letters if _has(family, letter))
    for letter in sorted(letters):
        if letter in _drawn:
            continue
        found = None if unicodedata.category(letter) == "Co" else _family(letter)
        if found is None:
            _boxes.add(letter)
        else:
            _more.append(found)
            _drawn.update(one for one in letters if _has(found, one))


def _family(letters: str) -> str | None:
    """The first family that has all letters; before the answer is no, what was installed meanwhile is looked at."""
    for names in (_installed, _look_again):
        found = next((family for family in names() if all(_has(family, letter) for letter in letters)), None)
        if found:
            return found
    return None


def _installed() -> list[str]:
    names = {entry.name for entry in font_manager.fontManager.ttflist if not _unfit(entry.name)}
    return [*(name for name in KNOWN if name in names), *sorted(names - {*KNOWN})]


@functools.cache
def _look_again() -> tuple[str, ...]:
    """The families that are in the folders of fonts and not in matplotlib's memory, added to it for this process."""
    manager = font_manager.fontManager
    held = {entry.fname for entry in manager.ttflist}
    known = {entry.name for entry in manager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - held):
        try:
            manager.addfont(path)
        # FreeType raises RuntimeError, and what else a broken file leads to is not stated anywhere.
        except Exception:
            continue
    _face.cache_clear()
    return tuple(name for name in _installed() if name not in known)


def _unfit(name: str) -> bool:
    return _NO_LETTERS.search(name) is not None


@functools.cache
def _face(family: str) -> FT2Font | None:
    """The upright face of a family in its usual weight, which is what labels are drawn with; None if it has none."""
    for entry in font_manager.fontManager.ttflist:
        if entry.name == family and entry.style == "normal" and entry.weight in (400, "normal", "regular", "book"):
            try:
                face = font_manager.get_font(font_manager.FontPath(entry.fname, entry.index))
            except (OSError, RuntimeError):
                return None
            return face if face.scalable else None
    return None


def _has(family: str, letter: str) -> bool:
    face = _face(family)
    return face is not None and face.get_char_index(ord(letter)) != 0
