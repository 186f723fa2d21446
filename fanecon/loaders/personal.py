"""Which columns name a person, and what becomes of them in tables, in `extra` and in complaints.

A reader of tables cannot know every column that a vendor adds, and the columns nobody declared are where phone numbers
leak: they travel along in `extra`, in a list of broken cells, in an error that is pasted into a chat.  So columns are
known as personal by their names, in Chinese and English, in every format alike; and a value that has the shape of a
mobile number, a mail, an address or an open id of WeChat is one whatever its column is called.  Display names count as
personal too, except where a format declares the column as the name of a publisher.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from fanecon.disclosure.shapes import SHAPES
from fanecon.loaders import privacy, vectors
from fanecon.loaders.cells import SCIENTIFIC, Unreadable, heading
from fanecon.loaders.reading import Ask, Reading
from fanecon.schema import FileError, Place

_NAMES = {
    "phone": (
        "手机|手机号|手机号码|电话|电话号码|联系电话|联系方式|绑定手机号|账户绑定手机号|申请手机号|收货人电话",
        "phone|phone_number|phonenumber|mobile|mobile_phone|mobilephone|cellphone|tel|telephone|smsphone",
    ),
    "mail": (
        "邮箱|电子邮箱|邮箱地址|邮件地址|email|e-mail|mail|email_address|emailaddress|e-mailaddress",
        "subscriber_email|subscriberemail|user_email|useremail|emailid",
    ),
    "ip": (
        "ip|ip地址|登录ip|注册ip|ip_address|ipaddress|optin_ip|confirm_ip|signup_ip|client_ip|clientip|user_ip",
        "remote_addr|last_ip|register_ip|login_ip|spbill_create_ip",
    ),
    "openid": (
        "openid|open_id|unionid|union_id|external_userid|external_user_id|re_openid|sub_openid|user_openid",
        "fromusername|微信号|wechat_id|wxid",
    ),
    "name": (
        "姓名|真实姓名|联系人|收货人|收件人|身份证|身份证号|收货地址|收件地址|地址|详细地址",
        "realname|real_name|fullname|full_name|firstname|first_name|lastname|last_name|fname|lname",
        "subscriber_name|subscribername|id_card|idcard|shipping_address|street_address",
    ),
    "nickname": (
        "昵称|微信昵称|用户名|nickname|nick_name|nick|screen_name|screenname|display_name|displayname",
        "user_screen_name|username|user_name",
    ),
    "payout": (
        "提现账户|提现账号|收款账户|收款账号|支付宝|支付宝账号|支付宝账户|银行卡|银行卡号",
        "payout_account|payout|alipay|crypto_wallet_address|wallet_address|paypal",
    ),
}
KIND_OF = {heading(word): kind for kind, lines in _NAMES.items() for line in lines for word in line.split("|")}
_ROLES = (
    *("被邀请人", "邀请人", "参与人", "推广员", "被助力用户", "助力用户", "粉丝", "中奖人", "中奖者", "获奖人", "会员"),
    *("客户", "上级", "用户"),
)
_BESIDE_PEOPLE = {"name": "name"}
_PEOPLE = ("phone", "mail", "openid", "ip")
PUBLISHERS = ("items", "item_daily", "accounts_daily")

_SHAPED = re.compile("|".join(f"(?P<{kind}{at}>{shape})" for at, (kind, shape) in enumerate(SHAPES)))
_MOBILE = re.compile(r"(?<![0-9])(?<![0-9]\.)1[3-9][0-9]{9}(?![0-9])")
# All that SHAPES find and more, in a form that is quick over a million texts.
AT_RISK = r"@|1[3-9][0-9]{9}|\+[1-9][0-9]{0,2}[- ]?[0-9]{6}|(?:[0-9]{1,3}\.){3}[0-9]|o[0-9A-Za-z_-]{27}"
HINT = re.compile(r"@|[0-9]{6}|[0-9]\.[0-9]{1,3}\.|[A-Za-z0-9_-]{28}")

Hide = Callable[[str, object], object]


@functools.lru_cache(maxsize=4096)
def kind_of(column: str) -> str | None:
    """The personal kind of a column by its name (``user.email`` by its last part, ``user.name`` whole), or None."""
    found = heading(column)
    last = re.sub(r"[(\[].*?[)\]]$", "", found).rpartition(".")[2]
    for one in (
        found,
        found.replace(".", "_"),
        last,
        *(last.removeprefix(role) for role in _ROLES if last.startswith(role)),
    ):
        if one in KIND_OF:
            return KIND_OF[one]
    return "nickname" if last in _ROLES[:-1] else None


def kinds_of(columns: Iterable[str]) -> dict[str, str]:
    """The personal columns of a header; ``name`` is one where it stands beside a mail, a phone or an open id."""
    listed = list(columns)
    found = {column: kind for column in listed if (kind := kind_of(column))}
    if any(kind in _PEOPLE for kind in found.values()):
        found |= {column: _BESIDE_PEOPLE[heading(column)] for column in listed if heading(column) in _BESIDE_PEOPLE}
    return found


def shape_of(text: str) -> str | None:
    """The personal kind that a whole text has the shape of, or None."""
    found = _SHAPED.fullmatch(text.strip()) if HINT.search(text) else None
    return found.lastgroup.rstrip("0123456789") if found and found.lastgroup else None


def loose(kind: str, *, personal: bool) -> Callable[[object], str | None]:
    """A reader of a column that is personal by its name only: what does not fit the kind is hidden as it stands.

    A column called `ip` that holds a place is left alone, and an id that is a mail is read as one.
    """
    strict = {one: privacy.reader(one, personal=personal) for one in (*privacy.KINDS, "person")}

    def read(cell: object) -> str | None:
        if privacy.untold(cell):
            return None
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if privacy.is_pseudonym(text):
            return text
        shaped = shape_of(text)
        try:
            return strict[shaped if shaped and kind != "payout" else kind](cell)
        except Unreadable:
            return text if kind == "ip" or personal else strict["person"](f"{kind} {text}")

    return read


def hider(ask: Ask, kinds: Mapping[str, str]) -> Hide:
    """The function that hides what is personal in a cell of `extra`, given its column."""
    if ask.personal:
        return lambda column, cell: cell
    by_kind = {kind: loose(kind, personal=False) for kind in (*privacy.KINDS, "person")}
    secret = privacy.key()

    def hide(column: str, cell: object) -> object:
        kind = kinds.get(column) or kind_of(column)
        if kind and not isinstance(cell, (bool, Mapping, list)):
            found = by_kind[kind](cell)
            return cell if found is None else found
        if isinstance(cell, Mapping):
            return {name: hide(name, value) for name, value in cell.items()}
        if isinstance(cell, list):
            return [hide(column, value) for value in cell]
        return _in_text(cell, hide, secret)

    return hide


def _in_text(cell: object, hide: Hide, secret: bytes) -> object:
    if isinstance(cell, float) and cell.is_integer() and shape_of(str(int(cell))):
        return scrub(str(int(cell)), secret)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return scrub(str(cell), secret) if shape_of(str(cell)) else cell
    if not isinstance(cell, str):
        return cell
    if cell[:1] in ("[", "{"):
        try:
            return json.dumps(hide("", json.loads(cell)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return scrub(cell, secret)
    return scrub(cell, secret)


def scrub(text: str, secret: bytes) -> str:
    """A text in which phones, mails, addresses and open ids are pseudonyms."""
    return _SHAPED.sub(lambda found: _replaced(found, secret), text) if HINT.search(text) else text


def _replaced(found: re.Match[str], secret: bytes) -> str:
    kind = (found.lastgroup or "").rstrip("0123456789")
    try:
        return privacy.reader_with(kind, secret)(found[0]) or found[0]
    except Unreadable:
        return found[0]


def mask(kind: str | None, value: str) -> str:
    """A value of which enough is left to find it in one's own file: ``138****1234``, ``w***@example.org``."""
    text = value.strip()
    if SCIENTIFIC.fullmatch(text):
        return re.sub(r"(?<=^...)[0-9]*(?=[eE])", "***", text, count=1)
    if kind == "mail" and "@" in text:
        return f"{text[:1]}***@{text.rpartition('@')[2]}"
    if kind == "ip" and text.count(".") == 3:
        return ".".join([*text.split(".")[:2], "*", "*"])
    if kind == "phone" and len(text) >= 11:
        return f"{text[:3]}****{text[-4:]}"
    return f"{text[:1]}***" if text else ""


