"""Xiaohongshu, Douyin, Bilibili, WeChat Channels: the lists of posts that their creator centres hand out.

None of the first three gives a post an id, so a name is made from time and title.  Follower columns differ in kind:
Xiaohongshu's 涨粉 counts people who followed, Douyin's 粉丝增量 is followers won less those lost, at times negative.
Times are Beijing's, which the platforms do not write because they know no other.
"""

from __future__ import annotations

from dataclasses import replace

from fanecon.loaders.json_format import Record, json_format, listed
from fanecon.loaders.platforms_items import LIFETIME, NO_ID, SHANGHAI, VIEWS, capped, posts, undated
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.spec import Columns, Spec, fields, format_of
from fanecon.tables import ITEM_DAILY, ITEMS

_RATES = "Shares of the cover, of the first seconds and of jumping off stay in extra: their denominators are not said."
_VIDEO = {"kind": "video"}

XIAOHONGSHU = Spec(
    name="xiaohongshu_notes",
    what="Xiaohongshu's list of notes (笔记列表明细表)",
    signs=(("笔记标题", "首次发布时间", "观看量"), ("笔记标题", "发布时间", "观看量")),
    table=ITEMS,
    fields=fields(
        {
            "title": "text! 笔记标题",
            "published": "time!! 首次发布时间|发布时间",
            "impressions": "count 曝光|曝光量",
            "reads": "count! 观看量|观看",
            "likes": "count 点赞|点赞数|点赞量",
            "comments": "count 评论|评论数|评论量",
            "saves": "count 收藏|收藏数|收藏量",
            "followers_gained": "count 涨粉|涨粉数|涨粉量",
            "shares": "count 分享|分享数|分享量",
            "avg_seconds": "seconds 人均观看时长",
        }
    ),
    constants={"platform": "xiaohongshu", "kind": "post"},
    tz=SHANGHAI,
    derive=posts(SHANGHAI),
    remarks=capped(1000),
    notes=(NO_ID, "The list holds at most the first 1,000 notes of its sorting."),
    lossy=(VIEWS, LIFETIME, "封面点击率 and 弹幕 stay in extra."),
)

DOUYIN = Spec(
    name="douyin_works",
    what="Douyin's list of works (作品列表)",
    signs=(("作品名称", "发布时间", "播放量"),),
    table=ITEMS,
    fields=fields(
        {
            "title": "text! 作品名称",
            "published": "time!! 发布时间",
            "reads": "count! 播放量",
            "finish_rate": "share 完播率",
            "avg_seconds": "seconds 平均播放时长",
            "likes": "count 点赞量",
            "shares": "count 分享量",
            "comments": "count 评论量",
            "saves": "count 收藏量",
            "followers_net": "balance 粉丝增量",
        }
    ),
    constants={"platform": "douyin", **_VIDEO},
    tz=SHANGHAI,
    derive=posts(SHANGHAI),
    notes=(NO_ID, "followers_net (粉丝增量) is followers won less followers lost: it can be negative."),
    lossy=(VIEWS, LIFETIME, _RATES),
)

BILIBILI = Spec(
    name="bilibili_comparison",
    what="Bilibili's comparison of recent videos (近期稿件对比)",
    signs=(("视频标题", "发布时间", "播放量"), ("稿件标题", "发布时间", "播放量")),
    table=ITEMS,
    fields=fields(
        {
            "title": "text! 视频标题|稿件标题",
            "published": "time!! 发布时间",
            "reads": "count! 播放量",
            "likes": "count 点赞量|点赞数|点赞",
            "comments": "count 评论量|评论数|评论",
            "saves": "count 收藏量|收藏数|收藏",
            "shares": "count 分享量|分享数|分享",
            "followers_net": "balance 涨粉量|涨粉数|涨粉|粉丝增量|净增粉丝",
            "finish_rate": "share 完播率",
        }
    ),
    constants={"platform": "bilibili", **_VIDEO},
    tz=SHANGHAI,
    derive=posts(SHANGHAI),
    remarks=capped(10),
    notes=(NO_ID, "The download compares at most ten videos: it is a choice, not the whole account."),
    lossy=(VIEWS, LIFETIME, "Coins, 弹幕 and all rates stay in extra; names of columns beyond the first three vary."),
)

