"""The shapes that personal data have in a text, wherever it came from.

Two readers use them.  Loaders hide what has such a shape in columns that nobody declared; there a digit too much costs
nothing.  The report looks at a whole page before it is published; there a checksum, a date or a DOI taken for a phone
would stop an honest report, so :func:`persons` judges each hit: a card or an identity number by its check digits, an
address by its parts, a mail by the end of its name.

Everything here reads a text in one pass: no pattern has a repetition inside another, and none can begin at more
places than it can end.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

SHAPES = (
    ("mail", r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("phone", r"(?:(?<=%3[dD])|(?<![0-9A-Za-z_:])(?<![0-9]\.))(?:\+?86[- ]?)?1[3-9][0-9]{9}(?![0-9A-Za-z_])"),
    ("phone", r"(?<![0-9A-Za-z_:.+-])\+[1-9][0-9]{0,2}[- ]?[0-9]{6,12}(?![0-9A-Za-z_])"),
    ("ip", r"(?<![0-9A-Za-z_.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z_.])"),
    ("openid", r"(?<![0-9A-Za-z_-])o[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-])"),
)
MASKS = {"phone": (3, 4), "card": (4, 4), "identity number": (6, 0), "ip": (0, 0)}

_BEFORE, _AFTER = r"(?<![0-9A-Za-z_])(?<![0-9][.,])", r"(?![0-9A-Za-z_]|[.,][0-9]*[1-9])"
_NUMBERS = re.compile(
    rf"{_BEFORE}(?:"
    r"(?P<mobile>(?:(?:\+|00)?86[- .()]{0,2})?(?:0|\(0?\))?1[3-9][0-9](?:[- .·/]?[0-9]{4}){2})"
    r"|(?P<parted>(?:\+?86[- ]?)?1[3-9](?:[0-9]{2}[- ][0-9]{3}[- ][0-9]{4}|[0-9]{3}[- ][0-9]{6}"
    r"|[0-9]-[0-9]{2,4}-[0-9]{2,5}(?:-[0-9]{2,4}){0,2}))"
    r"|(?P<landline>\(?0[1-9][0-9]{1,2}\)?[- ][0-9]{7,8}|\(0[1-9][0-9]{1,2}\)[0-9]{7,8})"
    r"|(?P<identity>[1-8][0-9]{16}[0-9Xx])"
    r"|(?P<card>[2-6][0-9]{13,18}|[2-6][0-9]{3}(?:[- ][0-9]{4}){3}(?:[- ]?[0-9]{1,3})?"
    r"|3[47][0-9]{2}[- ][0-9]{6}[- ][0-9]{5})"
    rf"){_AFTER}"
)
_ABROAD = re.compile(r"(?<![0-9A-Za-z_)\].])\+[1-9](?:[ ().·/-]{0,2}[0-9]){6,14}(?![0-9A-Za-z_]|[.,][0-9])")
_IP4 = re.compile(r"(?<![0-9A-Za-z_.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z_]|\.[0-9A-Za-z])")
_IP6 = re.compile(r"(?<![0-9A-Za-z_.:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z_:])")
_OPENID = re.compile(r"(?<![0-9A-Za-z_-])(?:o[0-9A-Za-z_-]{27}|wxid_[0-9a-z]{10,22})(?![0-9A-Za-z_-])")
_LOCAL = re.compile(r"[\w.+%'-]{1,64}")
_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){1,8}")
_TOP = re.compile(r"[^\W\d_]{2,}|xn--[\w-]+")
_FILES = frozenset(["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "pdf", "html"])
_VERSION = re.compile(r"(?:version|release|[=<>~!]=)\s*$", re.IGNORECASE)
# Names of things that are full of digits: nothing in them is a number of somebody.
_NAMED = re.compile(
    r"\b10\.[0-9]{4,9}/[^\s\"'<>]{1,200}|\b(?:phone|mail|ip|openid|name|nickname|payout|person|phone_masked|network)"
    r":[0-9a-f]{10,16}\b"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ISSUERS = re.compile(r"62|4|5[1-5]|2[2-7]|3[45678]|6[05]")


class Hit(NamedTuple):
    """Something personal in a text: its kind, what was found, and where it begins."""

    kind: str
    found: str
    at: int


def persons(text: str) -> Iterator[Hit]:
    """Everything in a text that has the shape of a person's number or address; full-width letters are read as plain."""
    plain = text if text.isascii() else _narrow(text)
    yield from _mails(plain)
    yield from _addresses(plain)
    yield from (Hit("openid", one[0], one.start()) for one in _OPENID.finditer(plain) if _mixed(one[0]))
    yield from _numbers(_NAMED.sub(lambda one: "·" * len(one[0]), plain))


def masked(kind: str, found: str) -> str:
    """As much of a value as is needed to find it again in one's own page: `138****5678`, `w***@example.org`."""
    if kind == "mail":
        return f"{found[:1]}***@{found.rpartition('@')[2]}"
    head, tail = MASKS.get(kind, (2, 0))
    return f"{found[:head]}****{found[len(found) - tail :] if tail else ''}"


