"""Print runs as the desk sees them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import PrintRun


@dataclass(frozen=True, slots=True)
class PrintRunFound:
    """A run, its state, and its file once it is ready."""

    id: uuid.UUID
    run: int
    sheet: str
    draft: bool
    cards: int
    first_number: int
    last_number: int
    status: str
    requested_at: dt.datetime
    ready_at: dt.datetime | None
    failure: str | None
    file_name: str | None
    file_bytes: int | None


_COLUMNS = (
    PrintRun.id,
    PrintRun.run,
    PrintRun.sheet,
    PrintRun.draft,
    PrintRun.cards,
    PrintRun.first_number,
    PrintRun.last_number,
    PrintRun.status,
    PrintRun.requested_at,
    PrintRun.ready_at,
    PrintRun.failure,
    PrintRun.file_name,
    PrintRun.file_bytes,
)


def newest(session: Session, *, campaign_id: int, limit: int = 20) -> list[PrintRunFound]:
    """This will list the newest runs of a campaign, newest first."""
    rows = session.execute(
        select(*_COLUMNS).where(PrintRun.campaign_id == campaign_id).order_by(PrintRun.run.desc()).limit(limit)
    )
    return [PrintRunFound(*row) for row in rows]