def shown(column: str | None, value: object, kinds: Mapping[str, str] | None = None) -> str:
    """A cell as a complaint may show it: masked where its column or its shape is personal."""
    text = "" if value is None else str(value)
    kind = (kinds or {}).get(column or "") or kind_of(column or "")
    if kind and not (privacy.untold(text) or privacy.is_pseudonym(text)):
        return mask(shape_of(text) or kind, text)
    return masked_text(text)


def masked_text(text: str) -> str:
    """A text in which phones, mails, addresses and open ids are masked."""
    if not HINT.search(text):
        return text
    text = _MOBILE.sub(lambda found: mask("phone", found[0]), text)
    return _SHAPED.sub(lambda found: mask((found.lastgroup or "").rstrip("0123456789"), found[0]), text)


def masked(error: FileError) -> FileError:
    """The same refusal with every personal value masked; the same object where there is none."""
    places = tuple(_masked_place(place) for place in error.places)
    problem, fix = masked_text(error.problem), masked_text(error.fix)
    if (problem, fix, places) == (error.problem, error.fix, error.places):
        return error
    return FileError(error.file, problem, fix, at=places)


def _masked_place(place: Place) -> Place:
    reason = masked_text(place.reason) if place.reason else None
    known = place.value is None or "***" in place.value
    return replace(place, reason=reason, value=place.value if known else shown(place.column, place.value))


