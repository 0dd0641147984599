"""Keeps the tallies: each fact adds a delta in its own transaction, and one worker folds them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from postcards.models import TallyDelta


@dataclass(frozen=True, slots=True)
class Move:
    """`cards` cards of one venue and country go from one status (None: they are new) to another (None: gone)."""

    venue_slug: str | None
    country: str
    before: str | None
    after: str | None
    cards: int = 1


def move(session: Session, *, campaign_id: int, moves: Iterable[Move]) -> None:
    """This will write the deltas of `moves`; a page that reads after the commit sees them at once."""
    rows = [
        {
            "campaign_id": campaign_id,
            "venue_slug": step.venue_slug or "",
            "country": step.country,
            "status": status,
            "cards": sign * step.cards,
        }
        for step in moves
        for status, sign in ((step.before, -1), (step.after, 1))
        if status is not None
    ]
    if rows:
        session.execute(insert(TallyDelta), rows)


#: Deleting and adding happen in one statement, so a delta is counted exactly once whatever commits meanwhile:
#: one that commits later is not seen here, stays, and is folded the next time.
_FOLD = text(
    """
    WITH gone AS (
        DELETE FROM tally_delta WHERE id IN (SELECT id FROM tally_delta ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
        RETURNING campaign_id, venue_slug, country, status, cards
    ), sums AS (
        SELECT campaign_id, venue_slug, country, status, sum(cards) AS cards, count(*) AS deltas
        FROM gone GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ), folded AS (
        INSERT INTO tally AS t (campaign_id, venue_slug, country, status, cards)
        SELECT campaign_id, venue_slug, country, status, cards FROM sums
        ON CONFLICT (campaign_id, venue_slug, country, status) DO UPDATE SET cards = t.cards + excluded.cards
    )
    SELECT coalesce(sum(deltas), 0) FROM sums
    """
)


def fold(session: Session, *, limit: int = 20_000) -> int:
    """This will fold up to `limit` deltas into the tallies, and tell how many there were."""
    return int(session.execute(_FOLD, {"limit": limit}).scalar_one())
