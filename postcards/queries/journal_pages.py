"""The journal as people read it: newest first, with the names of kiosks and the addresses of staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed. `by_name` is a kiosk's name or a staff member's e-mail, when `by` is one of those."""

    id: int
    at: dt.datetime
    by: str
    by_name: str | None
    action: str
    subject: str
    number: int | None
    detail: dict[str, Any]


_COLUMNS = """
    SELECT j.id, j.at, j.by, coalesce(k.name, s.email) AS by_name, j.action, j.subject, j.number, j.detail
    FROM journal j
    LEFT JOIN kiosk k ON k.campaign_id = j.campaign_id AND j.by = 'kiosk:' || k.id
    LEFT JOIN staff s ON j.by = 'staff:' || s.id
"""

_NEWEST = text(
    _COLUMNS
    + """
    WHERE j.campaign_id = :campaign_id AND (CAST(:before AS bigint) IS NULL OR j.id < :before)
    ORDER BY j.id DESC LIMIT :limit
    """
)

_ABOUT = text(
    _COLUMNS + "WHERE j.subject = :subject AND j.campaign_id = :campaign_id ORDER BY j.at, j.id LIMIT :limit"
)


#: The largest id that the column holds.
_LARGEST = 2**63 - 1


def newest(session: Session, *, campaign_id: int, limit: int, before: int | None = None) -> list[Entry]:
    """This will list up to `limit` entries with an id below `before`, newest first; one query."""
    if before is not None and abs(before) > _LARGEST:
        before = None  # what nobody of ours wrote is the beginning
    rows = session.execute(_NEWEST, {"campaign_id": campaign_id, "limit": limit, "before": before})
    return [Entry(**row._mapping) for row in rows]


def about(session: Session, *, campaign_id: int, subject: str, limit: int = 200) -> list[Entry]:
    """This will list what happened to one subject, such as "card:UUID", oldest first; one query."""
    rows = session.execute(_ABOUT, {"campaign_id": campaign_id, "subject": subject, "limit": limit})
    return [Entry(**row._mapping) for row in rows]
