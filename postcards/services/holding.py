"""Settles cards that are held: facts on paper that broke a rule wait here for a person's decision."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from postcards.models import Card
from postcards.services import cards, journal


def release(
    session: Session, *, campaign_id: int, card_id: uuid.UUID, by: str, at: dt.datetime
) -> tuple[str, ...]:
    """This will let a held card go its way and return the reasons it was held for; none when it was not.

    Raises `CardUnknown`, and `IsVoid`: a card that was given up goes no way.
    """
    cards.get(session, campaign_id=campaign_id, card_id=card_id)
    held = session.execute(
        select(Card.number, Card.held, Card.status).where(Card.id == card_id).with_for_update()
    ).one()
    if held.status == "void":
        raise cards.IsVoid("This card was given up: there is nothing left to settle.")
    if not held.held:
        return ()
    session.execute(
        update(Card)
        .where(Card.id == card_id, func.cardinality(Card.held) > 0)
        .values(held=[])
        .execution_options(synchronize_session=False)
    )
    journal.write(
        session,
        campaign_id=campaign_id,
        action="card.released",
        subject=f"card:{card_id}",
        number=held.number,
        detail={"held": list(held.held)},
        by=by,
        at=at,
    )
    return tuple(held.held)
