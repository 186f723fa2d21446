"""The tables of fanecon: what one row is, its key, and every column with its unit: people, times or something else.

A column that is not here does not exist for a metric; what a file holds beyond it stays as text in `extra`.  Two
columns guard the counts of a row: `lower_bound` names those that are only a floor (10万+), and `cumulative` says that
counts run since publication, so that two days of them can be subtracted but never added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TEXT, WHOLE, REAL, FLAG = "string", "Int64", "Float64", "boolean"
DAY, TIME = "datetime64[s]", "datetime64[ns, UTC]"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its pandas dtype, its unit, whether a table may lack it, and whether a row may lack a value in it."""

    dtype: str
    unit: str = ""
    required: bool = False
    blank: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what a row is, which columns name the row, and all columns in order."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that no table may lack."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns in which no row may lack a value."""
        return tuple(name for name, column in self.columns.items() if column.required and not column.blank)


def _columns(**kinds: Column) -> dict[str, Column]:
    return kinds


_ID = Column(dtype=TEXT, required=True)
_WORD = Column(dtype=TEXT)
_FLAG = Column(dtype=FLAG)
_DAY = Column(dtype=DAY, unit="day")
_TIME = Column(dtype=TIME, unit="UTC")
_PEOPLE = Column(dtype=WHOLE, unit="people")
_TIMES = Column(dtype=WHOLE, unit="times")
_SHARE = Column(dtype=REAL, unit="proportion")
_SOURCE = _columns(source_format=_WORD, lower_bound=_WORD, extra=_WORD)

ACCOUNTS_DAILY = Table(
    name="accounts_daily",
    row="one official account on one day, by the source through which followers came",
    key=("account_id", "date", "source"),
    columns=_columns(
        account_id=_ID,
        platform=_ID,
        date=Column(dtype=DAY, unit="day", required=True),
        source=_ID,
        source_code=Column(dtype=WHOLE),
        followers_new=_PEOPLE,
        followers_lost=_PEOPLE,
        followers_net=_PEOPLE,
        followers_total=_PEOPLE,
        is_final=Column(dtype=FLAG),
        **_SOURCE,
    ),
)

ITEMS = Table(
    name="items",
    row="one article, post or mail, with its counts up to the day they were taken",
    key=("item_id",),
    columns=_columns(
        item_id=_ID,
        account_id=_ID,
        platform=_ID,
        published_at=Column(dtype=TIME, unit="UTC"),
        published_date=Column(dtype=DAY, unit="day", required=True, blank=True),
        title=_WORD,
        url=_WORD,
        position=Column(dtype="Int16"),
        kind=_WORD,
        notified=_FLAG,
        recipients=_PEOPLE,
        delivered=_PEOPLE,
        impressions=_TIMES,
        readers=_PEOPLE,
        reads=_TIMES,
        sharers=_PEOPLE,
        shares=_TIMES,
        session_readers=_PEOPLE,
        session_reads=_TIMES,
        share_reads=_TIMES,
        first_shares=_TIMES,
        likes=_TIMES,
        looks=_TIMES,
        comments=_TIMES,
        savers=_PEOPLE,
        saves=_TIMES,
        followers_gained=_PEOPLE,
        followers_net=_PEOPLE,
        unsubscribes=_PEOPLE,
        bounces=_PEOPLE,
        complaints=_PEOPLE,
        opens_people=_PEOPLE,
        opens_times=_TIMES,
        opens_people_excl_proxy=_PEOPLE,
        clicks_people=_PEOPLE,
        clicks_times=_TIMES,
        open_inflation=_FLAG,
        finish_rate=_SHARE,
        avg_seconds=Column(dtype=REAL, unit="seconds"),
        revenue_minor=Column(dtype=WHOLE, unit="minor units of currency"),
        currency=_WORD,
        delivered_rate=Column(dtype=REAL, unit="per delivered"),
        delivered_rate_numerator=_WORD,
        window_days=Column(dtype="Int16", unit="days"),
        observed_at=_TIME,
        time_precision=_WORD,
        tz_source=_WORD,
        **_SOURCE,
    ),
)

ITEM_DAILY = Table(
    name="item_daily",
    row="one article (or all of an account) on one day in one channel; `cumulative`: counts run since publication",
    key=("item_id", "stat_date", "hour", "channel"),
    columns=_columns(
        item_id=_ID,
        stat_date=Column(dtype=DAY, unit="day", required=True),
        hour=Column(dtype="Int16", unit="hour of day"),
        channel=_ID,
        cumulative=Column(dtype=FLAG, required=True),
        window_days=Column(dtype="Int16", unit="days"),
        delivered=_PEOPLE,
        readers=_PEOPLE,
        reads=_TIMES,
        sharers=_PEOPLE,
        shares=_TIMES,
        likes=_TIMES,
        looks=_TIMES,
        comments=_TIMES,
        savers=_PEOPLE,
        saves=_TIMES,
        followers_gained=_PEOPLE,
        finish_rate=_SHARE,
        is_final=_FLAG,
        **_SOURCE,
    ),
)

EVENTS = Table(
    name="events",
    row="one act of one account: a join, an invitation, a repost, an open, a payout",
    key=("event_id",),
    columns=_columns(
        event_id=_ID,
        actor_id=_WORD,
        action=_ID,
        time=_TIME,
        time_precision=_WORD,
        tz_source=_WORD,
        seconds=Column(dtype=REAL, unit="seconds"),
        item_id=_WORD,
        campaign_id=_WORD,
        inviter_id=_WORD,
        ip=_WORD,
        device_id=_WORD,
        payout_account=_WORD,
        amount_minor=Column(dtype=WHOLE, unit="minor units of currency"),
        currency=_WORD,
        status=_WORD,
        actor_followers=Column(dtype=WHOLE, unit="people"),
        text=_WORD,
        **_SOURCE,
    ),
)

CASCADE_NODES = Table(
    name="cascade_nodes",
    row="one post in the tree of who reposted whom; the root has no parent",
    key=("cascade_id", "node_id"),
    columns=_columns(
        cascade_id=_ID,
        node_id=_ID,
        parent_id=_WORD,
        actor_id=_WORD,
        time=_TIME,
        time_precision=_WORD,
        tz_source=_WORD,
        seconds=Column(dtype=REAL, unit="seconds"),
        depth=Column(dtype="Int32", unit="steps from the root"),
        followers=Column(dtype=WHOLE, unit="people"),
        kind=_WORD,
        text=_WORD,
        **_SOURCE,
    ),
)

EDGES = Table(
    name="edges",
    row="one tie between two accounts: who invited whom, who paid whom, what they share",
    key=("src", "dst", "kind"),
    columns=_columns(
        src=_ID,
        dst=_ID,
        kind=_ID,
        time=_TIME,
        weight=Column(dtype=REAL, unit="number of times"),
        **_SOURCE,
    ),
)

MESSAGES_DAILY = Table(
    name="messages_daily",
    row="messages from followers to one account in one period, by type or by how many a person sent",
    key=("account_id", "date", "hour", "period", "msg_type", "interval"),
    columns=_columns(
        account_id=_ID,
        date=Column(dtype=DAY, unit="day", required=True),
        hour=Column(dtype="Int16", unit="hour of day"),
        period=_ID,
        msg_type=_WORD,
        interval=_WORD,
        msg_users=_PEOPLE,
        msg_count=_TIMES,
        **_SOURCE,
    ),
)

TABLES: Mapping[str, Table] = {
    table.name: table for table in (ITEMS, ITEM_DAILY, ACCOUNTS_DAILY, EVENTS, CASCADE_NODES, EDGES, MESSAGES_DAILY)
}
