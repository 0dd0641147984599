"""Erases again whom a restored backup brought back, and notes again who wants no other card: the ledger that stands
outside of the database is the truth."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Campaign, Card, Erasure
from postcards.models.erasure import DO_NOT_WRITE
from postcards.rules.retention import PARTS
from postcards.services import block_list, cards, forgetting, journal, print_files
from postcards.services.forgetting import Outbox
from postcards.services.print_files import Files


@dataclass(slots=True)
class Replayed:
    """How many erasures were done again; `elsewhere` are of cards that this database does not have. `wishes`: how
    many recipients are known again who want no other card."""

    again: int = 0
    known: int = 0
    elsewhere: int = 0
    wishes: int = 0


def replay(
    session: Session,
    *,
    lines: Iterable[dict[str, Any]],
    files: Files,
    outbox: Outbox,
    by: str,
    at: dt.datetime,
) -> Replayed:
    """This will do every erasure of the ledger that this database does not know, and write it down with its own id;
    wishes for no other card are noted too.

    No key is needed, for nothing is opened. A card that had been given up for it is given up again; one that was with
    the Post then and waits for paper now is given up too, with its paper missing: its stamp is not given to another.
    """
    done = Replayed()
    known = set(session.scalars(select(Erasure.id)))
    campaigns = {row.slug: row.id for row in session.execute(select(Campaign.slug, Campaign.id))}
    touched = set()
    for line in lines:
        if line.get("kind") == DO_NOT_WRITE:
            if block_list.note_again(session, line=line, by=by, at=at):
                done.wishes += 1
            else:
                done.known += 1
            continue
        if uuid.UUID(line["id"]) in known:
            done.known += 1
            continue
        campaign_id = campaigns.get(line["campaign"])
        card = session.get(Card, uuid.UUID(line["card"]))
        if card is None or card.campaign_id != campaign_id:
            done.elsewhere += 1
            continue
        _again(session, card, line, outbox, by=by, at=at)
        known.add(uuid.UUID(line["id"]))
        touched.add(card.campaign_id)
        done.again += 1
    for campaign_id in sorted(touched):
        print_files.forget(session, campaign_id=campaign_id, files=files, by=by, at=at)
    return done


def _again(
    session: Session, card: Card, line: dict[str, Any], outbox: Outbox, *, by: str, at: dt.datetime
) -> None:
    card = cards.lock(session, campaign_id=card.campaign_id, card_id=card.id)
    forgetting.forget(session, vault=None, outbox=outbox, wanted={card.id: PARTS})
    never_left = line["voided"] and card.status in cards.VOIDABLE
    if never_left or card.status == "registered":
        paper = "none" if never_left and card.status == line["status"] == "registered" else "missing"
        cards.give_up(session, card=card, reason="erased", paper=paper, last=True, by=by, at=at)
    forgetting.forget_remarks(session, campaign_id=card.campaign_id, cards=[card.id])
    session.add(
        Erasure(
            id=uuid.UUID(line["id"]),
            campaign_id=card.campaign_id,
            card_id=card.id,
            number=card.number,
            asked=line["asked"],
            parts=line["parts"],
            status=line["status"],
            voided=line["voided"],
            email_index=bytes.fromhex(line["email_index"]) if line["email_index"] else None,
            at=dt.datetime.fromisoformat(line["at"]),
            by=line["by"],
        )
    )
    session.flush()
    journal.write(
        session,
        campaign_id=card.campaign_id,
        action="card.erased",
        subject=f"card:{card.id}",
        number=card.number,
        detail={"parts": line["parts"], "replayed": True},
        by=by,
        at=at,
    )
