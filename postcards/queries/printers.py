"""The printers of a campaign's print desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PrinterRow:
    """A printer at the print desk, with its offsets in mm."""

    id: int
    name: str
    duplex: str
    front_x: float
    front_y: float
    back_x: float
    back_y: float
    note: str
    measured_at: dt.datetime


def printers(session: Session, *, campaign_id: int) -> list[PrinterRow]:
    """This will list the campaign's printers by name; one query."""
    rows = session.execute(
        text(
            """
            SELECT id, name, duplex, front_x, front_y, back_x, back_y, note, measured_at FROM printer
            WHERE campaign_id = :id ORDER BY name
            """
        ),
        {"id": campaign_id},
    )
    return [PrinterRow(**row._mapping) for row in rows]
