"""What follows when a part of a print run ends: the run goes on, is ready, waits for the storage, or fails."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import Unavailable, says, says_n
from postcards.models import PrintRun
from postcards.rules.kept_words import kept
from postcards.services import cards, print_parts
from postcards.services.print_parts import Claim, ClaimLost, FoundFault
from postcards.services.print_requests import write_journal
from postcards.vault import Vault

#: Refusals after which the run pauses until files can be kept again.
OF_STORAGE = ("storage_away", "storage_full")


def end_part(
    session: Session,
    claimed: Claim,
    *,
    drawn: Sequence[int],
    faults: Sequence[FoundFault],
    key: str | None,
    stored: Any,
    vault: Vault,
    public_url: str | None,
    at: dt.datetime,
) -> bool:
    """This will write down what came of a part (places `drawn`, faults, file), and end the run with its last part; it
    tells whether the file counts.

    A part with somebody who was erased while it was drawn is given back, to be drawn without them. `public_url`
    freezes the address in the campaign's QR codes at its first real print. Raises `ClaimLost`.
    """
    run = _drawing(session, claimed)
    if faults:
        print_parts.end(session, claimed, status="failed", drawn=0)
        _keep_faults(session, claimed, [fault for fault in faults if fault.number is not None], vault, at)
        # Of the file as a whole: these words speak of no card.
        run.failure = next((fault.why for fault in faults if fault.number is None), run.failure)
    elif stored is None:
        print_parts.end(session, claimed, status="empty", drawn=0, drawn_at=at)
        _outcomes(session, claimed, [])
    elif session.scalar(_ERASED, {"run_id": run.id, "drawn": list(drawn)}):
        print_parts.give_back(session, claimed)
        return False
    else:
        file = {
            "file_key": key,
            "key_id": claimed.key_id,
            "file_bytes": stored.bytes,
            "file_sha256": stored.sha256,
        }
        print_parts.end(session, claimed, status="drawn", drawn=len(drawn), drawn_at=at, **file)
        _outcomes(session, claimed, drawn)
    _end_run(session, run, claimed, public_url, at=at)
    return stored is not None and not faults


_ERASED = text(
    """
    SELECT EXISTS (SELECT FROM print_run_card c JOIN person ON person.card_id = c.card_id
                   WHERE c.print_run_id = :run_id AND c.position = ANY(:drawn) AND person.recipient IS NULL)
    """
)


def fail(session: Session, claimed: Claim, why: str, *, at: dt.datetime) -> None:
    """This will end the run because it cannot be drawn at all. Its cards stay claimed until it is cancelled."""
    try:
        run = _drawing(session, claimed)
        print_parts.end(session, claimed, status="failed", drawn=0)
    except ClaimLost:
        return
    stop(session, run)
    run.status, run.failure = "failed", why
    session.flush()
    write_journal(session, run, "print_run.failed", by=claimed.worker, at=at)


def give_up_on_worn_out(session: Session, *, run_id: uuid.UUID, at: dt.datetime) -> bool:
    """This will fail a run of which a part lost its worker again and again; tells whether it did."""
    if print_parts.worn_out(session, run_id, at=at) is None:
        return False
    run = print_parts.lock_run(session, run_id)
    part = print_parts.worn_out(session, run_id, at=at)
    if run is None or part is None or run.status != "drawing":
        return False
    session.execute(
        text(
            """
            UPDATE print_part SET status = 'failed', claimed_by = NULL, claimed_until = NULL, attempts = 0, drawn = 0
            WHERE print_run_id = :run_id AND part = :part
            """
        ),
        {"run_id": run_id, "part": part},
    )
    stop(session, run)
    run.status = "failed"
    run.failure = says(
        "Part %(part)s could not be drawn: its worker was lost %(times)s times.",
        part=part,
        times=print_parts.MOST_ATTEMPTS,
    )
    session.flush()
    write_journal(session, run, "print_run.failed", by="worker", at=at)
    return True


def pause_for_storage(session: Session, claimed: Claim, away: Unavailable, *, at: dt.datetime) -> None:
    """This will give the part back and, when it is the storage that is away, pause the run until it is back."""
    run = _drawing(session, claimed)
    print_parts.give_back(session, claimed)
    if away.code not in OF_STORAGE:
        return
    stop(session, run)
    run.status, run.paused_for, run.failure = "paused", "storage", away.message
    session.flush()
    write_journal(session, run, "print_run.paused", by=claimed.worker, at=at)


def _drawing(session: Session, claimed: Claim) -> PrintRun:
    run = print_parts.lock_run(session, claimed.run_id)
    if run is None or run.status != "drawing":
        raise ClaimLost
    return run


def stop(session: Session, run: PrintRun) -> None:
    """This will make whoever draws a part of it now find the claim lost, and drop what was drawn."""
    session.execute(
        text(
            """
            UPDATE print_part SET status = 'waiting', claimed_by = NULL, claimed_until = NULL, drawn = 0, attempts = 0
            WHERE print_run_id = :run_id AND status = 'drawing'
            """
        ),
        {"run_id": run.id},
    )


def let_go(session: Session, run: PrintRun, *, outcome: str | None = None) -> None:
    """This will give back the cards that the run claims, or those with that outcome: they wait for paper again."""
    session.execute(
        text(
            """
            UPDATE card SET print_run_id = NULL WHERE campaign_id = :campaign_id AND print_run_id = :run_id
              AND (CAST(:outcome AS text) IS NULL OR EXISTS (
                    SELECT FROM print_run_card p WHERE p.print_run_id = :run_id AND p.card_id = card.id
                      AND p.outcome = :outcome))
            """
        ),
        {"campaign_id": run.campaign_id, "run_id": run.id, "outcome": outcome},
    )


def _outcomes(session: Session, claimed: Claim, drawn: Sequence[int]) -> None:
    session.execute(
        text(
            """
            UPDATE print_run_card SET outcome = CASE WHEN position = ANY(:drawn) THEN 'drawn' ELSE 'left_out' END
            WHERE print_run_id = :run_id AND position BETWEEN :first AND :last
              AND outcome IS DISTINCT FROM 'taken_out'
            """
        ),
        {
            "run_id": claimed.run_id,
            "first": claimed.part.first_position,
            "last": claimed.part.last_position,
            "drawn": list(drawn),
        },
    )


def _keep_faults(
    session: Session, claimed: Claim, faults: Sequence[FoundFault], vault: Vault, at: dt.datetime
) -> None:
    if not faults:
        return
    places: dict[int | None, int] = dict(
        session.execute(
            text(
                """
                SELECT number, position FROM print_run_card
                WHERE print_run_id = :run_id AND position BETWEEN :first AND :last
                """
            ),
            {
                "run_id": claimed.run_id,
                "first": claimed.part.first_position,
                "last": claimed.part.last_position,
            },
        ).all()
    )
    print_parts.keep_faults(
        session,
        claimed,
        [
            (
                position := places[fault.number],
                fault,
                vault.seal(
                    claimed.key_id, kept(fault.why).encode(), about=fault_name(claimed.run_id, position)
                ),
            )
            for fault in faults
        ],
        at=at,
    )


def fault_name(run_id: uuid.UUID, position: int) -> str:
    """This will name a fault's words for the vault, so that they open in their own place only."""
    return f"{run_id}/fault/{position}"


