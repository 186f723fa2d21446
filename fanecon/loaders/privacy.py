"""Persons as pseudonyms: a phone, a mail, an address or an open id leaves the loaders as a keyed hash of one spelling.

Why keyed.  There are some two billion Chinese mobile numbers: whoever hashes them all reads a table of plain hashes
like a phone book, in minutes.  So the hash is an HMAC-SHA256, and its key stays with the reader: in the environment
(``FANECON_KEY``) or in a file of the user's own configuration that only the user may read.  The key never stands in a
table, its attributes, a note or an error.

Why one spelling first.  ``+86 138 0000 0000``, ``13800000000.0`` and the same digits in full width are one phone;
hashed as they stand they would be three people.  Phones lose their country code, blanks and the ``.0`` of a
spreadsheet, mails their capitals, addresses are written in their canonical form; open ids are compared letter by
letter.

An address keeps its neighbourhood: the first ten digits of its pseudonym are those of its network (/24, or /64 of
IPv6), so that two addresses of one network can be told without knowing either (:func:`network`).
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from fanecon.disclosure.keys import SHORT, VARIABLE, key_file
from fanecon.loaders.cells import PLACEHOLDERS, SCIENTIFIC, Unreadable, plain
from fanecon.schema import ParameterError

KINDS = ("phone", "mail", "ip", "openid", "name", "nickname", "payout")
LETTERS, NETWORK = 16, 10

UNTOLD = PLACEHOLDERS | {"未录入", "未填写", "未填", "未绑定", "未知", "保密", "unknown", "empty", "undefined"}
_LOST = "an id that lost digits in Excel (export ids as text)"
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?0?(1[3-9][0-9]{9})")
_LETTER = re.compile(r"[a-wyz_]")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_COVERED = re.compile(r"\+?[0-9]+[*x]{2,}[0-9]*")
_WALLET = re.compile(r"0[xX][0-9a-fA-F]{40}")
_MAIL = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]+")
_PSEUDONYM = re.compile(rf"(?:{'|'.join(KINDS)}|person|phone_masked):[0-9a-f]{{{LETTERS}}}")


def reader(kind: str, *, personal: bool = False) -> Callable[[object], str | None]:
    """The function that reads a cell of a personal kind: to its pseudonym, or to its one spelling if `personal`."""
    return _SPELLINGS[kind] if personal else reader_with(kind, key())


def reader_with(kind: str, secret: bytes) -> Callable[[object], str | None]:
    """The function that reads a cell of a personal kind to its pseudonym under a key."""
    spell = _SPELLINGS[kind]

    @functools.lru_cache(maxsize=100_000, typed=True)  # 1 and True are one key otherwise
    def read(cell: object) -> str | None:
        found = spell(cell)
        return None if found is None else pseudonym(kind, found, secret)

    return read


def pseudonym(kind: str, spelled: str, secret: bytes) -> str:
    """The keyed hash of a value in its one spelling, such as ``phone:3f9a…`` with 16 digits."""
    if is_pseudonym(spelled):
        return spelled
    if kind == "phone" and _COVERED.fullmatch(spelled):
        return f"phone_masked:{_digest(secret, 'phone_masked', spelled)}"
    whole = _digest(secret, kind, spelled)
    if kind != "ip":
        return f"{kind}:{whole}"
    return f"ip:{_digest(secret, 'network', _network(spelled))[:NETWORK]}{whole[: LETTERS - NETWORK]}"


def is_pseudonym(text: str) -> bool:
    """Whether a text is a pseudonym already."""
    return _PSEUDONYM.fullmatch(text) is not None


def network(address: str) -> str:
    """The network of an address or of its pseudonym: equal for two addresses of one /24 (of IPv6: /64)."""
    if is_pseudonym(address):
        return f"network:{address.removeprefix('ip:')[:NETWORK]}"
    return _network(address)


def key() -> bytes:
    """The secret of this reader: ``FANECON_KEY``, else a random one kept in the user's configuration.

    Raises
    ------
    ParameterError
        If there is none and none can be kept.
    """
    given = os.environ.get(VARIABLE, "")
    return given.encode() if given else _kept(key_file())


def key_notes() -> tuple[str, ...]:
    """A doubt of the key: whoever can guess it can undo the pseudonyms by trial."""
    short = 0 < len(os.environ.get(VARIABLE, "")) < SHORT
    return (f"{VARIABLE} has fewer than {SHORT} characters: who guesses it can undo the pseudonyms.",) if short else ()


def _kept(place: Path) -> bytes:
    try:
        return _read_key(str(place), place.stat().st_mtime_ns)
    except FileNotFoundError:
        _draw(place)
        return _kept(place)
    except OSError as error:
        raise _no_key(place, error) from error


@functools.lru_cache(maxsize=4)
def _read_key(place: str, written: int) -> bytes:
    found = Path(place).read_bytes().strip()
    if len(found) < SHORT:
        raise ParameterError(
            f"The key of the pseudonyms in {place} is damaged. Delete it (new pseudonyms will then differ from old "
            f"ones), or set {VARIABLE}."
        )
    return found


def _draw(place: Path) -> None:
    """A new key, whole or not at all: a second process that draws at the same time finds the first one's."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, made = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(made, place)
        except FileExistsError:
            pass
        except OSError:
            Path(made).replace(place)
        Path(made).unlink(missing_ok=True)
    except OSError as error:
        raise _no_key(place, error) from error


