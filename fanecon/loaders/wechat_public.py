"""What can be seen of WeChat articles from outside the account: counters, exporters, rank tables.

Three traps of public counters.  ``read_num`` stops at 100001, which says "10万+" and nothing more; one answer of 2016
has 100001 beside a true 430727.  ``old_like_num`` is the thumb (点赞) and ``like_num`` the heart (在看), although their
names say the opposite, and before December 2018 like_num was the thumb.  A counter that was not fetched is blank, or 0
where the page had no bar.  Nobody outside counts people: readers are always missing here.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from fanecon.loaders.answers import answers, as_sheet, begins
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import has_keys
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import rows_have
from fanecon.loaders.spec import Columns, Spec, days, fields, format_of, header_of, joined, moments, read_sheet
from fanecon.loaders.times import Clock, Moment, moment, unix
from fanecon.loaders.wechat_items import account_in, article_in
from fanecon.loaders.wechat_list import PLATFORM
from fanecon.schema import FileError
from fanecon.tables import ITEMS

SHANGHAI = "Asia/Shanghai"
CAP = 100_001
SWAPPED = dt.date(2018, 12, 21)
_FILE = "name of the file"
_COUNTS = ("reads", "likes", "shares", "looks", "comments")
_NO_PEOPLE = "readers and sharers (people) are not public: reads and shares count times."
_OPEN_END = "Counts run from publication to the moment of reading; window_days is unknown."
_SWAPPED = (
    "Before December 2018 like_num was the thumb (点赞) and there was no 在看: likes and looks are not comparable."
)
_THUMB = "like_num is taken for the thumb (likes)"
_CAPPED = "read_num stops at 100001 (10万+): the true number may be several times that."


def capped(columns: Columns) -> None:
    """Name the counts that stand at the cap as floors."""
    present = [name for name in _COUNTS if name in columns]
    counts = zip(*(columns[name] for name in present), strict=True) if present else ()
    at_cap = [[name for name, one in zip(present, row, strict=True) if _at_cap(name, one)] for row in counts]
    told = [str(one).split(",") if one else [] for one in columns["lower_bound"]]
    columns["lower_bound"] = [
        ",".join(dict.fromkeys([*before, *more])) or None
        for before, more in zip(told, at_cap or [[]] * len(told), strict=True)
    ]


def _at_cap(name: str, value: object) -> bool:
    return isinstance(value, int) and (value >= CAP if name == "reads" else value == CAP)


def _published(columns: Columns, ask: Ask) -> None:
    """Day and moment of publication from one column of moments."""
    if "published" in columns:
        days(columns, "published", into="published_date", tz=ask.tz or SHANGHAI)
        moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
    else:
        columns["published_date"] = [None] * len(columns["_row"])


def _named(columns: Columns, ask: Ask) -> None:
    """Ids from the link, else the tool's own id, else the name of the file; the account from the link."""
    rows = len(columns["_row"])
    urls = columns.get("url", [None] * rows)
    links = [article_in(url) if url else None for url in urls]
    own, files = columns.get("own_id", [None] * rows), columns.get("file", [None] * rows)
    columns["item_id"] = [a or b or c for a, b, c in zip(links, own, files, strict=True)]
    known = columns.get("account", [None] * rows)
    found = [account_in(url) if url else None for url in urls]
    columns["account_id"] = [ask.account_id or a or b or "unknown" for a, b in zip(known, found, strict=True)]


def _article(columns: Columns, ask: Ask) -> None:
    _named(columns, ask)
    _published(columns, ask)
    capped(columns)


def _remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    rows = len(columns["_row"])
    counted = [[columns[name][at] for name in _COUNTS if name in columns] for at in range(rows)]
    files = columns.get("file", [None] * rows)
    told = (
        (_many(one is not None for one in columns["lower_bound"]), "a count that is only a floor; see lower_bound"),
        (_many(all(n is None for n in one) for one in counted), "no counts: they were not fetched, which is not zero"),
        (
            _many(bool(one) and all(n == 0 for n in one) for one in counted),
            "zeros only, which may mean that nothing was fetched",
        ),
        (_many(on is None for on in columns["published_date"]), "no day of publication"),
        (_many(_swapped(on) for on in columns["published_date"]), "a day before December 2018. " + _SWAPPED[:-1]),
        (_many(bool(one) for one in columns.get("thumbs", [])), "no old_like_num, as before December 2018: " + _THUMB),
        (_many(one is None for one in columns.get("title", [])), "no title; a sheet empties one that begins with '='"),
        (_many(a == b for a, b in zip(columns["item_id"], files, strict=True)), "no id: item_id is the file's name"),
    )
    return [_NO_PEOPLE, *(f"{rows_have(times)} {what}." for times, what in told if times)]