def _end_run(
    session: Session, run: PrintRun, claimed: Claim, public_url: str | None, *, at: dt.datetime
) -> None:
    """With its last part the run is ready, or failed; before that nothing happens."""
    left, failed, files = session.execute(
        text(
            """
            SELECT count(*) FILTER (WHERE status IN ('waiting', 'drawing')),
                   count(*) FILTER (WHERE status = 'failed'), count(file_key)
            FROM print_part WHERE print_run_id = :run_id
            """
        ),
        {"run_id": run.id},
    ).one()
    if left:
        return
    if failed:
        run.status, run.failure = (
            "failed",
            _cannot(session, run.id) or run.failure or says("Its file is not whole."),
        )
        session.flush()
        write_journal(session, run, "print_run.failed", by=claimed.worker, at=at)
        return
    if not files:
        let_go(session, run, outcome="left_out")
        run.status, run.failure = (
            "cancelled",
            says("Every card of it was corrected or given up before it was drawn."),
        )
        session.flush()
        write_journal(session, run, "print_run.cancelled", by=claimed.worker, at=at)
        return
    printed = 0
    let_go(session, run, outcome="left_out")
    if not run.draft:
        values = {
            "run_id": run.id,
            "at": at,
            "by": run.requested_by,
            "why": run.reason,
            "asked": run.requested_at,
        }
        printed = int(session.execute(_PRINTED, values).scalar_one())
        if public_url is not None:
            cards.freeze_public_url(session, campaign_id=run.campaign_id, public_url=public_url)
    run.status, run.ready_at, run.failure = "ready", at, None
    session.flush()
    write_journal(session, run, "print_run.ready", by=claimed.worker, at=at, printed=printed)


