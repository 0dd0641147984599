"""The print log: who printed which number when; and what was spoiled."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One line of the print log. `replaced` when the card has another code since, and this paper leads nowhere."""

    number: int
    code: str
    printed_at: dt.datetime
    recorded_at: dt.datetime
    by: str
    by_name: str | None
    run: int | None
    reason: str | None
    spoiled: bool
    replaced: bool


_LOG = text(
    """
    SELECT l.number, l.code, l.printed_at, l.recorded_at, l.by, coalesce(k.name, s.email) AS by_name, r.run, l.reason,
           sp.code IS NOT NULL AS spoiled, coalesce(c.ended = 'replaced', false) AS replaced
    FROM print_log l
    LEFT JOIN kiosk k ON k.campaign_id = l.campaign_id AND l.by = 'kiosk:' || k.id
    LEFT JOIN staff s ON l.by = 'staff:' || s.id
    LEFT JOIN print_run r ON r.id = l.print_run_id
    LEFT JOIN spoiled_print sp ON sp.code = l.code
    LEFT JOIN tracking_code c ON c.campaign_id = l.campaign_id AND c.code = l.code
    WHERE l.campaign_id = :campaign_id
      AND (CAST(:number AS numeric) IS NULL OR l.number = :number)
      AND (CAST(:before AS timestamptz) IS NULL OR (l.recorded_at, l.number) < (:before, :before_number))
    ORDER BY l.recorded_at DESC, l.number DESC LIMIT :limit
    """
)


def print_log(
    session: Session,
    *,
    campaign_id: int,
    number: int | None = None,
    before: tuple[dt.datetime, int] | None = None,
    limit: int = 50,
) -> list[PrintedRow]:
    """This will list who printed which number when, newest first; of one number when it is given; one query."""
    rows = session.execute(
        _LOG,
        {
            "campaign_id": campaign_id,
            "number": number,
            "before": before[0] if before else None,
            "before_number": before[1] if before else 0,
            "limit": limit,
        },
    )
    return [PrintedRow(**row._mapping) for row in rows]
