"""Settles cards that are held: facts on paper that broke a rule wait here for a person's decision."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from postcards.models import Card
from postcards.services import cards, journal


@dataclass(frozen=True, slots=True)
class Settled:
    """The reasons that were settled, and those for which the card is held still."""

    reasons: tuple[str, ...]
    left: tuple[str, ...]


def release(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    seen: Collection[str] | None = None,
    by: str,
    at: dt.datetime,
) -> Settled:
    """This will let a held card go its way: somebody decided on the reasons that they have `seen` (None: on all).

    What holds it since is left. Raises `CardUnknown`, and `IsVoid`: a card that was given up goes no way.
    """
    cards.get(session, campaign_id=campaign_id, card_id=card_id)
    held = session.execute(
        select(Card.number, Card.held, Card.status).where(Card.id == card_id).with_for_update()
    ).one()
    if held.status == "void":
        raise cards.IsVoid("This card was given up: there is nothing left to settle.")
    settled = [reason for reason in held.held if seen is None or reason in seen]
    left = [reason for reason in held.held if reason not in settled]
    if not settled:
        return Settled((), tuple(left))
    session.execute(
        update(Card)
        .where(Card.id == card_id, func.cardinality(Card.held) > 0)
        .values(held=left)
        .execution_options(synchronize_session=False)
    )
    journal.write(
        session,
        campaign_id=campaign_id,
        action="card.released",
        subject=f"card:{card_id}",
        number=held.number,
        detail={"held": settled},
        by=by,
        at=at,
    )
    return Settled(tuple(settled), tuple(left))
