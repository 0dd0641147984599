"""Takes print runs' files away: a month after they were made, or with the first recipient in them who has to go."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.rules.retention import PRINT_FILE
from postcards.services import journal


class Files(Protocol):
    """Where files are kept."""

    def delete(self, key: str) -> None: ...


#: What is still being drawn is looked at again once it is done.
_OVER = """
    SELECT r.id, r.run FROM print_run r
    WHERE r.campaign_id = :campaign_id AND r.forgotten_at IS NULL AND r.status IN ('ready', 'failed', 'cancelled')
      AND EXISTS (SELECT FROM print_part t WHERE t.print_run_id = r.id AND t.file_key IS NOT NULL)
      AND (coalesce(r.ready_at, r.requested_at) <= :before OR EXISTS (
            SELECT FROM print_run_card c JOIN person p ON p.card_id = c.card_id
            WHERE c.print_run_id = r.id AND p.recipient IS NULL))
    ORDER BY r.run
"""

_LISTED = text(_OVER)
_LOCKED = text(_OVER + "FOR UPDATE OF r")

_KEYS = text("SELECT file_key FROM print_part WHERE print_run_id = :run AND file_key IS NOT NULL")

_GONE = text(
    """
    WITH parts AS (
        UPDATE print_part SET status = 'gone', file_key = NULL, key_id = NULL
        WHERE print_run_id = :run AND file_key IS NOT NULL
    )
    UPDATE print_run SET forgotten_at = :at, reason = NULL WHERE id = :run
    """
)

_FAULTS = text(
    """
    DELETE FROM print_fault f USING print_run_card c LEFT JOIN person p ON p.card_id = c.card_id
    WHERE f.campaign_id = :campaign_id AND c.print_run_id = f.print_run_id AND c.position = f.position
      AND (f.found_at <= :before OR p.recipient IS NULL)
    """
)


def over(session: Session, *, campaign_id: int, at: dt.datetime) -> list[int]:
    """This will list the numbers of the runs whose files have to go now."""
    rows = session.execute(_LISTED, {"campaign_id": campaign_id, "before": at - PRINT_FILE})
    return [row.run for row in rows]


def forget(session: Session, *, campaign_id: int, files: Files, by: str, at: dt.datetime) -> list[int]:
    """This will take those files away, with the faults found in them, and give the runs' numbers.

    The files go before the commit: if that fails, the rows still name them, and the next night does it again.
    """
    values = {"campaign_id": campaign_id, "before": at - PRINT_FILE}
    runs = session.execute(_LOCKED, values).all()
    for run in runs:
        for key in session.scalars(_KEYS, {"run": run.id}).all():
            files.delete(key)
        session.execute(_GONE, {"run": run.id, "at": at})
        journal.write(
            session,
            campaign_id=campaign_id,
            action="print_run.forgotten",
            subject=f"print_run:{run.id}",
            detail={"run": run.run},
            by=by,
            at=at,
        )
    session.execute(_FAULTS, values)
    return [run.run for run in runs]
