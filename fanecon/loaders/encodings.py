"""Which alphabet the bytes of a text are written in: told by evidence in a fixed order, or asked for.

Why not guessed.  GB18030 accepts almost any bytes, so "UTF-8, else GB18030" turns every Big5, Korean, Japanese or
cut-off file into fluent nonsense without a word.  A detector that looks at the whole file is no better: exports are
digits and commas, and two Chinese names among them are no evidence.  The rule here, in this order:

1. what the caller says; a byte-order mark;
2. strict UTF-8 (a file that is UTF-8 but for a few bytes was damaged on its way, and is reported as such); then what a
   web page declares;
3. GB18030 if the header then holds known Chinese column names: two of them do not come about by chance;
4. the detector, fed with the non-ASCII fields only, five candidates and at least fifty fields, if most letters then
   are everyday ones (thirty thousand trial files had one Chinese list that the detector took for Korean);
5. else the person who has the file is asked, and shown how the first names would read.

Large texts are decoded in pieces, because a text in memory takes up to four times its bytes.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Collection, Iterator
from typing import NoReturn

from fanecon.loaders.cells import heading
from fanecon.schema import FileError, ParameterError

CANDIDATES = ("gb18030", "big5", "euc_kr", "shift_jis", "cp1252")
LEAST_FIELDS, LEAST_DISTINCT, MOST_FIELDS = 50, 30, 400
PIECE = 1 << 20
VALID = "valid UTF-8"

_BEGINNING, _LINES = 100_000, 30
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Below 0x40 only digits are second bytes in the candidates, so commas, tabs, quotes and line ends are themselves.
_FIELD = re.compile(rb'[\x80-\xff][^,;\t\r\n"<>]*')
_DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]{3,20})""")
# The bytes of everyday letters and signs, and the least share of them: names hold rare hanzi, Korean hardly any hanja.
_EVERYDAY = {
    "gb18030": (re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]"), 0.75),
    "big5": (re.compile(rb"[\xa1-\xc6][\x40-\xfe]"), 0.75),
    "euc_kr": (re.compile(rb"[\xa1\xa3\xb0-\xc8][\xa1-\xfe]"), 0.95),
    "shift_jis": (re.compile(rb"[\x81-\x83\x88-\x97][\x40-\xfc]|[\xa6-\xdf]"), 0.85),
    "cp1252": (
        re.compile(rb"[\x80\x8a\x8c\x8e\x91-\x9a\x9c\x9e\x9f\xc0-\xcf\xd1-\xd6\xd8-\xdc\xdf-\xef\xf1-\xf6\xf8-\xfc]"),
        0.9,
    ),
}
_TWO_HANZI = re.compile(rb"(?<![^,;\t\r\n\"<>])(?:[\xb0-\xd7][\xa1-\xfe])+(?![^,;\t\r\n\"<>])")
_ASK = "Pass encoding='gb18030' (Excel on a Chinese Windows), 'big5' or another one; or save it as 'CSV UTF-8'."
_AGAIN = "The file was cut off or damaged: download it again."

Found = tuple[str, str]


def decode(file: str, data: bytes, *, words: Collection[str], encoding: str | None = None) -> tuple[str, str, str]:
    """The text of a file, the name of its encoding, and how that was found.

    Raises
    ------
    FileError
        If the bytes do not fit the encoding, or if the encoding cannot be told for sure.
    ParameterError
        If there is no such encoding.
    """
    name, how = identify(file, data, words=words, encoding=encoding)
    return "".join(pieces(file, data, name)), name, how


def identify(file: str, data: bytes, *, words: Collection[str], encoding: str | None = None) -> Found:
    """The encoding of a text and how it was found.  The bytes may still break it further down.

    Raises
    ------
    FileError
        If the encoding cannot be told for sure, or if the text is damaged UTF-8.
    ParameterError
        If there is no such encoding.
    """
    if encoding is not None:
        return _given(encoding), "given by the caller"
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, "byte-order mark"
    if b"\x00" in data[:4096]:
        fix = "If it is UTF-16, pass encoding='utf-16-le' (or 'utf-16-be'); else download it again."
        raise FileError(file, "There are NUL bytes in the text", fix)
    if _is_utf8(data):
        return _not_by_chance(file, data)
    return _declared(data) or _evident(file, data, words)


def pieces(file: str, data: bytes, name: str) -> Iterator[str]:
    """The text of a file in pieces, without a byte-order mark.

    Raises
    ------
    FileError
        Naming byte and line of a broken character or of a NUL.
    """
    decoder = codecs.getincrementaldecoder(name)()
    for start in range(0, max(len(data), 1), PIECE):
        try:
            text = decoder.decode(data[start : start + PIECE], start + PIECE >= len(data))
        except UnicodeDecodeError:
            _broken(file, data, name)
        if "\x00" in text:
            _nul(file, data, name)
        yield text if start else text.removeprefix("\ufeff")


def known_words(text: str, words: Collection[str], marks: str = ",;\t<>") -> int:
    """The most known column names in one of the first lines; a page counts as one line."""
    return max(map(len, _known(text, words, marks)), default=0)


def _known(text: str, words: Collection[str], marks: str) -> list[set[str]]:
    head = text[:_BEGINNING]
    lines = [head] if head.lstrip().startswith("<") else head.splitlines()[:_LINES]
    split = [re.split(f"[{re.escape(marks)}]", line) for line in lines]
    return [{heading(part.strip('"')) for part in parts} & set(words) for parts in split]


