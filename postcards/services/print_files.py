"""Takes files of print runs away: when their time is over, when a person in them is erased, when a run is cancelled.

First the file goes, then the word for it: what was broken off is found again, and a file that is gone stays gone.
Of a cancelled run each part's file goes, also one that a worker kept and could not write down any more; so it does of a
failed run that nobody looks after, when its time is over.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Protocol

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from postcards.rules.retention import PRINT_FILE
from postcards.services import journal
from postcards.services.dispatch import Begin, Clock

#: Parts of which files are taken away in one transaction: with a few files each, seconds even in a slow store.
PARTS_AT_ONCE = 10


class Files(Protocol):
    """Takes files away."""

    def delete(self, key: str) -> None: ...


#: Parts with a file that has to go: of a run whose time is over, of one that was cancelled, or with somebody in it who
#: has no recipient any more. A part that waits or failed may have one that no row tells of: its worker kept it, and
#: died before it said so. `redraw`: the run is not ready yet, so the part is drawn again, with a blank place.
_OVER = text(
    """
    SELECT r.id, r.run, p.part, p.file_key, p.turns, r.status IN ('queued', 'drawing', 'paused', 'failed')
           AND coalesce(r.ready_at, r.requested_at) >= :before AS redraw
    FROM print_part p JOIN print_run r ON r.id = p.print_run_id
    WHERE r.campaign_id = :campaign_id
      AND (CAST(:card_id AS uuid) IS NULL OR EXISTS (
          SELECT FROM print_run_card c WHERE c.print_run_id = r.id AND c.card_id = :card_id))
      AND ((r.status = 'cancelled' AND p.status <> 'gone')
           OR ((p.file_key IS NOT NULL OR (p.turns > 0 AND p.status IN ('waiting', 'failed')))
               AND r.status IN ('ready', 'failed', 'paused') AND coalesce(r.ready_at, r.requested_at) < :before)
           OR ((p.file_key IS NOT NULL OR (p.turns > 0 AND p.status IN ('waiting', 'failed'))) AND EXISTS (
               SELECT FROM print_run_card c JOIN person ON person.card_id = c.card_id
               WHERE c.print_run_id = r.id AND c.position BETWEEN p.first_position AND p.last_position
                 AND (p.file_key IS NULL OR c.outcome IN ('drawn', 'stale')) AND person.recipient IS NULL)))
    ORDER BY r.run, p.part
    """
)

_REDRAW = text(
    """
    UPDATE print_part SET status = 'waiting', drawn = 0, file_key = NULL, key_id = NULL
    WHERE print_run_id = :run_id AND part = :part
    """
)

_GONE = text(
    """
    UPDATE print_part SET status = 'gone', file_key = NULL, key_id = NULL
    WHERE print_run_id = :run_id AND part = :part
    """
)

_FORGOTTEN = text(
    """
    UPDATE print_run SET forgotten_at = :at, reason = NULL
    WHERE id = :run_id AND forgotten_at IS NULL AND status IN ('ready', 'failed', 'cancelled')
      AND NOT EXISTS (SELECT FROM print_part WHERE print_run_id = :run_id AND file_key IS NOT NULL)
    """
)


#: A run that somebody ends at this moment is left for the next time: who waits here may hold a card that they need.
_LOCK = text(
    """
    SELECT id FROM print_run WHERE campaign_id = :campaign_id AND id = ANY(:ids)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    """
)


#: What was said of faulty cards goes with the file, and with the person.
_FAULTS = text(
    """
    DELETE FROM print_fault f USING print_run r, print_run_card c LEFT JOIN person ON person.card_id = c.card_id
    WHERE r.id = f.print_run_id AND r.campaign_id = :campaign_id
      AND c.print_run_id = f.print_run_id AND c.position = f.position
      AND (r.status = 'cancelled' OR coalesce(r.ready_at, r.requested_at) < :before OR person.recipient IS NULL)
    """
)


def file_key(campaign_id: int, run_id: uuid.UUID, part: int, turn: int) -> str:
    """This will name the file of a part as its `turn`-th taker keeps it: one that was believed lost, and wakes up, lays
    its own beside the file that counts, and never over it. Turn 0 is of before turns were counted."""
    return f"print-runs/{campaign_id}/{run_id}/{part}{f'-{turn}' if turn else ''}.pdf"


def sweep(
    files: Files, *, campaign_id: int, run_id: uuid.UUID, part: int, turns: int, but: str | None = None
) -> None:
    """This will take away whatever any taker of the part kept, up to that turn, `but` the file that counts."""
    for turn in range(turns + 1):
        key = file_key(campaign_id, run_id, part, turn)
        if key != but:
            files.delete(key)


def over(session: Session, *, campaign_id: int, at: dt.datetime) -> list[int]:
    """This will list the numbers of the runs of which `forget` would take files away."""
    return sorted({row.run for row in _over(session, campaign_id, at) if row.file_key and not row.redraw})


def forget(
    session: Session,
    *,
    campaign_id: int,
    files: Files,
    card_id: uuid.UUID | None = None,
    by: str,
    at: dt.datetime,
) -> list[int]:
    """This will take away the files whose time is over, with what was said of faulty cards; with `card_id` only of
    runs that hold that card. It will list the runs that lack a file now, not those that will be drawn anew."""
    return _forget(session, campaign_id, files, card_id=card_id, by=by, at=at)[0]


def forget_all(begin: Begin, *, campaign_id: int, files: Files, by: str, clock: Clock) -> list[int]:
    """This will do so a few parts in a transaction: a store may be slow, and a long transaction is cut off."""
    runs: set[int] = set()
    while True:
        with begin() as session:
            some, is_more = _forget(session, campaign_id, files, at_most=PARTS_AT_ONCE, by=by, at=clock())
        runs.update(some)
        if not is_more:
            return sorted(runs)


def _forget(
    session: Session,
    campaign_id: int,
    files: Files,
    *,
    card_id: uuid.UUID | None = None,
    at_most: int | None = None,
    by: str,
    at: dt.datetime,
) -> tuple[list[int], bool]:
    """The runs that lack a file now; True when only the first `at_most` parts were gone through."""
    ids = sorted({row.id for row in _over(session, campaign_id, at, card_id)})
    ours = set(session.scalars(_LOCK, {"campaign_id": campaign_id, "ids": ids}))
    rows = [row for row in _over(session, campaign_id, at, card_id) if row.id in ours] if ours else []
    going = [row for row in rows if row.file_key or not row.redraw]
    is_more = at_most is not None and len(going) > at_most
    if is_more:  # parts that keep no file of ours change nothing, so they come last
        rows = going[:at_most]
    for row in rows:
        if row.file_key:
            files.delete(row.file_key)
        sweep(files, campaign_id=campaign_id, run_id=row.id, part=row.part, turns=row.turns, but=row.file_key)
        if row.file_key or not row.redraw:
            session.execute(_REDRAW if row.redraw else _GONE, {"run_id": row.id, "part": row.part})
    runs = {row.run: row.id for row in rows if row.file_key}
    for run, run_id in runs.items():
        session.execute(_FORGOTTEN, {"run_id": run_id, "at": at})
        journal.write(
            session,
            campaign_id=campaign_id,
            action="print_run.forgotten",
            subject=f"print_run:{run_id}",
            detail={"run": run, "files": sum(row.run == run and bool(row.file_key) for row in rows)},
            by=by,
            at=at,
        )
    session.execute(_FAULTS, {"campaign_id": campaign_id, "before": at - PRINT_FILE})
    return sorted({row.run for row in rows if row.file_key and not row.redraw}), is_more


def clear_cancelled(begin: Begin, *, files: Files, by: str, at: dt.datetime) -> int:
    """This will take away the files of runs that were cancelled, in every campaign; gives how many campaigns."""
    with begin() as session:
        campaigns = session.scalars(
            text(
                """
                SELECT DISTINCT r.campaign_id FROM print_run r JOIN print_part p ON p.print_run_id = r.id
                WHERE r.status = 'cancelled' AND p.status <> 'gone' ORDER BY 1
                """
            )
        ).all()
    for campaign_id in campaigns:
        forget_all(begin, campaign_id=campaign_id, files=files, by=by, clock=lambda: at)
    return len(campaigns)


def _over(
    session: Session, campaign_id: int, at: dt.datetime, card_id: uuid.UUID | None = None
) -> list[Row[Any]]:
    values = {"campaign_id": campaign_id, "before": at - PRINT_FILE, "card_id": card_id}
    return list(session.execute(_OVER, values))