def _narrow(text: str) -> str:
    """Full-width forms, digits of all scripts, dashes and blanks as plain ones; invisible letters are left out."""
    return text.translate(_forms())


@functools.cache
def _forms() -> dict[int, str]:
    wide = {code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFF01, 0xFF5F), 0x3000, 0xA0, 0x2002)}
    dashes = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212), "-")
    blanks = dict.fromkeys((0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x202F), " ")
    nothing = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0x200E, 0x200F), "")
    digits = {code: str(unicodedata.decimal(chr(code))) for code in range(0x600, 0x1FC00) if chr(code).isdecimal()}
    return {**digits, **wide, **dashes, **blanks, **nothing}


def _mails(text: str) -> Iterator[Hit]:
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.match(text[max(at - 64, 0) : at][::-1])
        domain = _DOMAIN.match(text, at + 1)
        if local and domain and _is_mail(domain[0].rstrip("-_"), text[domain.end() : domain.end() + 1]):
            start = at - local.end()
            yield Hit("mail", text[start : domain.end()], start)
        at = text.find("@", at + 1)


def _is_mail(domain: str, following: str) -> bool:
    top = domain.rpartition(".")[2]
    return bool(_TOP.fullmatch(top)) and top.lower() not in _FILES and following not in ("(", "[")


def _addresses(text: str) -> Iterator[Hit]:
    for one in _IP4.finditer(text):
        if _is_ip4(one[0]) and not _VERSION.search(text[max(one.start() - 9, 0) : one.start()]):
            yield Hit("ip", one[0], one.start())
    for one in _IP6.finditer(text):
        if _is_ip6(one[0]):
            yield Hit("ip", one[0], one.start())


def _is_ip4(text: str) -> bool:
    parts = [int(part) for part in text.split(".")]
    return max(parts) < 256 and parts[0] not in (0, 127, 255)


def _is_ip6(text: str) -> bool:
    """Whether a text is an address and not a slice such as `1::2`."""
    groups = [group for group in text.split(":") if group]
    if len(groups) < 3 and not (groups and len(groups[0]) == 4):
        return False
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _mixed(text: str) -> bool:
    """Whether 28 letters look drawn by lot: a name in a program has no digits or few capitals."""
    if text.startswith("wxid_"):
        return True
    capitals, digits = sum(map(str.isupper, text)), sum(map(str.isdigit, text))
    return capitals >= 3 and (digits > 0 or capitals >= 6) and sum(map(str.islower, text)) >= 3


def _numbers(text: str) -> Iterator[Hit]:
    found = list(_NUMBERS.finditer(text))
    cards = [(one, re.sub(r"[- ]", "", one[0])) for one in found if one.lastgroup == "card"]
    alike = Counter((len(card), card[:2]) for _, card in cards)
    passing = Counter((len(card), card[:2]) for _, card in cards if luhn(card))
    for one in found:
        judge = _JUDGES[one.lastgroup or ""]
        if judge(one[0]):
            kind = {"identity": "identity number"}.get(one.lastgroup or "", "phone")
            yield Hit(kind, one[0], one.start())
    for one, card in cards:
        family = (len(card), card[:2])
        if is_card(card) and (one[0] != card or card[:2] == "62" or not _ids(alike[family], passing[family])):
            yield Hit("card", one[0], one.start())
    for one in _ABROAD.finditer(text):
        if not re.fullmatch(r"\+[0-9]+\.[0-9]+", one[0]):
            yield Hit("phone", one[0], one.start())


def _ids(alike: int, passing: int) -> bool:
    """Whether numbers of one length and beginning are ids: of those one in ten has the check digit of a card."""
    return alike >= 4 and passing <= alike / 2


def luhn(digits: str) -> bool:
    """Whether the last digit of a number is the check digit of the others (ISO/IEC 7812)."""
    return sum(sum(divmod(int(one) * (1 + at % 2), 10)) for at, one in enumerate(reversed(digits))) % 10 == 0


def is_card(digits: str) -> bool:
    """Whether a number can be that of a bank card: its issuer, its length and its check digit."""
    return 14 <= len(digits) <= 19 and _ISSUERS.match(digits) is not None and len(set(digits)) > 2 and luhn(digits)


def is_identity(text: str) -> bool:
    """Whether a text is a Chinese identity number: region, a date of birth, and the check letter of GB 11643."""
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    check = "10X98765432"[sum(w * int(one) for w, one in zip(_WEIGHTS, text, strict=False)) % 11]
    return 1900 <= born.year <= date.today().year and text[17].upper() == check


def _is_parted(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", text).removeprefix("86")
    return len(digits) == 11


_JUDGES: dict[str, Callable[[str], bool]] = {
    "mobile": lambda text: True,
    "parted": _is_parted,
    "landline": lambda text: True,
    "identity": is_identity,
    "card": lambda text: False,
}
