"""Paper of a print run that must not travel, and places of it that stay blank: where each lies in the stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from postcards.queries.print_runs import RunSeen
from postcards.rules.print_place import Place, place_of
from postcards.rules.sheet import Order, sheet_named


@dataclass(frozen=True, slots=True)
class Pull:
    """A card's place, and why its paper is pulled (void, replaced, corrected) or blank (left_out, taken_out)."""

    number: int
    place: Place
    why: str


# Drawn, and no longer what the card is: given up; under a new code; corrected before the run was ready; or held back.
_PULLS = text(
    """
    SELECT p.number, p.position,
           CASE WHEN k.status = 'void' THEN 'void' WHEN k.code <> p.code THEN 'replaced' ELSE 'corrected' END AS why
    FROM print_run_card p JOIN print_run r ON r.id = p.print_run_id
    JOIN card k ON k.campaign_id = p.campaign_id AND k.id = p.card_id
    WHERE p.print_run_id = :run_id AND p.outcome IN ('drawn', 'stale')
      AND (k.status = 'void' OR k.code <> p.code OR p.outcome = 'stale'
           OR (k.status = 'registered' AND NOT r.draft AND k.print_run_id IS DISTINCT FROM r.id))
    ORDER BY p.position
    """
)


def pulls(session: Session, *, run: RunSeen) -> list[Pull]:
    """This will list the paper of a run that must not travel, in the order of the stack; one query."""
    return _placed(run, session.execute(_PULLS, {"run_id": run.id}))


_BLANKS = text(
    """
    SELECT number, position, outcome AS why FROM print_run_card
    WHERE print_run_id = :run_id AND outcome IN ('left_out', 'taken_out') ORDER BY position
    """
)


def blanks(session: Session, *, run: RunSeen) -> list[Pull]:
    """This will list the places of a run that stay blank; one query."""
    return _placed(run, session.execute(_BLANKS, {"run_id": run.id}))


def _placed(run: RunSeen, rows: Iterable[Row[Any]]) -> list[Pull]:
    sheet, order = sheet_named(run.sheet), cast(Order, run.card_order)
    found = []
    for row in rows:
        part = next(p.as_part for p in run.parts if p.first_position <= row.position <= p.last_position)
        found.append(Pull(row.number, place_of(row.position, part, sheet=sheet, order=order), row.why))
    return found
