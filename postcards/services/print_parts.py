"""The parts of a print run and who draws them: a worker takes one with a lease and writes only while it is its own.

Locks are taken in one order: the run's row, then parts, then cards.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from postcards.models import PrintFault, PrintPart, PrintRun
from postcards.rules.edition import Edition
from postcards.rules.print_place import Part
from postcards.rules.sheet import Duplex, Order

#: How long a worker may be silent before another takes its part: the slowest step, a preflight, takes seconds.
LEASE = dt.timedelta(seconds=60)

#: A part that lost its worker this often will lose the next one too.
MOST_ATTEMPTS = 5


class ClaimLost(Exception):
    """The part is another's now, or the run was paused or cancelled; what we drew is dropped."""


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a printer must be corrected, in mm to the right and upward, for each side of the sheet."""

    front_x: float
    front_y: float
    back_x: float
    back_y: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A part that `worker` alone draws until the lease runs out, as the `turn`-th who ever took it, and all that this
    takes."""

    run_id: uuid.UUID
    run: int
    part: Part
    campaign_id: int
    slug: str
    cap: int
    sheet: str
    duplex: Duplex
    order: Order
    offset: Offset
    draft: bool
    key_id: str
    public_url: str | None
    edition: Edition
    requested_by: str
    worker: str
    turn: int


@dataclass(frozen=True, slots=True)
class FoundFault:
    """Why one card of a part cannot be printed: its number (None: the file as a whole), a code for the check, and words
    for the print desk."""

    number: int | None
    check: str
    why: str


_TAKE = text(
    """
    WITH next AS (
        SELECT part FROM print_part
        WHERE print_run_id = :run_id AND (status = 'waiting' OR (status = 'drawing' AND claimed_until < :at))
        ORDER BY part LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE print_part SET status = 'drawing', claimed_by = :worker, claimed_until = :until, drawn = 0,
        attempts = attempts + 1, turns = turns + 1
    FROM next WHERE print_part.print_run_id = :run_id AND print_part.part = next.part
    RETURNING print_part.part, first_position, last_position, sheets, turns
    """
)

_BEGIN = text(
    """
    UPDATE print_run SET status = 'drawing', began_at = :at,
        began_with = (SELECT coalesce(sum(drawn), 0) FROM print_part WHERE print_run_id = :run_id)
    WHERE id = :run_id AND status = 'queued'
    """
)

_ABOUT = text(
    """
    SELECT r.run, r.campaign_id, r.sheet, r.duplex, r.card_order, r.front_x, r.front_y, r.back_x, r.back_y, r.draft,
           r.requested_by, c.slug, c.cap, c.data_key, c.public_url, c.edition
    FROM print_run r JOIN campaign c ON c.id = r.campaign_id WHERE r.id = :run_id
    """
)


def lock_run(session: Session, run_id: uuid.UUID) -> PrintRun | None:
    """This will give the run and let nobody else change it, or take or end a part, before the transaction ends."""
    return session.scalars(
        select(PrintRun)
        .where(PrintRun.id == run_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def claim(session: Session, *, run_id: uuid.UUID, worker: str, at: dt.datetime) -> Claim | None:
    """This will take the first part of the run that nobody draws; None when there is none, or the run is held up."""
    run = lock_run(session, run_id)
    if run is None or run.status not in ("queued", "drawing"):
        return None
    session.execute(_BEGIN, {"run_id": run_id, "at": at})
    taken = session.execute(
        _TAKE, {"run_id": run_id, "worker": worker, "at": at, "until": at + LEASE}
    ).one_or_none()
    if taken is None:
        return None
    about = session.execute(_ABOUT, {"run_id": run_id}).one()
    return Claim(
        run_id=run_id,
        run=about.run,
        part=Part(taken.part, taken.first_position, taken.last_position, taken.sheets),
        campaign_id=about.campaign_id,
        slug=about.slug,
        cap=about.cap,
        sheet=about.sheet,
        duplex=about.duplex,
        order=about.card_order,
        offset=Offset(about.front_x, about.front_y, about.back_x, about.back_y),
        draft=about.draft,
        key_id=about.data_key,
        public_url=about.public_url,
        edition=Edition.from_dict(about.edition),
        requested_by=about.requested_by,
        worker=worker,
        turn=taken.turns,
    )


def renew(session: Session, claimed: Claim, *, drawn: int, at: dt.datetime) -> None:
    """This will say how many cards are drawn, and make the lease last from `at`. Raises `ClaimLost`."""
    mine(session, claimed, {"drawn": drawn, "claimed_until": at + LEASE})


def give_back(session: Session, claimed: Claim) -> None:
    """This will let others draw the part, for it could not be kept just now. Raises `ClaimLost`."""
    let_go = {"status": "waiting", "claimed_by": None, "claimed_until": None, "drawn": 0, "attempts": 0}
    mine(session, claimed, let_go)


def keep_faults(
    session: Session,
    claimed: Claim,
    faults: Sequence[tuple[int, FoundFault, bytes]],
    *,
    at: dt.datetime,
) -> None:
    """This will write down what is wrong with which card: its position, the fault, the sealed words."""
    session.execute(
        text(
            """
            DELETE FROM print_fault WHERE print_run_id = :run_id AND position BETWEEN :first AND :last
            """
        ),
        {
            "run_id": claimed.run_id,
            "first": claimed.part.first_position,
            "last": claimed.part.last_position,
        },
    )
    session.execute(
        insert(PrintFault),
        [
            {
                "print_run_id": claimed.run_id,
                "position": position,
                "place": place,
                "campaign_id": claimed.campaign_id,
                "fault": fault.check,
                "key_id": claimed.key_id,
                "why": why,
                "found_at": at,
            }
            for place, (position, fault, why) in enumerate(faults)
        ],
    )


def end(session: Session, claimed: Claim, *, status: str, **values: Any) -> None:
    """This will end the claim: the part is drawn, empty, or failed. Raises `ClaimLost`."""
    mine(session, claimed, {"status": status, "claimed_by": None, "claimed_until": None, **values})


def mine(session: Session, claimed: Claim, values: dict[str, Any]) -> None:
    """This will change the part while it is ours. Raises `ClaimLost`."""
    changed = session.execute(
        update(PrintPart)
        .where(
            PrintPart.print_run_id == claimed.run_id,
            PrintPart.part == claimed.part.part,
            PrintPart.claimed_by == claimed.worker,
        )
        .values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise ClaimLost


def worn_out(session: Session, run_id: uuid.UUID, *, at: dt.datetime) -> int | None:
    """This will give a part that lost its worker too often, if there is one."""
    found: int | None = session.scalar(
        text(
            """
            SELECT part FROM print_part WHERE print_run_id = :run_id AND status = 'drawing'
              AND claimed_until < :at AND attempts >= :most ORDER BY part LIMIT 1
            """
        ),
        {"run_id": run_id, "at": at, "most": MOST_ATTEMPTS},
    )
    return found
