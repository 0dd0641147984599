"""Asking for a print run: the cards are chosen and claimed here; `printing` draws them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards import jobs
from postcards.errors import Denied, Invalid, NotFound
from postcards.models import PrintRun
from postcards.rules.sheet import sheet_named
from postcards.services import journal


class NothingToPrint(Denied):
    """No card waits for paper."""

    code = "nothing_to_print"


_CLAIM_WAITING = text(
    """
    WITH chosen AS MATERIALIZED (
        SELECT id, number, code FROM card
        WHERE campaign_id = :campaign_id AND status = 'registered' AND print_run_id IS NULL AND held = '{}'
          AND number BETWEEN :first AND :last
        ORDER BY number FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE card SET print_run_id = :run_id FROM chosen
        WHERE card.id = chosen.id AND NOT CAST(:draft AS boolean)
    )
    SELECT id, number, code FROM chosen ORDER BY number
    """
)

#: Printed cards are drawn again when they are asked for by number: the print log then says so.
_CHOOSE_PRINTED = text(
    """
    SELECT id, number, code FROM card
    WHERE campaign_id = :campaign_id AND status = 'printed' AND held = '{}' AND number BETWEEN :first AND :last
    ORDER BY number
    """
)


def request_run(
    session: Session,
    *,
    campaign_id: int,
    sheet: str,
    numbers: tuple[int, int] | None = None,
    draft: bool = False,
    by: str,
    at: dt.datetime,
) -> PrintRun:
    """This will make a run of the cards that wait for paper, or of those from number to number (printed ones again).

    A draft claims nothing and marks nothing. Raises `Invalid` for an unknown sheet, `NothingToPrint`.
    """
    sheet_named(sheet)
    if numbers is not None and not 1 <= numbers[0] <= numbers[1]:
        raise Invalid("Numbers go from a lower to a higher one, such as 1-500.")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('print run'), :id)"), {"id": campaign_id})
    run_id = uuid.uuid4()
    first, last = numbers or (1, 1_000_000)
    number = session.scalar(
        text("SELECT coalesce(max(run), 0) + 1 FROM print_run WHERE campaign_id = :id"), {"id": campaign_id}
    )
    run = PrintRun(
        id=run_id,
        campaign_id=campaign_id,
        run=number,
        sheet=sheet,
        draft=draft,
        cards=0,
        first_number=first,
        last_number=last,
        status="queued",
        requested_by=by,
        requested_at=at,
    )
    session.add(run)
    session.flush()
    values = {"campaign_id": campaign_id, "first": first, "last": last, "run_id": run_id, "draft": draft}
    chosen = list(session.execute(_CLAIM_WAITING, values))
    if numbers is not None:
        chosen = sorted([*chosen, *session.execute(_CHOOSE_PRINTED, values)], key=lambda row: row.number)
    if not chosen:
        raise NothingToPrint(
            "No card is waiting for paper." if numbers is None else "No such card can be printed."
        )
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
            "run_id": run_id,
            "campaign_id": campaign_id,
            "ids": [row.id for row in chosen],
            "numbers": [row.number for row in chosen],
            "codes": [row.code for row in chosen],
        },
    )
    run.cards, run.first_number, run.last_number = len(chosen), chosen[0].number, chosen[-1].number
    session.flush()
    write_journal(session, run, "print_run.requested", by=by, at=at)
    jobs.enqueue(session, jobs.DRAW_PRINT_RUN, run_id=str(run_id))
    return run


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
