"""Work that waits for a worker: how much of each kind, and since when; for readiness and metrics."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from postcards.models import Heartbeat


@dataclass(frozen=True, slots=True)
class WaitingJobs:
    """Jobs of one kind that are due and not done; `oldest_at` is None when there are none."""

    kind: str
    jobs: int
    oldest_at: dt.datetime | None

    def oldest_seconds(self, at: dt.datetime) -> float:
        """This will tell how long the oldest has waited, 0 for none."""
        return max(0.0, (at - self.oldest_at).total_seconds()) if self.oldest_at else 0.0


#: Each part reads a partial index of rows that wait, so it costs what waits and not what is done.
_WAITING = text(
    """
    SELECT 'mail' AS kind, count(*) AS jobs, min(not_before) AS oldest_at
    FROM mail WHERE status IN ('waiting', 'sending') AND not_before <= :at
    UNION ALL
    SELECT 'manifest_files', count(*), min(sealed_at) FROM manifest WHERE files_at IS NULL
    UNION ALL
    SELECT 'print_run', count(*), min(requested_at) FROM print_run WHERE status IN ('queued', 'drawing')
    """
)


def waiting_jobs(session: Session, *, at: dt.datetime) -> list[WaitingJobs]:
    """This will count what waits at `at`, by kind."""
    return [WaitingJobs(row.kind, row.jobs, row.oldest_at) for row in session.execute(_WAITING, {"at": at})]


def last_tick(session: Session, *, name: str = "beat") -> dt.datetime | None:
    """This will give the last sign of life of beat or of a worker, None when there never was one."""
    return session.execute(select(Heartbeat.at).where(Heartbeat.name == name)).scalar_one_or_none()