def _cannot(session: Session, run_id: uuid.UUID) -> str | None:
    numbers = session.scalars(
        text(
            """
            SELECT DISTINCT c.number FROM print_fault f
            JOIN print_run_card c ON c.print_run_id = f.print_run_id AND c.position = f.position
            WHERE f.print_run_id = :run_id ORDER BY 1
            """
        ),
        {"run_id": run_id},
    ).all()
    if not numbers:
        return None
    shown = ", ".join(str(number) for number in numbers[:10]) + (" …" if len(numbers) > 10 else "")
    return says_n(
        "One card cannot be printed: No. %(shown)s.",
        "%(n)s cards cannot be printed: No. %(shown)s.",
        len(numbers),
        shown=shown,
    )


#: What has become of each card while it was drawn decides: only those still claimed, with the code that was drawn,
#: are printed now; of those that were on paper before the run was asked for, and were drawn again, only the log says
#: so. Any other paper of the run is stale: also of a card that was corrected and then printed elsewhere, as it is now.
_PRINTED = text(
    """
    WITH done AS (
        UPDATE card SET status = 'printed', printed_at = :at, print_run_id = NULL
        FROM print_run_card AS prc
        WHERE prc.print_run_id = :run_id AND prc.outcome = 'drawn' AND card.id = prc.card_id AND card.code = prc.code
          AND card.status = 'registered' AND card.print_run_id = :run_id
        RETURNING card.id, card.campaign_id, card.number, card.code, card.venue_slug, card.country
    ), again AS (
        SELECT card.id, card.campaign_id, card.number, card.code FROM print_run_card AS prc
        JOIN card ON card.id = prc.card_id AND card.code = prc.code AND card.status NOT IN ('registered', 'void')
        WHERE prc.print_run_id = :run_id AND prc.outcome = 'drawn'
          AND EXISTS (SELECT FROM print_log l WHERE l.campaign_id = card.campaign_id AND l.card_id = card.id
                      AND l.code = prc.code AND l.recorded_at <= :asked)
    ), logged AS (
        INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by, print_run_id,
            reason)
        SELECT gen_random_uuid(), campaign_id, id, number, code, :at, :at, :by, :run_id, reason
        FROM (SELECT id, campaign_id, number, code, NULL AS reason FROM done
              UNION ALL SELECT id, campaign_id, number, code, CAST(:why AS text) FROM again) AS every_card
    ), stale AS (
        UPDATE print_run_card SET outcome = 'stale'
        WHERE print_run_id = :run_id AND outcome = 'drawn'
          AND card_id NOT IN (SELECT id FROM done UNION ALL SELECT id FROM again)
    ), moved AS (
        INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards)
        SELECT campaign_id, coalesce(venue_slug, ''), country, step.status, step.sign * count(*)
        FROM done CROSS JOIN (VALUES ('registered', -1), ('printed', 1)) AS step (status, sign)
        GROUP BY 1, 2, 3, step.status, step.sign
    )
    SELECT (SELECT count(*) FROM done) + (SELECT count(*) FROM again)
    """
)
