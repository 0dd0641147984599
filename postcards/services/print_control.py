"""What a person at the print desk can do with a run: pause it, go on, take faulty cards out, cancel it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Protocol

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from postcards.errors import Denied, Invalid, NotFound, Said, Unavailable, says
from postcards.models import PrintRun
from postcards.rules.kept_words import read_again
from postcards.rules.print_checks import in_words
from postcards.rules.print_run_life import RunStatus, may_become
from postcards.services import new_codes, print_parts, run_ending, tallies
from postcards.services.cards import CANNOT_BE_PRINTED
from postcards.services.dispatch import Begin, Clock
from postcards.services.print_requests import ask_workers, write_journal
from postcards.vault import KeyMissing, Vault, WrongMasterKey

#: Bytes that must find room before a run goes on that paused for the storage: those of a card, and of a file without.
ROOM_CARD, ROOM_FILE = 1536, 512 * 1024
PROBE = "check-room"


class NotNow(Denied):
    """The run stands where this cannot be done."""

    code = "print_run_status"


class Stores(Protocol):
    """Where files are kept."""

    def put(self, key: str, source: bytes | Iterable[bytes]) -> object: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CardFaulty:
    """A card of a run that cannot be printed: why, in the words of the check, which may quote the card."""

    number: int
    card_id: uuid.UUID
    fault: str
    why: str

    @property
    def in_words(self) -> Said:
        """Why, for the print desk."""
        return in_words(self.fault, self.why)


def pause(session: Session, *, campaign_id: int, run_id: uuid.UUID, by: str, at: dt.datetime) -> PrintRun:
    """This will stop drawing; what is drawn stays, the cards stay claimed. Again, nothing changes. Raises `NotNow`."""
    run = _locked(session, campaign_id, run_id)
    if run.status == "paused" and run.paused_for == "person":
        return run
    if run.status != "paused":
        _allowed(run, RunStatus.PAUSED, says("paused"))
    run_ending.stop(session, run)
    run.status, run.paused_for, run.failure = "paused", "person", None
    session.flush()
    write_journal(session, run, "print_run.paused", by=by, at=at)
    return run


def resume(session: Session, *, campaign_id: int, run_id: uuid.UUID, by: str, at: dt.datetime) -> PrintRun:
    """This will let a paused or failed run go on; parts that failed are drawn again. Raises `NotNow`."""
    run = _locked(session, campaign_id, run_id)
    if run.status in ("queued", "drawing"):
        return run
    _allowed(run, RunStatus.QUEUED, says("resumed"))
    _go_on(session, run, by=by, at=at)
    return run


def cancel(session: Session, *, campaign_id: int, run_id: uuid.UUID, by: str, at: dt.datetime) -> PrintRun:
    """This will give the run's cards back, so that they wait for paper again; its files go a moment later.

    A run that is ready can be cancelled while nobody has taken its file and no card of it is on a manifest; its
    cards then get new codes. Again, it changes nothing. Raises `NotNow`.
    """
    run = _locked(session, campaign_id, run_id)
    if run.status == "cancelled":
        return run
    _allowed(run, RunStatus.CANCELLED, says("cancelled"))
    if run.taken_at is not None:
        raise NotNow(
            "The file of this print run was taken, so there may be paper. Mark spoiled cards one by one."
        )
    run_ending.stop(session, run)
    run_ending.let_go(session, run)
    if run.status == "ready" and not run.draft:
        _unprint(session, run, at=at)
    run.status, run.paused_for, run.failure = "cancelled", None, None
    session.flush()
    write_journal(session, run, "print_run.cancelled", by=by, at=at)
    return run


def take_out(
    session: Session,
    *,
    campaign_id: int,
    run_id: uuid.UUID,
    numbers: Collection[int] | None = None,
    by: str,
    at: dt.datetime,
) -> list[int]:
    """This will take cards that cannot be printed out of a failed run, hold them for the desk, and go on.

    `numbers` chooses some of the faulty ones; None takes them all. Their places stay blank. This will return the
    numbers taken out. Raises `NotNow`, and `Invalid` for a number that is not faulty.
    """
    run = _locked(session, campaign_id, run_id)
    if run.status != "failed":
        raise NotNow("Only of a print run that failed can cards be taken out.")
    faulty = {
        row.number: row
        for row in session.execute(
            text(
                """
                SELECT DISTINCT c.number, c.card_id, c.position FROM print_fault f
                JOIN print_run_card c ON c.print_run_id = f.print_run_id AND c.position = f.position
                WHERE f.print_run_id = :run_id
                """
            ),
            {"run_id": run_id},
        )
    }
    chosen = sorted(faulty if numbers is None else set(numbers))
    if wrong := [number for number in chosen if number not in faulty]:
        raise Invalid(says("No. %(wrong)s is not one of the cards that cannot be printed.", wrong=wrong[0]))
    if not chosen:
        raise NotNow("This print run did not fail for a card. Try it again, or cancel it.")
    ids = {"ids": [faulty[number].card_id for number in chosen], "run_id": run_id, "held": CANNOT_BE_PRINTED}
    session.execute(
        text(
            """
            UPDATE card SET held = array_remove(held, CAST(:held AS text)) || CAST(:held AS text),
                print_run_id = CASE WHEN print_run_id = :run_id THEN NULL ELSE print_run_id END
            WHERE id = ANY(:ids) AND status IN ('registered', 'printed')
            """
        ),
        ids,
    )
    session.execute(
        text(
            "UPDATE print_run_card SET outcome = 'taken_out' WHERE print_run_id = :run_id AND card_id = ANY(:ids)"
        ),
        ids,
    )
    _go_on(session, run, by=by, at=at, taken_out=len(chosen))
    return chosen


def faulty_cards(session: Session, *, run_id: uuid.UUID, vault: Vault) -> list[CardFaulty]:
    """This will list what is wrong with which card of the run, in order of number."""
    rows = session.execute(
        text(
            """
            SELECT c.number, c.card_id, c.position, f.fault, f.key_id, f.why FROM print_fault f
            JOIN print_run_card c ON c.print_run_id = f.print_run_id AND c.position = f.position
            WHERE f.print_run_id = :run_id ORDER BY c.number, f.place
            """
        ),
        {"run_id": run_id},
    )
    return [_faulty(row, run_id, vault) for row in rows]


def _faulty(row: Row[Any], run_id: uuid.UUID, vault: Vault) -> CardFaulty:
    about = run_ending.fault_name(run_id, row.position)
    try:
        why = read_again(vault.open(row.key_id, bytes(row.why), about=about).decode())
    except WrongMasterKey:
        raise
    except KeyMissing:  # the words went with the card's own, which were sealed with it
        return CardFaulty(row.number, row.card_id, "key_lost", in_words("key_lost", ""))
    return CardFaulty(row.number, row.card_id, row.fault, why)


def resume_after_storage(begin: Begin, *, files: Stores, by: str, clock: Clock) -> int:
    """This will let the runs go on that paused for the storage, once files can be kept again; gives how many."""
    with begin() as session:
        waiting = session.execute(
            text(
                """
                SELECT r.id, max(p.last_position - p.first_position + 1) AS cards
                FROM print_run r JOIN print_part p ON p.print_run_id = r.id
                WHERE r.status = 'paused' AND r.paused_for = 'storage' GROUP BY r.id ORDER BY r.requested_at
                """
            )
        ).all()
    if not waiting:
        return 0
    try:
        # Not just a few bytes: a disk that has room for those and for no part would stop the run again and again.
        room = ROOM_FILE + ROOM_CARD * max(run.cards for run in waiting)
        files.put(PROBE, repeat(bytes(1024), room // 1024))
        files.delete(PROBE)
    except Unavailable:
        return 0
    resumed = 0
    for row in waiting:
        with begin() as session:
            run = print_parts.lock_run(session, row.id)
            if run is not None and run.status == "paused" and run.paused_for == "storage":
                _go_on(session, run, by=by, at=clock())
                resumed += 1
    return resumed


def _go_on(session: Session, run: PrintRun, *, by: str, at: dt.datetime, **detail: int) -> None:
    # Parts whose file is gone too: it was not handed out, and its cards are not printed without it.
    session.execute(
        text(
            """
            UPDATE print_part SET status = 'waiting', attempts = 0, drawn = 0
            WHERE print_run_id = :run_id AND status IN ('failed', 'gone')
            """
        ),
        {"run_id": run.id},
    )
    session.execute(text("DELETE FROM print_fault WHERE print_run_id = :run_id"), {"run_id": run.id})
    run.status, run.paused_for, run.failure, run.forgotten_at = "queued", None, None, None
    session.flush()
    write_journal(session, run, "print_run.resumed", by=by, at=at, **detail)
    ask_workers(session, run.id, parts=run.parts)


def _unprint(session: Session, run: PrintRun, *, at: dt.datetime) -> None:
    """Cards that nobody else printed, or only runs that were cancelled too, wait for paper again under new codes."""
    rows = session.execute(
        text(
            """
            SELECT k.id, k.number, k.code, k.status, k.venue_slug, k.country FROM print_run_card p
            JOIN card k ON k.campaign_id = p.campaign_id AND k.id = p.card_id AND k.code = p.code
            WHERE p.print_run_id = :run_id AND p.outcome = 'drawn' AND k.status <> 'void'
              AND NOT EXISTS (SELECT FROM print_log l LEFT JOIN print_run other ON other.id = l.print_run_id
                              WHERE l.campaign_id = k.campaign_id AND l.card_id = k.id AND l.code = k.code
                              AND l.print_run_id IS DISTINCT FROM p.print_run_id
                              AND other.status IS DISTINCT FROM 'cancelled')
            ORDER BY k.number FOR UPDATE OF k
            """
        ),
        {"run_id": run.id},
    ).all()
    if any(row.status != "printed" for row in rows):
        raise NotNow("Cards of this print run are on a manifest already, so it cannot be cancelled.")
    session.execute(
        text("UPDATE card SET status = 'registered', printed_at = NULL WHERE id = ANY(:ids)"),
        {"ids": [row.id for row in rows]},
    )
    new_codes.give(
        session,
        campaign_id=run.campaign_id,
        cards=[(row.id, row.number, row.code) for row in rows],
        at=at,
    )
    tallies.move(
        session,
        campaign_id=run.campaign_id,
        moves=tallies_of([(row.venue_slug, row.country) for row in rows]),
    )


def tallies_of(cards: Collection[tuple[str | None, str]]) -> list[tallies.Move]:
    """This will give the moves of cards (venue, country) that wait for paper again."""
    return [
        tallies.Move(venue, country, "printed", "registered", cards_there)
        for (venue, country), cards_there in sorted(_counted(cards).items(), key=str)
    ]


def _counted(cards: Collection[tuple[str | None, str]]) -> dict[tuple[str | None, str], int]:
    found: dict[tuple[str | None, str], int] = {}
    for card in cards:
        found[card] = found.get(card, 0) + 1
    return found


def _locked(session: Session, campaign_id: int, run_id: uuid.UUID) -> PrintRun:
    run = print_parts.lock_run(session, run_id)
    if run is None or run.campaign_id != campaign_id:
        raise NotFound("There is no such print run in this campaign.")
    return run


_STATES = {
    "queued": says("queued"),
    "drawing": says("drawing"),
    "paused": says("paused"),
    "ready": says("ready"),
    "failed": says("failed"),
    "cancelled": says("cancelled"),
}


def _allowed(run: PrintRun, new: RunStatus, word: Said) -> None:
    if not may_become(RunStatus(run.status), new):
        raise NotNow(
            says(
                "Print run %(run)s is %(status)s, so it cannot be %(word)s.",
                run=run.run,
                status=_STATES[run.status],
                word=word,
            )
        )
