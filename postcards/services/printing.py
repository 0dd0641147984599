"""Draws print runs: claim the run, draw its cards, keep the file sealed, and record what came out.

A run is a row that says what it waits for. Whoever draws it holds a lease; a worker that dies is followed by
another, and the same run drawn twice is the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from postcards.errors import Refusal, Unavailable
from postcards.models import PrintRun
from postcards.rules.edition import Edition
from postcards.rules.face import Face
from postcards.services import cards
from postcards.services.dispatch import Begin, Clock
from postcards.services.faces import faces_of, look_of
from postcards.services.print_requests import write_journal
from postcards.vault import Vault

#: How long a worker may be silent before another takes its run.
LEASE = dt.timedelta(seconds=60)
#: Cards opened at once while drawing.
CHUNK = 200

#: Draws faces onto sheets into a file, and gives the number of sheets.
DrawRun = Callable[..., int]


class ClaimLost(Exception):
    """Another worker has the run now; what we drew is dropped."""


class Keeps(Protocol):
    """Where files are kept, sealed."""

    def put(self, key: str, source: bytes | Iterator[bytes], *, key_id: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker draws, and all it needs for that."""

    run_id: uuid.UUID
    run: int
    campaign_id: int
    slug: str
    cap: int
    sheet: str
    draft: bool
    key_id: str
    public_url: str | None
    edition: Edition
    worker: str


def claim(session: Session, *, run_id: uuid.UUID, worker: str, at: dt.datetime) -> Claim | None:
    """This will take the run for this worker, unless it is done or another's lease lasts."""
    taken = session.execute(
        text(
            """
            UPDATE print_run SET status = 'drawing', claimed_by = :worker, claimed_until = :until,
                attempts = attempts + 1
            FROM campaign
            WHERE print_run.id = :run_id AND campaign.id = print_run.campaign_id
              AND (print_run.status = 'queued' OR (print_run.status = 'drawing' AND claimed_until < :at))
            RETURNING print_run.campaign_id, run, sheet, draft, attempts, campaign.slug, campaign.cap,
                campaign.data_key, campaign.public_url, campaign.edition
            """
        ),
        {"run_id": run_id, "worker": worker, "at": at, "until": at + LEASE},
    ).one_or_none()
    if taken is None:
        return None
    return Claim(
        run_id=run_id,
        run=taken.run,
        campaign_id=taken.campaign_id,
        slug=taken.slug,
        cap=taken.cap,
        sheet=taken.sheet,
        draft=taken.draft,
        key_id=taken.data_key,
        public_url=taken.public_url,
        edition=Edition.from_dict(taken.edition),
        worker=worker,
    )


def draw(
    begin: Begin,
    *,
    run_id: uuid.UUID,
    draw_run: DrawRun,
    files: Keeps,
    vault: Vault,
    public_url: str,
    test: bool,
    worker: str,
    clock: Clock,
) -> bool:
    """This will draw one run and keep its file sealed; False when it is done already or another draws it.

    `public_url` is ours; the campaign's own, frozen at its first real print, goes before it. With `test` no card
    can be mistaken for a real one. Raises `Unavailable` when storage or database is away; the run then waits again.
    """
    mine = f"{worker}/{uuid.uuid4().hex[:8]}"
    with begin() as session:
        claimed = claim(session, run_id=run_id, worker=mine, at=clock())
    if claimed is None:
        return False
    look = look_of(claimed.edition, slug=claimed.slug, cap=claimed.cap, test=test)
    url = claimed.public_url or public_url
    try:
        out = io.BytesIO()
        draw_run(look, _faces(begin, claimed, vault, url, clock), sheet=claimed.sheet, out=out)
        key = f"print-runs/{claimed.campaign_id}/{run_id}.pdf"
        stored = files.put(key, _pieces(out), key_id=claimed.key_id)
        with begin() as session:
            _finish(session, claimed, key, stored, None if test else url, at=clock())
    except ClaimLost:
        return False
    except Unavailable:
        with suppress(Refusal, ClaimLost), begin() as session:
            _mine(session, claimed, {"status": "queued", "claimed_by": None, "claimed_until": None})
        raise
    except Refusal as refusal:
        with begin() as session:
            _fail(session, claimed, refusal.message, at=clock())
        raise
    return True


def draw_waiting(begin: Begin, *, clock: Clock, **how: Any) -> int:
    """This will draw every run that waits, or whose worker was lost; gives how many."""
    with begin() as session:
        waiting = session.scalars(
            text(
                """
                SELECT id FROM print_run
                WHERE status = 'queued' OR (status = 'drawing' AND claimed_until < :at) ORDER BY requested_at
                """
            ),
            {"at": clock()},
        ).all()
    return sum(draw(begin, run_id=run_id, clock=clock, **how) for run_id in waiting)


