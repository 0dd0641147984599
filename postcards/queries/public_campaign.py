"""What everybody may know of a campaign: counts that point at nobody.

A country with few cards could point at a family, so small ones are told together, and so many of them that
the group is not small itself: else the total less what is listed would tell it.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.queries import stamps, tallies

#: The smallest count of cards that is told of a country, a group of countries or a travel time.
SMALLEST = 5
#: The name of the group of small countries.
OTHER = "other"
#: Seconds that travel times are kept: they look at every arrived card, and change slowly.
KEPT = 60.0
#: Without a word for so long we say that we do not know: 60 days, or 1.5 times as long as nine of ten cards to
#: that country took, the later. Both figures are the founders' choice; the post promises nothing.
UNKNOWN_AFTER = dt.timedelta(days=60)
UNKNOWN_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Travel:
    """Days from the hand-over to the recipient's word: the median, and what nine of ten did not exceed.

    Both are None for fewer than SMALLEST cards.
    """

    median_days: float | None
    slow_days: float | None
    cards: int


@dataclass(frozen=True, slots=True)
class PublicCounts:
    """cap = registered + lent + remaining + held + withdrawn. `by_country` may hold the group `OTHER`."""

    cap: int
    registered: int
    remaining: int
    lent: int
    held: int
    withdrawn: int
    by_status: dict[str, int]
    by_country: dict[str, int]
    countries: int
    travel: Travel
    travel_by_country: dict[str, Travel]


def counts(session: Session, campaign_id: int) -> PublicCounts:
    """This will count; in one snapshot the figures agree with each other."""
    rows = tallies.read(session, campaign_id)
    drawer = stamps.drawer(session, campaign_id)
    countries = tallies.by_country(rows)
    travel, travel_by_country = travel_times(session, campaign_id)
    return PublicCounts(
        cap=drawer.cap,
        registered=drawer.used,
        remaining=drawer.free,
        lent=drawer.lent,
        held=drawer.held,
        withdrawn=drawer.withdrawn,
        by_status=tallies.by_status(rows),
        by_country=grouped(countries),
        countries=len([country for country, cards in countries.items() if cards > 0]),
        travel=travel,
        travel_by_country=travel_by_country,
    )


def grouped(countries: dict[str, int]) -> dict[str, int]:
    """This will list countries with SMALLEST cards or more, most cards first, and the others as one group.

    When the group would be smaller than SMALLEST, the smallest listed countries join it until it is not; with
    fewer than SMALLEST cards in all nothing is told.
    """
    told = sorted(((cards, country) for country, cards in countries.items() if cards > 0), reverse=True)
    group = 0
    while told and (told[-1][0] < SMALLEST or 0 < group < SMALLEST):
        group += told.pop()[0]
    found = {country: cards for cards, country in sorted(told, key=lambda one: (-one[0], one[1]))}
    if group >= SMALLEST:
        found[OTHER] = group
    return found


_TRAVEL = text(
    """
    SELECT country, count(*) AS cards, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS slow
    FROM (
        SELECT country, extract(epoch FROM arrived_at - coalesce(handed_over_at, sealed_at)) / 86400 AS days
        FROM card WHERE campaign_id = :campaign_id AND status = 'arrived'
    ) AS journeys
    WHERE days >= 0
    GROUP BY GROUPING SETS ((), (country))
    """
)

_travel_kept: dict[tuple[str, int], tuple[float, tuple[Travel, dict[str, Travel]]]] = {}


def travel_times(session: Session, campaign_id: int) -> tuple[Travel, dict[str, Travel]]:
    """This will give the days over all cards, and those of each country with SMALLEST arrivals or more."""
    key = (str(session.get_bind().engine.url), campaign_id)
    kept = _travel_kept.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    everywhere, by_country = Travel(None, None, 0), {}
    for row in session.execute(_TRAVEL, {"campaign_id": campaign_id}):
        enough = row.cards >= SMALLEST
        median, slow = (round(float(days), 1) if enough else None for days in (row.median, row.slow))
        if row.country is None:
            everywhere = Travel(median, slow, row.cards)
        elif enough:
            by_country[row.country] = Travel(median, slow, row.cards)
    found = (everywhere, dict(sorted(by_country.items(), key=lambda one: (-one[1].cards, one[0]))))
    _travel_kept[key] = (time.monotonic() + KEPT, found)
    return found


def unknown_after(session: Session, campaign_id: int, country: str) -> dt.timedelta:
    """This will give how long after the hand-over a card to that country may be silent before it is unknown."""
    travel = travel_times(session, campaign_id)[1].get(country)
    if travel is None or travel.slow_days is None:
        return UNKNOWN_AFTER
    return max(UNKNOWN_AFTER, UNKNOWN_FACTOR * dt.timedelta(days=travel.slow_days))
