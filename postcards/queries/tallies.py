"""Reads the tallies: folded sums and the deltas not yet folded, in one statement and so at one instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many cards of a venue ("" for none) and country have a status. Never zero."""

    venue_slug: str
    country: str
    status: str
    cards: int


_READ = text(
    """
    SELECT venue_slug, country, status, sum(cards)::bigint AS cards
    FROM (
        SELECT venue_slug, country, status, cards FROM tally WHERE campaign_id = :campaign_id
        UNION ALL
        SELECT venue_slug, country, status, cards FROM tally_delta WHERE campaign_id = :campaign_id
    ) AS every_part
    GROUP BY 1, 2, 3 HAVING sum(cards) <> 0 ORDER BY 1, 2, 3
    """
)


def read(session: Session, campaign_id: int) -> list[TallyRow]:
    """This will give every non-zero tally of a campaign."""
    rows = session.execute(_READ, {"campaign_id": campaign_id})
    return [TallyRow(row.venue_slug, row.country, row.status, row.cards) for row in rows]


def by_status(rows: list[TallyRow]) -> dict[str, int]:
    """This will add up the rows by status."""
    return _added(rows, "status")


def by_country(rows: list[TallyRow]) -> dict[str, int]:
    """This will add up the living cards (all but void ones) by country."""
    return _added([row for row in rows if row.status != "void"], "country")


def by_venue(rows: list[TallyRow]) -> dict[str, int]:
    """This will add up the living cards (all but void ones) by venue."""
    return _added([row for row in rows if row.status != "void"], "venue_slug")


def _added(rows: list[TallyRow], column: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[getattr(row, column)] += row.cards
    return dict(sums)