def guarded(reading: Reading, ask: Ask) -> Reading:
    """The last look at a reading: what still has the shape of a phone, a mail, an address or an open id is hidden."""
    if ask.personal:
        return reading
    secret = privacy.key()
    for frame in reading.tables.values():
        for name in _GUARDED & set(frame.columns):
            blocks = vectors.of_series(frame[name], pa.large_string()).arrow
            if pc.any(pc.match_substring_regex(blocks, AT_RISK)).as_py():
                clean = [_scrubbed(block, secret) for block in blocks.chunks]
                if any(one is not block for one, block in zip(clean, blocks.chunks, strict=True)):
                    frame[name] = vectors.Column(pa.chunked_array(clean)).series("string").set_axis(frame.index)
    return reading


def _scrubbed(block: pa.Array, secret: bytes) -> pa.Array:
    at_risk = pc.match_substring_regex(block, AT_RISK).fill_null(False)
    risky = block.filter(at_risk).to_pylist()
    clean = [scrub(value, secret) for value in risky]
    return block if clean == risky else pc.replace_with_mask(block, at_risk, pa.array(clean, block.type))


_GUARDED = frozenset(
    ["actor_id", "inviter_id", "ip", "device_id", "payout_account", "src", "dst", "parent_id", "text", "extra"]
)


def pseudonyms(values: Iterable[object], ask: Ask) -> list[object]:
    """The pseudonyms of a column of people."""
    read = loose("person", personal=ask.personal)
    return [read(value) for value in values]


def notes_on(columns: Iterable[str], ask: Ask) -> tuple[str, ...]:
    """What a reader has to know of the personal columns of a table."""
    names = ", ".join(dict.fromkeys(columns))
    if not names:
        return ()
    if ask.personal:
        return (f"Personal columns ({names}) stand as they are in the file (personal=True): do not share the table.",)
    same = "the same value has the same pseudonym as long as the key is the same"
    return (f"Personal columns ({names}) are keyed pseudonyms; {same}.", *privacy.key_notes())
