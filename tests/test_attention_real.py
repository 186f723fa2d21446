"""Open rates of a page, an audience and an author that existed: public extracts beside the repository."""

import math
import os
from pathlib import Path

import pandas as pd
import pytest

import fanecon as fe
from fanecon.schema import SchemaError

DATA = Path(os.environ.get("FANECON_DATA") or Path(__file__).parents[2] / "shared" / "data")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public extracts lie beside the repository: FANECON_DATA")


def page():
    """Unpaid posts of a brand's page in 2014: fans as delivered, fans reached as those who opened."""
    posts = pd.read_csv(DATA / "facebook_brand_page_2014.csv.gz")
    posts = posts.rename(columns={"page_likes": "delivered", "fan_reach": "session_readers"})
    return posts[posts["paid"] == 0].assign(period=posts["month"])


@needs_data
def test_at_most_a_fifth_to_a_third_of_the_pages_fall_can_be_new_fans():
    """Median reach 4.75 % in the first quarter and 1.48 % in the last, as the extract's own notes say."""
    posts = page()
    first, last = posts[posts["month"] <= 3], posts[posts["month"] >= 10]
    median = fe.dilution_bounds(first, last, average="median")
    assert "4.75 %" in median.sentence
    assert "1.48 %" in median.sentence
    assert median.newcomers == pytest.approx(0.318, abs=0.001)
    assert median.share_of_fall.estimate == pytest.approx(0.211, abs=0.002)
    total = fe.dilution_bounds(first, last)
    assert total.share_of_fall.estimate == pytest.approx(0.330, abs=0.002)
    assert total.share_of_fall.high < 0.8


@needs_data
def test_even_from_the_first_post_to_the_last_two_thirds_of_the_fall_were_not_new_fans():
    """81,370 → 139,441 fans: 41.6 % are new; 1.48 % × 0.7137 = 1.06 of 3.27 points."""
    posts = page()
    ends = [
        posts[rows].assign(delivered=size)
        for rows, size in ((posts["month"] <= 3, 81_370), (posts["month"] >= 10, 139_441))
    ]
    rates = [
        (part["session_readers"] / source["delivered"]).median()
        for part, source in zip(ends, (posts.loc[e.index] for e in ends), strict=True)
    ]
    assert [round(100 * rate, 2) for rate in rates] == [4.75, 1.48]
    table = pd.DataFrame({"delivered": [81_370.0, 139_441.0], "session_readers": [0.047545, 0.014818]})
    table["session_readers"] *= table["delivered"]
    found = fe.dilution_bounds(table.iloc[:1], table.iloc[1:])
    assert found.newcomers == pytest.approx(0.4165, abs=1e-4)
    assert found.most.estimate == pytest.approx(-0.01057, abs=1e-5)
    assert found.share_of_fall.estimate == pytest.approx(0.323, abs=0.001)


@needs_data
def test_the_pages_reach_halves_in_seven_to_fifteen_months():
    found = fe.fit_open_rate_decay(page(), opened="session_readers")
    assert found.model == "exponential"
    assert (found.half_life.low, found.half_life.high) == pytest.approx((7.45, 14.4), rel=0.02)
    assert found.overdispersion == pytest.approx(0.044, abs=0.002)


@needs_data
def test_a_daily_audience_has_no_open_rate_because_nobody_counted_whom_it_was_sent_to():
    daily = fe.read(DATA / "upworthy_daily_audience.csv.gz")["item_daily"].rename(columns={"stat_date": "period"})
    found = fe.fit_open_rate_decay(daily)
    assert "850 points without how many people each was delivered to" in found.sentence
    assert math.isnan(found.half_life.estimate)


@needs_data
def test_a_daily_audience_whose_busy_days_bring_new_and_old_alike_gets_no_kernel():
    """Each new user would bring half an old one along: 151 % of those who have just joined."""
    daily = pd.read_csv(DATA / "upworthy_daily_audience.csv.gz").head(180)
    table = pd.DataFrame({"period": range(180), "followers_new": daily["new_users"], "readers": daily["users"]})
    table["delivered"] = table["followers_new"].cumsum()
    found = fe.fit_tenure_kernel(table.iloc[60:], longest=1)
    assert not found.identified
    assert found.condition < 3
    assert found.dispersion > 1000
    assert "would be 151 % (144 to 157): the same periods brought joiners and older readers" in found.sentence


@needs_data
def test_views_of_an_author_are_no_open_rate():
    months = pd.read_csv(DATA / "medium_author_monthly.csv").dropna(subset=["views"])
    table = pd.DataFrame({"period": range(len(months)), "followers_new": months["followers_gained"]})
    table["delivered"], table["readers"] = table["followers_new"].cumsum(), months["views"].to_numpy()
    with pytest.raises(SchemaError, match="most may be strangers"):
        fe.fit_tenure_kernel(table)
    assert "0 usable rows" in fe.fit_open_rate_decay(table).sentence
