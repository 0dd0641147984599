"""Writes the journal: who did what, in the transaction of the deed itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from postcards.models import JournalEntry


def write(
    session: Session,
    *,
    campaign_id: int | None,
    action: str,
    subject: str,
    number: int | None = None,
    detail: dict[str, Any] | None = None,
    by: str,
    at: dt.datetime,
) -> None:
    """This will add one entry. `subject` is such as "card:UUID"; `detail` holds codes and counts, never free text."""
    session.execute(
        insert(JournalEntry),
        {
            "campaign_id": campaign_id,
            "at": at,
            "by": by,
            "action": action,
            "subject": subject,
            "number": number,
            "detail": detail or {},
        },
    )