def _given(encoding: str) -> str:
    if not _exists(encoding):
        raise ParameterError(
            f"encoding={encoding!r} is not a known text encoding. Write 'utf-8', 'gb18030', 'big5' or 'utf-16'."
        )
    return encoding


def _exists(encoding: str) -> bool:
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name != "undefined" and codecs.getincrementaldecoder(encoding) is not None
    except (LookupError, UnicodeError):
        return False


def _declared(data: bytes) -> Found | None:
    found = _DECLARED.search(data[:2048]) if data.lstrip()[:1] == b"<" else None
    name = found[1].decode().lower() if found else "utf-8"
    if name in ("utf-8", "utf8") or not _exists(name):
        return None
    return ("gb18030" if name in ("gb2312", "gbk") else name), "declared in the page"


def _evident(file: str, data: bytes, words: Collection[str]) -> Found:
    head = data[:_BEGINNING].decode("gb18030", "replace")
    known = [{word for word in found if not word.isascii()} for found in _known(head, words, ",;\t<>")]
    if max(map(len, known), default=0) >= 2:
        return "gb18030", "known column names in the header row"
    if _is_damaged_utf8(data):
        _broken(file, data, "utf-8")
    if head.lstrip().startswith("<") and b"<table" not in data.lower():
        return "gb18030", "a page without a table"
    return _detected(file, data)


def _is_utf8(data: bytes) -> bool:
    try:
        for _ in pieces("", data, "utf-8"):
            pass
    except FileError as error:
        return "NUL" in error.problem
    return True


def _not_by_chance(file: str, data: bytes) -> Found:
    """Two Chinese characters are valid UTF-8 (two letters of Europe) once in thirty: few such fields prove nothing."""
    fields = list(itertools.islice(_fields(data), 20))
    if 0 < len(fields) < 20 and len(fields) == sum(1 for _ in _TWO_HANZI.finditer(data)):
        _ask(file, fields, ("utf-8", "gb18030"))
    return "utf-8", VALID


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether nearly all that is not ASCII is good UTF-8; a text in another encoding has more bad than good."""
    text = b",".join(itertools.islice(_fields(data), 20_000)).decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(ord(letter) > 127 for letter in text) - bad
    return good >= 12 and good >= 5 * bad


def _detected(file: str, data: bytes) -> Found:
    fields = list(itertools.islice(_fields(data), 20 * MOST_FIELDS))
    distinct = list(dict.fromkeys(fields))
    if len(fields) >= LEAST_FIELDS and len(distinct) >= LEAST_DISTINCT:
        name = _best(b"\n".join(distinct[:MOST_FIELDS]))
        if name and _everyday(distinct[:MOST_FIELDS], name) and _fits(data, name):
            return name, f"detected in {len(fields)} non-ASCII fields"
    return _ask(file, distinct, [name for name in CANDIDATES if _fits(data, name)])


def _best(sample: bytes) -> str:
    import charset_normalizer

    best = charset_normalizer.from_bytes(sample, cp_isolation=list(CANDIDATES)).best()
    return best.encoding if best is not None and best.encoding in CANDIDATES else ""


def _everyday(fields: list[bytes], name: str) -> bool:
    """Whether the letters that are not ASCII are mostly those that texts in this encoding are made of."""
    text = "".join(one.decode(name, "replace") for one in fields)
    letters = [letter.encode(name, "replace") for letter in text if not letter.isascii()]
    everyday, least = _EVERYDAY[name]
    mixed = name != "cp1252" or 2 * len(letters) < sum(map(str.isalpha, text))
    return mixed and sum(bool(everyday.fullmatch(one)) for one in letters) >= least * len(letters)


def _fits(data: bytes, name: str) -> bool:
    try:
        for _ in pieces("", data, name):
            pass
    except FileError:
        return False
    return True


def _fields(data: bytes) -> Iterator[bytes]:
    """From the first byte that is not ASCII to the end, every field that has one."""
    return (found[0] for found in _FIELD.finditer(data))


def _ask(file: str, fields: list[bytes], names: Collection[str]) -> NoReturn:
    if not names:
        raise FileError(file, "The text is in no encoding that is known here (damaged?)", _ASK)
    shown = [f"as {name} the first names read {_shown(fields, name)!r}" for name in list(names)[:3]]
    raise FileError(file, f"The encoding is not certain: {', '.join(shown)}", _ASK)


def _shown(fields: list[bytes], name: str) -> str:
    return "、".join(one.decode(name, "replace").strip()[:12] for one in fields[:3])


def _broken(file: str, data: bytes, name: str) -> NoReturn:
    try:
        data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = "ends in the middle of a character" if error.start > len(data) - 4 else "holds a broken character"
        raise FileError(file, f"The {name} text {what} (byte {error.start + 1}, line {line})", _AGAIN) from error
    raise FileError(file, f"The {name} text cannot be decoded", _AGAIN)


def _nul(file: str, data: bytes, name: str) -> NoReturn:
    text = data.decode(name, "replace")
    line = text.count("\n", 0, text.index("\x00")) + 1
    raise FileError(file, f"There is a NUL character in line {line}", "The file is damaged: download it again.")
