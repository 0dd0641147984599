"""Asking for a print run: the cards are chosen, claimed and laid out in parts here; `printing` draws them."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from postcards import jobs
from postcards.errors import Denied, Fault, Invalid, NotFound, Said, says, says_all, says_n
from postcards.models import PrintPart, PrintRun, Venue
from postcards.rules.print_place import PART_SHEETS, parts_of
from postcards.rules.sheet import Duplex, Order, sheet_named
from postcards.rules.text import clean, faults_in
from postcards.services import journal, printers
from postcards.services.cards import REASON_MAX
from postcards.services.printers import Setup

#: Messages sent for a new run: workers of a small house all wake up, those of a large one ask each other.
FIRST_MESSAGES = 8

_EVERY = (1, 1_000_000)


class NothingToPrint(Denied):
    """No card waits for paper."""

    code = "nothing_to_print"


class TakenByRun(NothingToPrint):
    """The cards that waited are claimed by another run; `extra` says which, and how many it took."""

    code = "in_print_run"


#: Cards that somebody changes at this moment are waited for, so that a range named by number is whole.
_CLAIM_WAITING = text(
    """
    WITH chosen AS MATERIALIZED (
        SELECT id, number, code FROM card
        WHERE campaign_id = :campaign_id AND status = 'registered' AND print_run_id IS NULL AND held = '{}'
          AND number BETWEEN :first AND :last AND (CAST(:venue AS text) IS NULL OR venue_slug = :venue)
        ORDER BY number FOR NO KEY UPDATE
    ), claimed AS (
        UPDATE card SET print_run_id = :run_id FROM chosen WHERE card.id = chosen.id
    )
    SELECT id, number, code FROM chosen ORDER BY number
    """
)

_LOOK_AT_WAITING = text(
    """
    SELECT id, number, code FROM card
    WHERE campaign_id = :campaign_id AND status = 'registered' AND print_run_id IS NULL AND held = '{}'
      AND number BETWEEN :first AND :last AND (CAST(:venue AS text) IS NULL OR venue_slug = :venue)
    ORDER BY number
    """
)

#: Printed cards are drawn again when they are asked for by number: the print log then says so, and why.
_CHOOSE_PRINTED = text(
    """
    SELECT id, number, code FROM card
    WHERE campaign_id = :campaign_id AND status = 'printed' AND print_run_id IS NULL AND held = '{}'
      AND NOT address_on_paper
      AND number BETWEEN :first AND :last AND (CAST(:venue AS text) IS NULL OR venue_slug = :venue)
    ORDER BY number
    """
)

_TAKEN = text(
    """
    SELECT r.run, count(*) AS cards FROM card k
    JOIN print_run r ON r.campaign_id = k.campaign_id AND r.id = k.print_run_id
    WHERE k.campaign_id = :campaign_id AND k.number BETWEEN :first AND :last
      AND (CAST(:venue AS text) IS NULL OR k.venue_slug = :venue)
    GROUP BY r.run ORDER BY r.run DESC LIMIT 1
    """
)


def request_run(
    session: Session,
    *,
    campaign_id: int,
    sheet: str,
    numbers: tuple[int, int] | None = None,
    venue: str | None = None,
    draft: bool = False,
    reason: str | None = None,
    printer: str | None = None,
    duplex: Duplex | None = None,
    order: Order = "sheet",
    part_sheets: int = PART_SHEETS,
    by: str,
    at: dt.datetime,
) -> PrintRun:
    """This will make a run of the cards that wait for paper: all, a venue's, or those from number to number.

    Asked for by number, printed cards are printed again, and `reason` says why. A draft claims nothing and marks
    nothing. `printer` names one of the desk's, whose offsets and duplex edge then count. Raises `Invalid`,
    `NotFound` for a printer or venue, `NothingToPrint`, `TakenByRun`.
    """
    sheet_size = sheet_named(sheet)
    kept_reason = _reason(reason)
    wanted = _wanted(session, campaign_id=campaign_id, numbers=numbers, venue=venue)
    setup = printers.setup_of(session, campaign_id=campaign_id, name=printer, duplex=duplex)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('print run'), :id)"), {"id": campaign_id})
    run = _new_run(session, campaign_id, sheet, setup, order, venue, draft, kept_reason, part_sheets, by, at)
    again = list(session.execute(_CHOOSE_PRINTED, wanted)) if numbers is not None else []
    if again and not draft and kept_reason is None:
        raise Invalid(faults=[Fault("reason", "missing", _said_before([row.number for row in again]))])
    waiting = _LOOK_AT_WAITING if draft else _CLAIM_WAITING
    found = [*session.execute(waiting, wanted | {"run_id": run.id}), *again]
    if not found:
        raise _nothing(session, wanted, by_number=numbers is not None)
    chosen = sorted(found, key=lambda row: row.number)
    _write_cards(session, run, chosen)
    parts = parts_of(len(chosen), sheet=sheet_size, part_sheets=part_sheets)
    session.execute(
        insert(PrintPart),
        [
            {
                "print_run_id": run.id,
                "part": part.part,
                "campaign_id": campaign_id,
                "first_position": part.first_position,
                "last_position": part.last_position,
                "sheets": part.sheets,
            }
            for part in parts
        ],
    )
    run.cards, run.first_number, run.last_number = len(chosen), chosen[0].number, chosen[-1].number
    run.parts = len(parts)
    run.reason = kept_reason if again else None
    session.flush()
    write_journal(session, run, "print_run.requested", by=by, at=at)
    ask_workers(session, run.id, parts=len(parts))
    return run


def ask_workers(session: Session, run_id: uuid.UUID, *, parts: int) -> None:
    """This will nudge as many workers as there are parts, within reason."""
    for _ in range(min(parts, FIRST_MESSAGES, 2 * (os.cpu_count() or 1))):
        jobs.enqueue(session, jobs.DRAW_PRINT_RUN, run_id=str(run_id))


def would_print(
    session: Session,
    *,
    campaign_id: int,
    numbers: tuple[int, int] | None = None,
    venue: str | None = None,
) -> list[Row[Any]]:
    """This will list the cards (id, number, code) that such a run would hold now, and claim none of them."""
    wanted = _wanted(session, campaign_id=campaign_id, numbers=numbers, venue=venue)
    found = [*session.execute(_LOOK_AT_WAITING, wanted)]
    if numbers is not None:
        found += session.execute(_CHOOSE_PRINTED, wanted)
    if not found:
        raise _nothing(session, wanted, by_number=numbers is not None)
    return sorted(found, key=lambda row: row.number)


def get(session: Session, *, campaign_id: int, run_id: uuid.UUID) -> PrintRun:
    """This will give a run of the campaign. Raises `NotFound`."""
    run = session.get(PrintRun, run_id, populate_existing=True)
    if run is None or run.campaign_id != campaign_id:
        raise NotFound("There is no such print run in this campaign.")
    return run


def write_journal(
    session: Session, run: PrintRun, action: str, *, by: str, at: dt.datetime, **detail: int
) -> None:
    """This will note what became of a run."""
    journal.write(
        session,
        campaign_id=run.campaign_id,
        action=action,
        subject=f"print_run:{run.id}",
        detail={"run": run.run, "cards": run.cards, "draft": run.draft, **detail},
        by=by,
        at=at,
    )


def _new_run(
    session: Session,
    campaign_id: int,
    sheet: str,
    setup: Setup,
    order: Order,
    venue: str | None,
    draft: bool,
    reason: str | None,
    part_sheets: int,
    by: str,
    at: dt.datetime,
) -> PrintRun:
    number = session.scalar(
        text("SELECT coalesce(max(run), 0) + 1 FROM print_run WHERE campaign_id = :id"), {"id": campaign_id}
    )
    run = PrintRun(
        id=uuid.uuid4(),
        campaign_id=campaign_id,
        run=number,
        sheet=sheet,
        draft=draft,
        cards=0,
        first_number=0,
        last_number=0,
        venue_slug=venue,
        reason=reason,
        printer=setup.printer,
        duplex=setup.duplex,
        card_order=order,
        front_x=setup.front_x,
        front_y=setup.front_y,
        back_x=setup.back_x,
        back_y=setup.back_y,
        part_sheets=part_sheets,
        status="queued",
        requested_by=by,
        requested_at=at,
    )
    session.add(run)
    session.flush()
    return run


def _wanted(
    session: Session, *, campaign_id: int, numbers: tuple[int, int] | None, venue: str | None
) -> dict[str, Any]:
    if numbers is not None and not 1 <= numbers[0] <= numbers[1]:
        raise Invalid("Numbers go from a lower to a higher one, such as 1-500.")
    if venue is not None and not session.scalar(
        select(Venue.slug).where(Venue.campaign_id == campaign_id, Venue.slug == venue)
    ):
        raise NotFound("There is no such venue in this campaign.", code="no_such_venue")
    first, last = numbers or _EVERY
    return {"campaign_id": campaign_id, "first": first, "last": last, "venue": venue}


def _write_cards(session: Session, run: PrintRun, chosen: Sequence[Row[Any]]) -> None:
    session.execute(
        text(
            """
            INSERT INTO print_run_card (print_run_id, position, campaign_id, card_id, number, code)
            SELECT :run_id, place, :campaign_id, card_id, number, code
            FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[]), CAST(:codes AS text[]))
                WITH ORDINALITY AS c (card_id, number, code, place)
            """
        ),
        {
            "run_id": run.id,
            "campaign_id": run.campaign_id,
            "ids": [row.id for row in chosen],
            "numbers": [row.number for row in chosen],
            "codes": [row.code for row in chosen],
        },
    )


def _nothing(session: Session, wanted: dict[str, Any], *, by_number: bool) -> NothingToPrint:
    said = says("No such card can be printed.") if by_number else says("No card is waiting for paper.")
    taken = session.execute(_TAKEN, wanted).one_or_none()
    if taken is None:
        return NothingToPrint(said)
    seen = says_n(
        "Print run %(run)s has taken the card already: look at it before you start another.",
        "Print run %(run)s has taken %(n)s cards already: look at it before you start another.",
        taken.cards,
        run=taken.run,
    )
    return TakenByRun(
        says_all([said, seen]),
        run=taken.run,
        cards=taken.cards,
    )


def _said_before(numbers: Sequence[int]) -> Said:
    shown = ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
    return says_n(
        "is missing: No. %(shown)s was printed before. Say why it is printed again.",
        "is missing: %(n)s cards (No. %(shown)s) were printed before. Say why it is printed again.",
        len(numbers),
        shown=shown,
    )


def _reason(typed: str | None) -> str | None:
    """Why cards are printed again, as it is kept: one line that a person can read."""
    reason = clean(typed or "")
    faults = faults_in(reason, field="reason", max_length=REASON_MAX, required=False)
    if faults:
        raise Invalid(faults=faults)
    return reason or None