def _many(found: Iterable[bool]) -> int:
    return sum(found)


def _swapped(on: object) -> bool:
    return isinstance(on, dt.date) and on < SWAPPED


_ITEM = {"platform": PLATFORM, "kind": "article"}
_LOSSY = (_OPEN_END, _CAPPED, _SWAPPED)


def _when(cell: object) -> Moment:
    """The moment of publication: seconds as WeChat has it, or a written time as tools around it do."""
    bare = str(cell).strip()
    return unix(cell) if bare.isdecimal() else moment(cell, Clock(SHANGHAI))


def _counters(columns: Columns, ask: Ask) -> None:
    """The counters of answers; where one has no old_like_num, as before December 2018, its like_num is the thumb."""
    moments(columns, "taken", into="observed_at")
    _article(columns, ask)
    rows = len(columns["_row"])
    for name in ("likes", "looks"):
        columns.setdefault(name, [None] * rows)
    known = zip(columns["published_date"], columns.get("observed_at", [None] * rows), strict=True)
    late = [any(isinstance(one, dt.date) and str(one)[:10] >= str(SWAPPED) for one in pair) for pair in known]
    counts = zip(columns["likes"], columns["looks"], late, strict=True)
    columns["thumbs"] = [likes is None and looks is not None and not new for likes, looks, new in counts]
    for at, thumb in enumerate(columns["thumbs"]):
        if thumb:
            columns["likes"][at], columns["looks"][at] = columns["looks"][at], None
            columns["lower_bound"][at] = str(columns["lower_bound"][at] or "").replace("looks", "likes") or None


EXT = Spec(
    name="wechat_getappmsgext",
    what="public counters of WeChat articles (getappmsgext)",
    signs=(("appmsgstat.read_num",), ("appmsgstat.like_num",), ("appmsgstat.old_like_num",)),
    table=ITEMS,
    fields=fields(
        {
            "file": f"text {_FILE}",
            "own_id": "id aid|msgid|article_id",
            "url": "text url|link|content_url",
            "title": "text title",
            "account": "text __biz|biz|_accountName|nickname",
            "published": "time publish_time|create_time|ct|ori_create_time|datetime",
            "taken": "unix timestamp",
            "reads": "count appmsgstat.read_num",
            "likes": "count appmsgstat.old_like_num",
            "looks": "count appmsgstat.like_num",
            "shares": "count appmsgstat.share_num|appmsgstat.share_count",
            "comments": "count comment_count",
        }
    ),
    constants=_ITEM,
    readers={"published": _when},
    derive=_counters,
    remarks=_remarks,
    lossy=(*_LOSSY, "The answer itself names neither article nor day; real_read_num, where it is not 0, is in extra."),
)


_ERROR = re.compile(r'"base_resp" *: *{[^{}]*"ret" *: *(-?[1-9][0-9]*)[^{}]*}')


def _is_ext(opened: tuple[Opened, ...]) -> str:
    """Answers with counters, or the error answer that comes in their place once the session has ended."""
    failed = all(begins(one, 2_000) and _ERROR.search(one.text[:2_000]) for one in opened)
    return has_keys(opened, ("appmsgstat",)) or ("an error answer (base_resp)" if failed else "")


def _answers_read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    return joined(EXT, each(opened, lambda one: _counted(one, ask)))


def _counted(one: Opened, ask: Ask) -> Reading:
    failed = None if '"appmsgstat"' in one.text else _ERROR.search(one.text[:2_000])
    if failed:
        said = f"The answer holds no counters but error {failed[1]} of WeChat: {failed[0]:.80}"
        raise FileError(one.file, said, "Open the article in WeChat again and save that answer.")
    return _one_read(one, ask)


def _one_read(opened: Opened, ask: Ask) -> Reading:
    listed = [one if isinstance(one, Mapping) else {"not an object": one} for one in answers(opened)]
    stem = PurePath(opened.file).stem
    names = [stem] if len(listed) == 1 else [f"{stem}_r{row}" for row in range(2, len(listed) + 2)]
    made = as_sheet(opened, [{**one, _FILE: name} for one, name in zip(listed, names, strict=True)])
    return read_sheet(EXT, made, header_of(EXT, made), ask)


