"""Print runs as the desk lists them, newest first."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; the file is there when it is ready."""

    id: uuid.UUID
    run: int
    cards: int
    first_number: int
    last_number: int
    sheet: str
    draft: bool
    status: str
    requested_by: str
    by_name: str | None
    requested_at: dt.datetime
    ready_at: dt.datetime | None
    failure: str | None
    file_name: str | None
    file_bytes: int | None

    @property
    def by(self) -> str:
        """Who asked, as the journal names them."""
        return self.requested_by


_NEWEST = text(
    """
    SELECT r.id, r.run, r.cards, r.first_number, r.last_number, r.sheet, r.draft, r.status, r.requested_by,
           s.email AS by_name, r.requested_at, r.ready_at, r.failure, r.file_name, r.file_bytes
    FROM print_run r LEFT JOIN staff s ON r.requested_by = 'staff:' || s.id
    WHERE r.campaign_id = :campaign_id AND (CAST(:before AS integer) IS NULL OR r.run < :before)
    ORDER BY r.run DESC LIMIT :limit
    """
)


def newest(session: Session, *, campaign_id: int, limit: int = 20, before: int | None = None) -> list[RunRow]:
    """This will list up to `limit` runs with a number below `before`, newest first; one query."""
    rows = session.execute(_NEWEST, {"campaign_id": campaign_id, "limit": limit, "before": before})
    return [RunRow(**row._mapping) for row in rows]
