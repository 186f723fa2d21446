"""The words of WeChat's backend for where a reading came from, in one spelling.

The same channel is called 公众号会话 in one generation of the pages and 公众号消息 in the next; 全部 is no channel but
the total of all.  A word that is not known here is kept as it stands.
"""

from __future__ import annotations

from fanecon.loaders.cells import plain

CHANNELS = {
    "全部": "all",
    "公众号消息": "session",
    "公众号会话": "session",
    "会话": "session",
    "聊天会话": "friends",
    "好友转发": "friends",
    "好友": "friends",
    "朋友圈": "moments",
    "公众号主页": "profile",
    "历史消息": "history",
    "历史消息页": "history",
    "推荐": "recommend",
    "看一看": "recommend",
    "搜一搜": "search",
    "其他": "other",
    "其它": "other",
}


def channel_of(word: str) -> str:
    """The channel that a word of the backend means; the word itself where it is not known."""
    return CHANNELS.get(plain(word), word.strip())
