"""The booklets of stock cards that kiosks hold: what was printed, and how many nobody has written yet."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class StockSeen:
    """One booklet: `left` of its `lent` cards are not bound, from `first` to `last`; None when none is."""

    booklet_id: uuid.UUID
    kiosk_id: uuid.UUID
    kiosk_name: str
    lent: int
    left: int
    first: int | None
    last: int | None
    printed_at: dt.datetime | None


_STOCK = text(
    """
    SELECT b.id AS booklet_id, b.kiosk_id, k.name AS kiosk_name, b.lent,
           count(s.number) AS "left", min(s.number) AS first, max(s.number) AS last, b.printed_at
    FROM booklet b JOIN kiosk k ON k.campaign_id = b.campaign_id AND k.id = b.kiosk_id
    LEFT JOIN stamp s ON s.campaign_id = b.campaign_id AND s.booklet_id = b.id AND s.status = 'lent'
    WHERE b.campaign_id = :campaign_id AND b.kind = 'stock'
    GROUP BY b.id, k.name ORDER BY b.lent_at DESC, b.id
    """
)


def stock_seen(session: Session, *, campaign_id: int) -> list[StockSeen]:
    """This will list the booklets, the newest first; one query."""
    return [StockSeen(**row._mapping) for row in session.execute(_STOCK, {"campaign_id": campaign_id})]
