"""Keeps the list of those who said "do not write to me again", and holds cards to them before the Post gets them.

A card to one of them is not refused where it is registered: that would tell whoever stands at the kiosk what somebody
far away decided. It is held for the desk before it can be put on a manifest; a person speaks with the sender.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards.db import after_commit
from postcards.errors import NotFound
from postcards.models import DoNotWrite, Person
from postcards.models.erasure import DO_NOT_WRITE
from postcards.services import cards, journal, tracking
from postcards.services.forgetting import Ledger

#: The reason that the desk reads on a held card.
DECLINED = "recipient_declined"

# What the desk has let go once stays free: a person has decided. Letting it go for another reason decided nothing here.
_HOLD = text(
    """
    UPDATE card SET held = array_append(card.held, :reason)
    FROM person JOIN do_not_write ON do_not_write.recipient_index = person.recipient_index
    WHERE person.campaign_id = :campaign_id AND card.campaign_id = :campaign_id AND card.id = person.card_id
      AND card.status = 'printed' AND NOT card.held @> ARRAY[:reason]
      AND NOT EXISTS (SELECT FROM journal j WHERE j.subject = 'card:' || card.id AND j.action = 'card.released'
                      AND j.detail @> CAST(:decided AS jsonb))
    RETURNING card.id, card.number
    """
)


class AddressGone(NotFound):
    """Nothing is kept by which this recipient could be known again."""

    code = "erased"


def block(
    session: Session, *, campaign_id: int, card_id: uuid.UUID, ledger: Ledger, by: str, at: dt.datetime
) -> bool:
    """This will note that the recipient of this card wants no other, here and in the ledger beside the keys; False
    when that is known. Do it before an erasure takes the address away. Raises `CardUnknown`, `AddressGone`."""
    card = cards.get(session, campaign_id=campaign_id, card_id=card_id)
    index = session.scalar(select(Person.recipient_index).where(Person.card_id == card_id))
    if index is None:
        raise AddressGone("Who this card was for is not kept any more, so they cannot be known again.")
    added = session.scalar(
        insert(DoNotWrite)
        .values(recipient_index=index, at=at, by=by)
        .on_conflict_do_nothing()
        .returning(DoNotWrite.at)
    )
    if added is None:
        return False
    journal.write(
        session,
        campaign_id=campaign_id,
        action="recipient.declined",
        subject=f"card:{card_id}",
        number=card.number,
        by=by,
        at=at,
    )
    line = ledger_line(DoNotWrite(recipient_index=index, at=at, by=by))
    after_commit(session, lambda: ledger([line]))
    return True


def block_by_code(session: Session, *, code: str, ledger: Ledger, by: str, at: dt.datetime) -> None:
    """This will do the same for whoever holds the card, from `sealed` on; said again, it changes nothing, and the
    answer is the same: a code is no way to learn what a recipient said. Raises as `tracking.find_by_code` and `block`
    do, and `NotOnItsWay`."""
    card = tracking.find_by_code(session, code=code)
    tracking.left_us(card)
    block(session, campaign_id=card.campaign_id, card_id=card.card_id, ledger=ledger, by=by, at=at)


def ledger_line(wish: DoNotWrite) -> dict[str, Any]:
    """This will give the line of the ledger outside of the database; its id follows from the fingerprint, so that the
    same wish is one line however often it is written."""
    index = wish.recipient_index.hex()
    return {
        "kind": DO_NOT_WRITE,
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{DO_NOT_WRITE}/{index}")),
        "index": index,
        "at": wish.at.isoformat(),
        "by": wish.by,
    }


def ledger_lines(session: Session) -> list[dict[str, Any]]:
    """This will give the lines of every wish that the database knows, the oldest first."""
    return [ledger_line(wish) for wish in session.scalars(select(DoNotWrite).order_by(DoNotWrite.at))]


def note_again(session: Session, *, line: dict[str, Any], by: str, at: dt.datetime) -> bool:
    """This will note a wish that only the ledger knows; False when the database knows it too."""
    added = session.scalar(
        insert(DoNotWrite)
        .values(
            recipient_index=bytes.fromhex(line["index"]),
            at=dt.datetime.fromisoformat(line["at"]),
            by=line["by"],
        )
        .on_conflict_do_nothing()
        .returning(DoNotWrite.at)
    )
    if added is None:
        return False
    journal.write(
        session,
        campaign_id=None,
        action="recipient.declined",
        subject="database",
        detail={"replayed": True},
        by=by,
        at=at,
    )
    return True


def hold(session: Session, *, campaign_id: int, by: str, at: dt.datetime) -> int:
    """This will hold printed cards to those on the list for the desk; gives how many."""
    values = {"campaign_id": campaign_id, "reason": DECLINED, "decided": json.dumps({"held": [DECLINED]})}
    held = session.execute(_HOLD, values).all()
    for row in held:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="card.held",
            subject=f"card:{row.id}",
            number=row.number,
            detail={"held": [DECLINED]},
            by=by,
            at=at,
        )
    return len(held)