CHANNELS = Spec(
    name="wechat_channels",
    what="the list of videos of WeChat Channels (视频号动态数据明细)",
    signs=(("视频描述", "视频ID", "播放量"), ("视频描述", "发布时间", "播放量")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id 视频ID",
            "title": "text! 视频描述",
            "published": "time!! 发布时间",
            "finish_rate": "share 完播率",
            "avg_seconds": "seconds 平均播放时长",
            "reads": "count! 播放量",
            "looks": "count 推荐",
            "likes": "count 喜欢",
            "comments": "count 评论量",
            "shares": "count 分享量",
            "followers_gained": "count 关注量",
        }
    ),
    constants={"platform": "wechat_channels", **_VIDEO},
    tz=SHANGHAI,
    derive=posts(SHANGHAI),
    notes=("looks are 推荐 (shown to friends), likes are 喜欢.",),
    lossy=(
        VIEWS,
        LIFETIME,
        "转发聊天和朋友圈 and what is counted in 企微 stay in extra.",
    ),
)

_FLAT_OR_NESTED = (("view", "danmaku", "like"), ("stat.view", "stat.danmaku", "stat.like"))
BILIBILI_ANSWER = Spec(
    name="bilibili_answer",
    what="an answer of Bilibili's public interface with videos",
    signs=(("bvid", "stat.view"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! bvid",
            "account": "id owner.mid",
            "title": "text title",
            "published": "unix pubdate",
            "reads": "count! stat.view",
            "comments": "count stat.reply",
            "saves": "count stat.favorite",
            "shares": "count stat.share",
            "likes": "count stat.like",
        }
    ),
    constants={"platform": "bilibili", **_VIDEO},
    tz=SHANGHAI,
    derive=posts(SHANGHAI),
    remarks=undated,
    lossy=(VIEWS, LIFETIME, "Coins and 弹幕 stay in extra."),
)
BILIBILI_TABLE = replace(
    BILIBILI_ANSWER,
    name="bilibili_table",
    what="a table of videos with the names of Bilibili's public interface",
    signs=tuple((name, *counts) for name in ("bvid", "aid") for counts in _FLAT_OR_NESTED),
    fields=fields(
        {
            "item_id": "id!! bvid|aid",
            "account": "id owner.mid|mid",
            "title": "text title",
            "published": "unix pubdate",
            "reads": "count! stat.view|view",
            "comments": "count stat.reply|reply",
            "saves": "count stat.favorite|favorite",
            "shares": "count stat.share|share",
            "likes": "count stat.like|like",
        }
    ),
)


def _videos_in(answer: Record) -> list[object] | None:
    """The video of `view`, or those of a list; an answer with a code other than 0 is an error."""
    for path in (("data", "archives"), ("data", "list"), ("data", "items"), ("data",)):
        found = listed(answer, *path)
        if found is not None:
            return list(found)
    one = answer.get("data", answer)
    if not isinstance(one, dict):
        return None
    if "stat" not in one and "bvid" in one and "view" in one:  # archive/stat: the counts without the video
        return [{"bvid": one["bvid"], "stat": {key: value for key, value in one.items() if key != "bvid"}}]
    return [one] if "stat" in one else None


def _daily(columns: Columns, ask: Ask) -> None:
    days_ = len(columns["stat_date"])
    columns |= {"item_id": ["account"] * days_, "channel": ["all"] * days_, "cumulative": [False] * days_}


DAILY = Spec(
    name="creator_daily",
    what="a daily table of a Chinese creator centre (Toutiao's 日报表, Douyin's overview)",
    signs=(("日期", "推荐量"), ("日期", "展现量"), ("日期", "播放量"), ("日期", "阅读量")),
    table=ITEM_DAILY,
    fields=fields(
        {
            "stat_date": "day!! 日期",
            "reads": "count 阅读量|播放量|阅读(播放)量",
            "likes": "count 点赞量|点赞数|点赞",
            "comments": "count 评论量|评论数|评论",
            "shares": "count 分享量|分享数|分享|转发量",
            "saves": "count 收藏量|收藏数|收藏",
        }
    ),
    derive=_daily,
    notes=("Each row is one day of the whole account (item_id 'account'); the row 累计 is left out.",),
    lossy=(
        VIEWS,
        "No public sample of these files is known: only columns with the usual names are read, others stay in extra.",
        "The file does not name its platform, and followers by day stay in extra.",
    ),
)

FORMATS: tuple[Format, ...] = (
    *(format_of(one) for one in (XIAOHONGSHU, DOUYIN, CHANNELS, BILIBILI, DAILY, BILIBILI_TABLE)),
    json_format(BILIBILI_ANSWER, keys=("bvid", "view", "danmaku"), pick=_videos_in),
)
