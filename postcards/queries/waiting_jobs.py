"""Work that waits for a worker: how much of each kind, and since when; and the claims of those who are at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from postcards.models import Heartbeat


@dataclass(frozen=True, slots=True)
class WaitingJobs:
    """Jobs of one kind that are due and that nobody is at; `oldest_at` is None when there are none."""

    kind: str
    jobs: int
    oldest_at: dt.datetime | None

    def oldest_seconds(self, at: dt.datetime) -> float:
        """This will tell how long the oldest has waited, 0 for none."""
        return max(0.0, (at - self.oldest_at).total_seconds()) if self.oldest_at else 0.0


@dataclass(frozen=True, slots=True)
class Claims:
    """Rows of one kind that a worker has claimed: of those alive, and of those whose time ran out."""

    kind: str
    held: int
    expired: int


#: Each part reads a partial index of rows that wait, so it costs what waits and not what is done. A row that a worker
#: holds does not wait. A part of a print run waits from when the run was asked for, or since a part of it was drawn
#: last: a long run that goes on is no backlog. A campaign of None means all of them.
_WAITING = text(
    """
    SELECT 'mail' AS kind, count(*) AS jobs, min(not_before) AS oldest_at FROM mail
    WHERE status IN ('waiting', 'sending') AND not_before <= :at AND (claimed_until IS NULL OR claimed_until < :at)
      AND (CAST(:campaign_id AS int) IS NULL OR campaign_id = :campaign_id)
    UNION ALL
    SELECT 'manifest_files', count(*), min(sealed_at) FROM manifest
    WHERE files_at IS NULL AND content IS NOT NULL AND (claimed_until IS NULL OR claimed_until < :at)
      AND (CAST(:campaign_id AS int) IS NULL OR campaign_id = :campaign_id)
    UNION ALL
    SELECT 'print_run', count(*), min(greatest(r.requested_at, r.began_at,
        (SELECT max(d.drawn_at) FROM print_part d WHERE d.print_run_id = r.id)))
    FROM print_run r
    WHERE r.status IN ('queued', 'drawing')
      AND NOT EXISTS (SELECT FROM print_part h WHERE h.print_run_id = r.id AND h.status IN ('waiting', 'drawing')
                      AND h.claimed_until >= :at)
      AND (CAST(:campaign_id AS int) IS NULL OR r.campaign_id = :campaign_id)
    """
)

_CLAIMS = text(
    """
    SELECT kind, count(*) FILTER (WHERE claimed_until >= :at) AS held,
           count(*) FILTER (WHERE claimed_until < :at) AS expired
    FROM (
        SELECT 'mail' AS kind, claimed_until FROM mail WHERE status IN ('waiting', 'sending')
        UNION ALL SELECT 'manifest_files', claimed_until FROM manifest
            WHERE files_at IS NULL AND content IS NOT NULL
        UNION ALL SELECT 'print_run', claimed_until FROM print_part WHERE status IN ('waiting', 'drawing')
    ) AS every_kind
    GROUP BY kind ORDER BY kind
    """
)


def waiting_jobs(session: Session, *, at: dt.datetime, campaign_id: int | None = None) -> list[WaitingJobs]:
    """This will count what waits at `at`, by kind; of one campaign, or of all."""
    rows = session.execute(_WAITING, {"at": at, "campaign_id": campaign_id})
    return [WaitingJobs(row.kind, row.jobs, row.oldest_at) for row in rows]


def claims(session: Session, *, at: dt.datetime) -> list[Claims]:
    """This will count the claims on unfinished work; a kind with nothing unfinished is left out."""
    return [Claims(row.kind, row.held, row.expired) for row in session.execute(_CLAIMS, {"at": at})]


def last_tick(session: Session, *, name: str = "beat") -> dt.datetime | None:
    """This will give the last sign of life of beat or of a worker, None when there never was one."""
    return session.execute(select(Heartbeat.at).where(Heartbeat.name == name)).scalar_one_or_none()