def _faces(begin: Begin, claimed: Claim, vault: Vault, url: str, clock: Clock) -> Iterator[Face]:
    """Opens the cards a few at a time, and renews the lease with each handful. Those corrected or voided
    since the run was asked for are left out: their paper would be wrong."""
    position = 0
    while True:
        with begin() as session:
            if position:
                _mine(session, claimed, {"claimed_until": clock() + LEASE})
            rows = session.execute(
                text(
                    """
                    SELECT prc.card_id, prc.position FROM print_run_card AS prc
                    JOIN card ON card.id = prc.card_id AND card.code = prc.code AND card.status <> 'void'
                    WHERE prc.print_run_id = :run_id AND prc.position > :position
                      AND (card.print_run_id = :run_id OR card.status = 'printed' OR CAST(:draft AS boolean))
                    ORDER BY prc.position LIMIT :chunk
                    """
                ),
                {
                    "run_id": claimed.run_id,
                    "position": position,
                    "chunk": CHUNK,
                    "draft": claimed.draft,
                },
            ).all()
            faces = faces_of(
                session,
                card_ids=[row.card_id for row in rows],
                edition=claimed.edition,
                vault=vault,
                public_url=url,
            )
        if not rows:
            return
        position = rows[-1].position
        yield from (faces[row.card_id] for row in rows)


#: What has become of each card while it was drawn decides: only those still claimed, with the code that was drawn,
#: are printed now; of printed ones that were drawn again only the log says so.
_PRINTED = text(
    """
    WITH done AS (
        UPDATE card SET status = 'printed', printed_at = :at, print_run_id = NULL
        FROM print_run_card AS prc
        WHERE prc.print_run_id = :run_id AND card.id = prc.card_id AND card.code = prc.code
          AND card.status = 'registered' AND card.print_run_id = :run_id
        RETURNING card.id, card.campaign_id, card.number, card.code, card.venue_slug, card.country
    ), again AS (
        SELECT card.id, card.campaign_id, card.number, card.code FROM print_run_card AS prc
        JOIN card ON card.id = prc.card_id AND card.code = prc.code AND card.status = 'printed'
        WHERE prc.print_run_id = :run_id
    ), logged AS (
        INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by, print_run_id,
            reason)
        SELECT gen_random_uuid(), campaign_id, id, number, code, :at, :at, :by, :run_id, reason
        FROM (SELECT id, campaign_id, number, code, NULL AS reason FROM done
              UNION ALL SELECT id, campaign_id, number, code, 'printed again by number' FROM again) AS every_card
    ), moved AS (
        INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards)
        SELECT campaign_id, coalesce(venue_slug, ''), country, step.status, step.sign * count(*)
        FROM done CROSS JOIN (VALUES ('registered', -1), ('printed', 1)) AS step (status, sign)
        GROUP BY 1, 2, 3, step.status, step.sign
    )
    SELECT (SELECT count(*) FROM done) + (SELECT count(*) FROM again)
    """
)


def _finish(
    session: Session, claimed: Claim, key: str, stored: Any, public_url: str | None, *, at: dt.datetime
) -> None:
    run = _mine(
        session,
        claimed,
        {
            "status": "ready",
            "claimed_by": None,
            "claimed_until": None,
            "ready_at": at,
            "file_key": key,
            "key_id": claimed.key_id,
            "file_name": f"{claimed.slug}-run-{claimed.run:03}.pdf",
            "file_bytes": stored.bytes,
            "file_sha256": stored.sha256,
            "failure": None,
        },
    )
    printed = 0
    if not claimed.draft:
        printed = int(
            session.execute(
                _PRINTED, {"run_id": claimed.run_id, "at": at, "by": claimed.worker.partition("/")[0]}
            ).scalar_one()
        )
        if public_url is not None:
            cards.freeze_public_url(session, campaign_id=claimed.campaign_id, public_url=public_url)
    write_journal(session, run, "print_run.ready", by=claimed.worker, at=at, printed=printed)


def _fail(session: Session, claimed: Claim, why: str, *, at: dt.datetime) -> None:
    run = _mine(
        session, claimed, {"status": "failed", "claimed_by": None, "claimed_until": None, "failure": why}
    )
    session.execute(
        text("UPDATE card SET print_run_id = NULL WHERE campaign_id = :id AND print_run_id = :run_id"),
        {"id": claimed.campaign_id, "run_id": claimed.run_id},
    )
    write_journal(session, run, "print_run.failed", by=claimed.worker, at=at)


def _mine(session: Session, claimed: Claim, values: dict[str, Any]) -> PrintRun:
    changed = session.execute(
        update(PrintRun)
        .where(PrintRun.id == claimed.run_id, PrintRun.claimed_by == claimed.worker)
        .values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise ClaimLost
    return session.scalars(select(PrintRun).where(PrintRun.id == claimed.run_id)).one()


def _pieces(out: BinaryIO, size: int = 1 << 20) -> Iterator[bytes]:
    out.seek(0)
    while piece := out.read(size):
        yield piece
