"""Every tally again, slowly, straight from its docstring: lists and dictionaries, one row after the other.

Rows are dictionaries; `time` is whole microseconds since 1970.  Each function returns the rows of the tally with times
as microseconds, in any order.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import networkx as nx

Row = dict[str, object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple, list[Row]]:
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def whole(rows: Iterable[Row], *names: str) -> list[Row]:
    """The rows that lack nothing they need."""
    return [row for row in rows if all(row[name] is not None for name in names)]


def times(rows: Iterable[Row]) -> list[int]:
    return sorted(row["time"] for row in rows if row["time"] is not None)


def day(us: int, zone: str) -> date:
    return (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(zone)).date()


# --- accounts ---


def account_habits(rows, *, during=None, distinct=False, zone="Asia/Shanghai"):
    found = []
    for (actor,), acts in grouped(whole(rows, "actor_id", "time"), "actor_id").items():
        at, days = times(acts), {day(act["time"], zone) for act in acts}
        row = {"actor_id": actor, "events": len(acts), "first_at": at[0], "last_at": at[-1]}
        row["mean_gap_seconds"] = (at[-1] - at[0]) / SECOND / (len(at) - 1) if len(at) > 1 else None
        row["one_day"] = len(days) == 1
        if during:
            start, end = during
            row["before"] = sum(one < start for one in at)
            row["during"] = sum(start <= one < end for one in at)
            row["after"] = sum(end <= one for one in at)
        if "campaign_id" in acts[0]:
            row |= in_campaigns(acts)
        things = {act["item_id"] for act in acts} if "item_id" in acts[0] else None
        if things is not None:
            row["one_item"] = len(things) == 1 and None not in things
        if distinct:
            row["days"] = len(days)
            for name, column in {"items": "item_id", "campaigns": "campaign_id"}.items():
                if column in acts[0]:
                    row[name] = len({act[column] for act in acts} - {None})
        found.append(row)
    return found


def in_campaigns(acts: list[Row]) -> Row:
    inside = times(act for act in acts if act["campaign_id"] is not None)
    outside = times(act for act in acts if act["campaign_id"] is None)
    return {
        "campaign_events": len(inside),
        "organic_events": len(outside),
        "campaign_share": len(inside) / len(acts),
        "first_campaign_at": min(inside, default=None),
        "last_campaign_at": max(inside, default=None),
        "last_organic_at": max(outside, default=None),
        "entered_by_campaign": bool(inside) and min(inside) == min(times(acts)),
    }


def account_gaps(rows):
    found = []
    for (actor,), acts in grouped(whole(rows, "actor_id", "time"), "actor_id").items():
        gaps = [Fraction(late - early, SECOND) for early, late in pairwise(times(acts))]
        if gaps:
            mean = sum(gaps) / len(gaps)
            spread = sum((gap - mean) ** 2 for gap in gaps)
            sd = math.sqrt(spread / (len(gaps) - 1)) if len(gaps) > 1 else None
            row = {"actor_id": actor, "gaps": len(gaps), "mean_seconds": float(mean), "sd_seconds": sd}
            found.append(row | {"min_seconds": float(min(gaps)), "max_seconds": float(max(gaps))})
    return found


def account_campaigns(rows, *, leave=None):
    rows = whole(rows, "actor_id", "time", *(["action"] if leave else []))
    inside = [row for row in rows if row["campaign_id"] is not None]
    opening = {campaign: times(acts)[0] for (campaign,), acts in grouped(inside, "campaign_id").items()}
    found = []
    for (actor, campaign), acts in grouped(inside, "actor_id", "campaign_id").items():
        at = times(acts)
        row = {"actor_id": actor, "campaign_id": campaign, "events": len(at), "first_at": at[0], "last_at": at[-1]}
        row["latency_seconds"] = (at[0] - opening[campaign]) / SECOND
        if leave:
            left = [one for one in rows if one["actor_id"] == actor and one["action"] == leave]
            later = [one["time"] for one in left if one["time"] >= at[-1]]
            row["left_after_seconds"] = (min(later) - at[-1]) / SECOND if later else None
        found.append(row)
    return found


# --- items, contributions, cohorts ---


def items(rows, *, actions=None, people=True):
    rows = whole(rows, *(["actor_id"] if people else []), "item_id", "action")
    named = actions if actions is not None else sorted({row["action"] for row in rows})
    found = []
    for (item,), acts in grouped(rows, "item_id").items():
        row = {"item_id": item, "events": len(acts)}
        if people:
            row["accounts"] = len({act["actor_id"] for act in acts})
        for name in named:
            such = [act for act in acts if act["action"] == name]
            row[f"{name}_times"] = len(such)
            if people:
                row[f"{name}_people"] = len({act["actor_id"] for act in such})
        if "time" in acts[0]:
            row |= {"first_at": min(times(acts), default=None), "last_at": max(times(acts), default=None)}
        found.append(row)
    return found


def contributions(rows, *, actions=None, split=None, members=None):
    rows = whole(rows, "actor_id", *(["action"] if actions else []), *(["time"] if split is not None else []))
    rows = [row for row in rows if actions is None or row["action"] in actions]
    each = grouped(rows, "actor_id").values()
    if split is None:
        counts = Counter((len(acts),) for acts in each)
        names = ["times"]
    else:
        befores = [(sum(act["time"] < split for act in acts), len(acts)) for acts in each]
        counts = Counter((before, acts - before) for before, acts in befores)
        names = ["times_before", "times_after"]
    if members is not None:
        counts[(0,) * len(names)] = members - counts.total()
    return [{**dict(zip(names, key, strict=True)), "accounts": people} for key, people in counts.items()]


def cohorts(rows, *, period_days=7, by=None, zone="Asia/Shanghai"):
    rows = whole(rows, "actor_id", "time")
    monday = date(1970, 1, 5)
    begun, cells, events = {}, defaultdict(set), Counter()
    for (actor,), acts in grouped(rows, "actor_id").items():
        first = times(acts)[0]
        begun[actor] = value_at(acts, first, by)
    for row in rows:
        actor = row["actor_id"]
        mine = [(day(one["time"], zone) - monday).days // period_days for one in rows if one["actor_id"] == actor]
        start, period = min(mine), (day(row["time"], zone) - monday).days // period_days
        key = (start, begun[actor], period - start)
        cells[key].add(actor)
        events[key] += 1
    return [
        {
            "cohort": int((monday - EPOCH.date()).days + start * period_days) * 86_400 * SECOND,
            **({by: value} if by else {}),
            "age": age,
            "accounts": len(actors),
            "events": events[start, value, age],
            "size": len(cells[start, value, 0]),
        }
        for (start, value, age), actors in cells.items()
    ]


def value_at(acts: list[Row], moment: int, by: str | None) -> object:
    """The value at a moment; the smallest of several."""
    values = [act[by] for act in acts if act["time"] == moment and act[by] is not None] if by else []
    return min(values, default=None)


# --- durations ---


def life_table(spans: list[tuple[object, int, int | None]], last: int, unit: int, by: str | None) -> list[Row]:
    """Spans of (group, begin, end or nothing) → rows of a life table."""
    lived = []
    for group, begin, end in spans:
        if begin <= last:
            over = end is not None and end <= last
            lived.append((group, ((end if over else last) - begin) // (unit * SECOND), over))
    found = []
    for group, age in {(group, age) for group, age, _ in lived}:
        same = [(one, over) for other, one, over in lived if other == group]
        row = {by: group} if by else {}
        row |= {"age": age, "at_risk": sum(one >= age for one, _ in same)}
        row |= {"events": sum(one == age and over for one, over in same)}
        found.append(row | {"censored": sum(one == age and not over for one, over in same)})
    return found


def at_risk(rows, *, start, end, by=None, until=None, unit_seconds=86_400):
    last = until if until is not None else max(times(rows), default=0)
    spans = []
    for acts in grouped(whole(rows, "actor_id", "action", "time"), "actor_id").values():
        begins = times(act for act in acts if act["action"] in start)
        if begins:
            ends = times(act for act in acts if act["action"] in end and act["time"] >= begins[0])
            first = [act for act in acts if act["action"] in start]
            spans.append((value_at(first, begins[0], by), begins[0], min(ends, default=None)))
    return life_table(spans, last, unit_seconds, by)


def response_times(rows, *, ask, answer, by=None, until=None, unit_seconds=60):
    last = until if until is not None else max(times(rows), default=0)
    spans = []
    for acts in grouped(whole(rows, "item_id", "actor_id", "action", "time"), "item_id").values():
        asked = times(act for act in acts if act["action"] in ask)
        if asked:
            first = [act for act in acts if act["action"] in ask and act["time"] == asked[0]]
            asker = min(act["actor_id"] for act in first)
            others = [act for act in acts if act["action"] in answer and act["actor_id"] != asker]
            answers = times(act for act in others if act["time"] >= asked[0])
            spans.append((value_at(first, asked[0], by), asked[0], min(answers, default=None)))
    return life_table(spans, last, unit_seconds, by)


# --- links, crowding ---


def account_links(rows, *, most_sharing=50):
    rows = whole(rows, "actor_id")
    found = []
    for name, kind in {"ip": "ip", "device_id": "device", "payout_account": "payout"}.items():
        if rows and name in rows[0]:
            behind = {
                value: {row["actor_id"] for row in same} for (value,), same in grouped(whole(rows, name), name).items()
            }
            ties = defaultdict(list)
            for people in behind.values():
                if len(people) <= most_sharing:
                    for src, dst in combinations(sorted(people), 2):
                        ties[src, dst].append(len(people))
            found += [
                {"src": src, "dst": dst, "kind": kind, "weight": len(sizes), "smallest": min(sizes)}
                for (src, dst), sizes in ties.items()
            ]
    if rows and "inviter_id" in rows[0]:
        pairs = Counter((row["inviter_id"], row["actor_id"]) for row in whole(rows, "inviter_id"))
        found += [
            {"src": src, "dst": dst, "kind": "invited", "weight": weight, "smallest": 2}
            for (src, dst), weight in pairs.items()
            if src != dst
        ]
    return found


def crowding(rows, *, windows=(60, 600, 3_600, 86_400), alike=None, actions=None):
    rows = whole(rows, "actor_id", "time", *(["action"] if actions else []))
    rows = [row for row in rows if actions is None or row["action"] in actions]
    starts = {}
    for (actor,), acts in grouped(rows, "actor_id").items():
        first = times(acts)[0]
        amounts = [act["amount_minor"] for act in acts if act["time"] == first] if alike else []
        starts[actor] = (first, max((one for one in amounts if one is not None), default=None))
    return [
        {"actor_id": actor, "first_at": first, **({"amount": amount} if alike else {})}
        | {f"within_{window}s": near(starts, actor, window) for window in windows}
        | ({f"alike_{window}s": near(starts, actor, window, alike) for window in windows} if alike else {})
        for actor, (first, amount) in starts.items()
    ]


def near(starts, actor, window, alike=None):
    def kind(amount):
        return math.floor(math.log(amount) / alike) if amount is not None and amount > 0 else None

    first, amount = starts[actor]
    if alike and kind(amount) is None:
        return None
    others = [one for other, one in starts.items() if other != actor and abs(one[0] - first) <= window * SECOND]
    return len([one for one in others if alike is None or kind(one[1]) == kind(amount)])


# --- graphs ---


def lockstep_edges(rows, *, least_accounts=2, least_items=1):
    pairs = grouped(whole(rows, "actor_id", "item_id"), "actor_id", "item_id")
    edges = [
        {"actor_id": actor, "item_id": item, "times": len(acts)}
        | ({"first_at": min(times(acts), default=None)} if "time" in acts[0] else {})
        for (actor, item), acts in pairs.items()
    ]
    for name, least in (("item_id", least_accounts), ("actor_id", least_items)):
        degree = Counter(edge[name] for edge in edges)
        edges = [edge for edge in edges if degree[edge[name]] >= least]
    return edges


def components(rows):
    graph = nx.Graph((row["src"], row["dst"]) for row in whole(rows, "src", "dst"))
    return [
        {"account_id": one, "component": min(part), "size": len(part)}
        for part in nx.connected_components(graph)
        for one in part
    ]


def density(edges: set[tuple[object, object]], inside: set[tuple[str, object]]) -> float:
    """Weight of the edges inside over members: an edge weighs 1 / log(degree of its item + 5)."""
    degree = Counter(item for _, item in edges)
    held = [edge for edge in edges if ("account", edge[0]) in inside and ("item", edge[1]) in inside]
    return math.fsum(1 / math.log(degree[item] + 5) for _, item in held) / len(inside) if inside else 0.0


def peeled(edges: set[tuple[object, object]], epsilon: float) -> set[tuple[str, object]]:
    """Batch peeling: out go all that weigh at most 2 (1 + epsilon) times the density; the densest round of all."""
    degree = Counter(item for _, item in edges)
    weight = {edge: round(2**20 / math.log(degree[edge[1]] + 5)) for edge in edges}
    best, most = set(), 0.0
    while edges:
        inside = {("account", one) for one, _ in edges} | {("item", one) for _, one in edges}
        total = sum(weight[edge] for edge in edges)
        if total / len(inside) > most:
            best, most = inside, total / len(inside)
        mine = Counter()
        for edge in edges:
            mine["account", edge[0]] += weight[edge]
            mine["item", edge[1]] += weight[edge]
        least = 2 * (1 + epsilon) * total / len(inside)
        edges = {one for one in edges if mine["account", one[0]] > least and mine["item", one[1]] > least}
    return best


def densest(edges: set[tuple[object, object]]) -> float:
    """The largest density of any block, by trying them all."""
    nodes = sorted({("account", one) for one, _ in edges} | {("item", one) for _, one in edges}, key=str)
    return max(density(edges, set(some)) for size in range(1, len(nodes) + 1) for some in combinations(nodes, size))
