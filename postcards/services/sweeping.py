"""Asks again for every job whose row waited too long: what a lost message or a dead worker left behind."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards import jobs
from postcards.models import Heartbeat
from postcards.services import manifest_files

#: A row that waits longer than this is asked for again (its message was lost, or nobody was there).
WAITED = dt.timedelta(seconds=5)


def sweep(session: Session, *, at: dt.datetime) -> None:
    """This will note that the scheduler is alive, and enqueue what waits: files, print runs, mail."""
    session.execute(
        insert(Heartbeat)
        .values(name="beat", at=at)
        .on_conflict_do_update(index_elements=["name"], set_={"at": at})
    )
    for campaign_id in manifest_files.campaigns_waiting(session, at=at):
        jobs.enqueue(session, jobs.MAKE_MANIFEST_FILES, campaign_id=campaign_id)
    waiting = text(
        """
        SELECT r.id FROM print_part p JOIN print_run r ON r.id = p.print_run_id
        WHERE r.status IN ('queued', 'drawing') AND r.requested_at < :before
          AND (p.status = 'waiting' OR (p.status = 'drawing' AND p.claimed_until < :at))
        ORDER BY r.requested_at, p.part LIMIT 20
        """
    )
    for run_id in session.scalars(waiting, {"before": at - WAITED, "at": at}):
        jobs.enqueue(session, jobs.DRAW_PRINT_RUN, run_id=str(run_id))
    mail_waits = text(
        """
        SELECT EXISTS (SELECT FROM mail WHERE not_before <= :at
            AND (status = 'waiting' OR (status = 'sending' AND claimed_until < :at)))
        """
    )
    if session.scalar(mail_waits, {"at": at}):
        jobs.enqueue(session, jobs.SEND_MAIL)