def _no_key(place: Path, error: OSError) -> ParameterError:
    return ParameterError(
        f"The key of the pseudonyms cannot be kept in {place} ({error.strerror}). Set the environment variable "
        f"{VARIABLE} to a long random text, or read with ask=Ask(personal=True)."
    )


def _digest(secret: bytes, kind: str, text: str) -> str:
    return hmac.digest(secret, f"{kind}:{text}".encode(), "sha256").hex()[:LETTERS]


def _network(address: str) -> str:
    found = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def untold(cell: object) -> bool:
    """Whether a cell of a person says nothing: empty, a placeholder, or a word such as 未录入."""
    return plain(cell) in UNTOLD


def phone(cell: object) -> str | None:
    """The phone in a cell in one spelling: a Chinese mobile as 11 digits, another as its digits.

    Raises
    ------
    Unreadable
        If it is none, or if Excel has destroyed it (``1.38E+10``).
    """
    if untold(cell):
        return None
    if isinstance(cell, str) and len(cell) == 11 and cell.isascii() and cell.isdigit() and "13" <= cell[:2] <= "19":
        return cell
    text = re.sub(r"\.0+$", "", plain(cell).strip("'`")).replace(" ", "")
    if SCIENTIFIC.fullmatch(text):
        raise Unreadable(_LOST)
    bare = re.sub(r"[-()./·]", "", text)
    mobile = _MOBILE.fullmatch(bare)
    if mobile:
        return mobile[1]
    if _COVERED.fullmatch(bare):
        return re.sub(r"^\+?86(?=1[3-9])", "", bare).replace("x", "*")
    if not _PHONE.fullmatch(bare):
        raise Unreadable("no phone number")
    return bare


def mail(cell: object) -> str | None:
    """The mail address in a cell, in lower case.

    Raises
    ------
    Unreadable
        If it is none.
    """
    if untold(cell):
        return None
    text = plain(cell).removeprefix("mailto:").strip("<>'")
    if not _MAIL.fullmatch(text):
        raise Unreadable("no mail address")
    return text


def ip(cell: object) -> str | None:
    """The address in a cell in its canonical form; of several (a chain of proxies) the first, without its port.

    Raises
    ------
    Unreadable
        If it is none.
    """
    if untold(cell):
        return None
    first = plain(cell).split(",")[0].strip().strip("[]").partition("%")[0]
    bare = first.partition(":")[0] if re.fullmatch(r"[0-9.]+:[0-9]+", first) else first
    try:
        found = ipaddress.ip_address(bare)
    except ValueError as error:
        raise Unreadable("no internet address") from error
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def openid(cell: object) -> str | None:
    """The open id in a cell, letter by letter as it stands.

    Raises
    ------
    Unreadable
        If a spreadsheet has destroyed it.
    """
    if untold(cell):
        return None
    if isinstance(cell, float) and (not cell.is_integer() or abs(cell) >= 2**53):
        raise Unreadable(_LOST)
    text = str(int(cell)) if isinstance(cell, float) else str(cell).strip().strip("\ufeff").strip()
    if SCIENTIFIC.fullmatch(text):
        raise Unreadable(_LOST)
    return text


def name(cell: object) -> str | None:
    """The name of a person in one spelling: half width, lower case, without blanks."""
    return None if untold(cell) else plain(cell).replace(" ", "")


def payout(cell: object) -> str | None:
    """The account that money went to in one spelling; one that is a phone or a mail is written like one.

    Raises
    ------
    Unreadable
        If a spreadsheet has destroyed it.
    """
    text = plain(cell)
    # No phone has letters but the x that covers a digit: most accounts need not be looked at as one.
    likely: list[Callable[[object], str | None]] = [] if _LETTER.search(text) else [phone]
    likely += [mail] if "@" in text else []
    for spell in likely:
        try:
            return spell(cell)
        except Unreadable:
            continue
    found = openid(cell)
    return found.lower() if found and _WALLET.fullmatch(found) else found


_SPELLINGS: dict[str, Callable[[object], str | None]] = {
    "phone": phone,
    "mail": mail,
    "ip": ip,
    "openid": openid,
    "name": name,
    "nickname": name,
    "payout": payout,
    "person": openid,
}