EXPORTER = Spec(
    name="wechat_article_exporter",
    what="articles of the tool wechat-article-exporter (table)",
    signs=(("公众号", "链接", "标题", "创建时间", "阅读"), ("公众号", "链接", "标题", "发布时间", "阅读")),
    table=ITEMS,
    fields=fields(
        {
            "account": "text 公众号",
            "own_id": "id ID",
            "url": "text! 链接",
            "title": "text 标题",
            "published": "time! 发布时间",
            "reads": "count! 阅读",
            "likes": "count 点赞",
            "shares": "count 分享",
            "looks": "count 喜欢|在看",
            "comments": "count 留言",
        }
    ),
    constants=_ITEM,
    tz=SHANGHAI,
    derive=_article,
    remarks=_remarks,
    lossy=(*_LOSSY, "Times are of the zone of the browser that exported; the JSON of the tool has the moment itself."),
)

EXPORTER_JSON = Spec(
    name="wechat_article_exporter_json",
    what="articles of the tool wechat-article-exporter (JSON)",
    signs=(("aid", "link", "update_time"),),
    table=ITEMS,
    fields=fields(
        {
            "account": "text _accountName",
            "own_id": "id! aid",
            "url": "text link",
            "title": "text title",
            "published": "unix! update_time",
            "position": "count itemidx",
            "reads": "count readNum",
            "likes": "count oldLikeNum",
            "shares": "count shareNum",
            "looks": "count likeNum",
            "comments": "count commentNum",
        }
    ),
    constants=_ITEM,
    derive=_article,
    remarks=_remarks,
    lossy=(*_LOSSY, "Only comments that the author chose to show are there."),
)


def _account(columns: Columns, ask: Ask) -> None:
    names = columns["title"]
    own = columns.get("own_id", [None] * len(names))
    columns["item_id"] = [a or b for a, b in zip(own, names, strict=True)]
    columns["account_id"] = list(columns["item_id"])
    columns["published_date"] = [None] * len(names)


_RANK_NOTES = (
    "One row is an account over the period of the rank, not an article (kind account): do not join it with articles.",
    "Which period the rank covers is not in the file: published_date and window_days are unknown.",
)

RANK = Spec(
    name="wechat_rank",
    what="a rank table of WeChat accounts of a monitoring service",
    signs=(("账号名称", "阅读数"), ("账号名称", "总阅读数"), ("公众号名称", "阅读数", "指数")),
    table=ITEMS,
    fields=fields(
        {
            "own_id": "id 账号ID|微信号|公众号ID",
            "title": "text! 账号名称|公众号名称",
            "reads": "count! 阅读数|总阅读数",
            "looks": "count 在看数|总在看数",
            "likes": "count 点赞数|总点赞数",
        }
    ),
    constants={"platform": PLATFORM, "kind": "account"},
    derive=_account,
    notes=_RANK_NOTES,
    public=("own_id", "title"),
    lossy=(
        "Sums over an account hold capped articles (10万+): they are floors even where no + is printed.",
        "Means, counts of posts (7/30) and the index stand in extra as printed.",
    ),
)


def _crawled(columns: Columns, ask: Ask) -> None:
    columns["own_id"] = [_short(url) for url in columns["url"]]
    names = columns["name"]
    columns["account"] = [a or b for a, b in zip(columns.get("account", [None] * len(names)), names, strict=True)]
    _article(columns, ask)


def _short(url: object) -> object:
    """The last part of a short link, which names the article as well as its numbers do."""
    found = re.search(r"/s/([A-Za-z0-9_-]{8,})", html.unescape(str(url)))
    return found[1] if found else url


CRAWLER = Spec(
    name="wechat_crawler",
    what="articles of a desktop crawler of WeChat accounts",
    signs=(
        ("公众号", "标题", "链接", "阅读量"),
        ("公众号", "标题", "链接", "阅读数"),
        ("公众号", "标题", "链接", "日期"),
    ),
    table=ITEMS,
    fields=fields(
        {
            "account": "text 公众号ID",
            "name": "text! 公众号",
            "url": "text! 链接",
            "title": "text 标题",
            "published": "time 发布时间|发布日期|日期",
            "reads": "count 阅读量|阅读数",
            "likes": "count 点赞量|点赞数",
            "looks": "count 在看量|在看数",
            "shares": "count 分享量|分享数",
            "comments": "count 评论量|评论数|留言数",
        }
    ),
    constants=_ITEM,
    tz=SHANGHAI,
    derive=_crawled,
    remarks=_remarks,
    lossy=_LOSSY,
)


def keys_format(spec: Spec, keys: Sequence[str], read: object) -> Format:
    """The format of JSON files that all hold some keys."""
    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: has_keys(opened, tuple(keys)),
        read=read,  # type: ignore[arg-type]
        words=(),
    )


FORMATS: tuple[Format, ...] = (
    replace(keys_format(EXT, ["appmsgstat"], _answers_read), recognise=_is_ext),
    format_of(EXPORTER),
    format_of(RANK),
    format_of(CRAWLER),
)
