"""Further extracts of public data sets: brand pages, buyers, bounty hunters, answers to complaints.

Where a table of :mod:`fanecon.tables` fits, the rows become that table and what it has no column for stays in `extra`.
Where none fits (a randomised experiment, sums over months) the file is refused with the call that opens it: a month
squeezed into a table of days would be read as a day by every metric.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from fanecon.loaders.extracts import Extract, format_of, id_of
from fanecon.loaders.reading import Format
from fanecon.schema import EDGES, EVENTS, ITEM_DAILY, ITEMS
from fanecon.tables import TIME

_DAY_ONE = pd.Timestamp("1997-01-01", tz="UTC")


def _rest(frame: pd.DataFrame, names: Sequence[str]) -> list[str | None]:
    """Some columns as one JSON text per row, without what is missing."""
    rows = frame[list(names)].astype(object).where(frame[list(names)].notna(), None).to_dict("records")
    kept = [{str(name): value for name, value in row.items() if value is not None} for row in rows]
    return [json.dumps(one, ensure_ascii=False) if one else None for one in kept]


def _seconds(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values.astype("int64"), unit="s", utc=True).astype(TIME)


def _timed(time: pd.Series, precision: str = "s", source: str = "given") -> dict[str, object]:
    return {"time": time, "time_precision": precision, "tz_source": source}


def _hop_accounts(frame: pd.DataFrame) -> pd.DataFrame:
    account = id_of(frame["account"])
    return pd.DataFrame({
        "event_id": "join:" + account,
        "actor_id": account,
        "action": "join",
        **_timed(_seconds(frame["first_use"])),
        "status": frame["hunter"].map({1: "eliminated", 0: "kept"}),
        "extra": _rest(frame.assign(label_source=frame["label_source"].replace("", pd.NA)),
                       ["volume_usd", "label_source", "group"]),
    })  # fmt: skip


def _hop_edges(frame: pd.DataFrame) -> pd.DataFrame:
    """One tie for each pair, however many layers it was seen on."""
    ends = frame.assign(src=id_of(frame["src"]), dst=id_of(frame["dst"]))
    layers = [f"{json.dumps(str(layer))}: {times}" for layer, times in zip(ends["layer"], ends["n"], strict=True)]
    pairs = ends.assign(layers=layers).groupby(["src", "dst"], sort=False).agg({"n": "sum", "layers": ", ".join})
    pairs = pairs.reset_index()
    extra = '{"layers": {' + pairs["layers"] + "}}"
    return pd.DataFrame({
        "src": pairs["src"], "dst": pairs["dst"], "kind": "transfer", "weight": pairs["n"], "extra": extra,
    })  # fmt: skip


def _hop_shared(frame: pd.DataFrame) -> pd.DataFrame:
    outside, account = "outside:" + id_of(frame["ext"]), id_of(frame["account"])
    paid_in = frame["direction"] == 0
    return pd.DataFrame({
        "src": outside.where(paid_in, account),
        "dst": account.where(paid_in, outside),
        "kind": "transfer",
        "weight": frame["n"],
    })  # fmt: skip


def _cdnow(frame: pd.DataFrame) -> pd.DataFrame:
    customer = id_of(frame["customer"])
    number = (frame.groupby("customer").cumcount() + 1).astype("string")
    days = pd.to_timedelta(frame["day"].astype("int64"), unit="D")
    return pd.DataFrame({
        "event_id": customer + ":" + number,
        "actor_id": customer,
        "action": "purchase",
        **_timed((_DAY_ONE + days).astype(TIME), "day", "assumed"),
        "amount_minor": (frame["usd"].astype("float64") * 100).round().astype("Int64"),
        "currency": "USD",
        "extra": _rest(frame, ["n_cds"]),
    })  # fmt: skip


def _care(frame: pd.DataFrame) -> pd.DataFrame:
    conversation = id_of(frame["conversation"])
    client = frame["role"] == "client"
    return pd.DataFrame({
        "event_id": conversation + ":" + id_of(frame["turn"]),
        "actor_id": ("client:" + conversation).where(client, frame["company"]),
        "action": client.map({True: "message", False: "reply"}),
        **_timed(_seconds(frame["t"])),
        "item_id": conversation,
        "extra": _rest(frame, ["company", "turn", "role"]),
    })  # fmt: skip


def _video_comments(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "event_id": "comment:" + pd.Series(range(1, len(frame) + 1), index=frame.index).astype("string"),
        "actor_id": id_of(frame["user"]),
        "action": "comment",
        **_timed(_seconds(frame["time"])),
        "item_id": id_of(frame["video"]),
        "extra": _rest(frame, ["replies", "likes"]),
    })  # fmt: skip


def _videos(frame: pd.DataFrame) -> pd.DataFrame:
    counts = {name: frame[name] for name in ("impressions", "shares", "likes", "comments")}
    return pd.DataFrame({
        "item_id": id_of(frame["video"]),
        "account_id": "channel",
        "platform": "youtube",
        "kind": "video",
        "published_date": pd.to_datetime(frame["published"]),
        "reads": frame["views"],
        **counts,
        "followers_gained": frame["subs_gained"],
        "followers_net": frame["subs_gained"] - frame["subs_lost"],
        "extra": _rest(frame, ["ctr_pct", "dislikes", "subs_lost"]),
    })  # fmt: skip


def _facebook(frame: pd.DataFrame) -> pd.DataFrame:
    counts = {name: frame[name] for name in ("impressions", "comments", "likes", "shares")}
    told = [name for name in frame if name not in (*counts, "reach", "consumers", "consumptions")]
    return pd.DataFrame({
        "item_id": "post " + id_of(frame["post_no"]),
        "account_id": "page",
        "platform": "facebook",
        "published_date": pd.NaT,
        "kind": "post",
        "readers": frame["reach"],
        **counts,
        "clicks_people": frame["consumers"],
        "clicks_times": frame["consumptions"],
        "extra": _rest(frame, told),
    })  # fmt: skip


def _launches(frame: pd.DataFrame) -> pd.DataFrame:
    at = pd.to_datetime(frame["post_time_utc"], utc=True).astype(TIME)
    told = ["delta_24h", "delta_48h", "delta_168h", "baseline_stars", "is_show_hn", "repo_age_days"]
    return pd.DataFrame({
        "item_id": "launch " + id_of(frame["launch"]),
        "account_id": "unknown",
        "platform": "hacker_news",
        "kind": "post",
        "published_at": at,
        "published_date": at.dt.tz_localize(None).dt.normalize(),
        "time_precision": "s",
        "tz_source": "given",
        "likes": frame["hn_score"],
        "comments": frame["hn_comments"],
        "extra": _rest(frame, told),
    })  # fmt: skip


def _upworthy(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "item_id": "account",
        "stat_date": pd.to_datetime(frame["date"]),
        "channel": "all",
        "cumulative": False,
        "readers": frame["users"],
        "reads": frame["pageviews"],
        "extra": _rest(frame, ["new_users", "sessions", "pageviews_report"]),
    })  # fmt: skip


EXTRACTS = (
    Extract(
        name="hop_accounts",
        row="one account that used the Hop bridge, with its first use",
        columns="account first_use volume_usd hunter label_source:text group",
        make=_hop_accounts,
        table=EVENTS,
        notes=("status: eliminated = removed from the reward; kept = not caught, which is not the same as honest.",),
    ),
    Extract(
        name="hop_edges",
        row="transfers between two candidates of the Hop reward on one layer",
        columns="src dst layer:text n",
        make=_hop_edges,
        table=EDGES,
        notes=("A pair is one tie; its weight is the sum over the layers, which stand in extra. There are no times.",),
    ),
    Extract(
        name="hop_shared_counterparties",
        row="transfers between a candidate of the Hop reward and an outside party",
        columns="ext account direction n",
        make=_hop_shared,
        table=EDGES,
        notes=("Outside parties are named outside:n; src is the one who paid.",),
    ),
    Extract(
        name="cdnow_transactions",
        row="one purchase at CDNOW in 1997 or 1998",
        columns="customer day n_cds usd",
        make=_cdnow,
        table=EVENTS,
        notes=("Days count from 1997-01-01; the zone of the shop's day is not told.",),
    ),
    Extract(
        name="care_conversations",
        row="one message of a conversation with a company's service on Twitter",
        columns="conversation company:text turn role:text t",
        make=_care,
        table=EVENTS,
        notes=("A client is known within one conversation only (client:n); item_id is the conversation.",),
    ),
    Extract(
        name="youtube_channel_videos",
        row="one video of a YouTube channel",
        columns="video published:text views impressions ctr_pct shares likes dislikes comments subs_gained subs_lost",
        make=_videos,
        table=ITEMS,
        notes=("reads are views; the day of publication has no zone.",),
    ),
    Extract(
        name="youtube_channel_comments",
        row="one comment on a YouTube channel",
        columns="video user time replies likes",
        make=_video_comments,
        table=EVENTS,
        notes=("A comment without a video (item_id missing) is on the channel itself, or its video is not told.",),
    ),
    Extract(
        name="facebook_brand_page_2014",
        row="one post of a brand's page in 2014",
        columns="post_no page_likes type:text category month weekday hour paid reach impressions engaged_users "
        "consumers consumptions fan_impressions fan_reach fan_engaged comments likes shares interactions",
        make=_facebook,
        table=ITEMS,
        notes=(
            "Posts run from oldest to newest; month, weekday and hour stand in extra, the day is not told.",
            "readers is reach (people who saw the post); fan_reach, among people who like the page, stands in extra.",
        ),
    ),
    Extract(
        name="launch_features",
        row="one launch of a repository on Hacker News",
        columns="launch post_time_utc:text delta_24h delta_48h delta_168h baseline_stars hn_score hn_comments "
        "is_show_hn:text repo_age_days",
        make=_launches,
        table=ITEMS,
        notes=("likes are the score of the post; stars won after 24, 48 and 168 hours stand in extra.",),
    ),
    Extract(
        name="upworthy_daily_audience",
        row="the audience of Upworthy on one day",
        columns="date:text users new_users sessions pageviews pageviews_report",
        make=_upworthy,
        table=ITEM_DAILY,
        notes=("readers are users of the day, reads pageviews; pageviews_report is of another report: extra.",),
    ),
    Extract(
        name="hillstrom_email",
        row="one customer of a randomised mail experiment",
        columns="recency history_segment:text history mens womens zip_code:text newbie channel:text segment:text visit "
        "conversion spend",
        no_table="It is a frame of an experiment: a treatment and outcomes of each customer, without times",
    ),
    Extract(
        name="cdnow_sample_summary",
        row="one customer of CDNOW in sums (frequency, recency, age)",
        columns="id frequency recency t",
        no_table="It holds sums per customer and no purchases; those are in cdnow_transactions",
    ),
    Extract(
        name="star_campaign_panel",
        row="one repository in one month around a campaign of bought stars",
        columns="repo_id month:text campaign:text n_stars n_stars_fake n_stars_real n_stars_total age had_release:text "
        "release:text activity",
        no_table="It is a panel of months, and the tables count days",
    ),
    Extract(
        name="launch_star_windows",
        row="the stars of one launched repository on one day before or after its launch",
        columns="launch t_day stars_day stars_cum_abs",
        no_table="Its days count from the launch and have no date",
    ),
    Extract(
        name="medium_author_monthly",
        row="one author on Medium in one month",
        columns="period_start:text period_end:text followers_gained followers_lost followers_net followers_total "
        "subscribers_gained subscribers_lost subscribers_net subscribers_total views",
        no_table="It counts months, and the tables count days",
    ),
)
FORMATS: tuple[Format, ...] = tuple(map(format_of, EXTRACTS))
