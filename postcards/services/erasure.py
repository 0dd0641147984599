"""Erases what is kept of people because somebody asks: sender, recipient, words, thanks, mail; and says what stays.

A card that has not left us does not travel any more: it is given up. One that the Post has been shown goes on, for
paper cannot be called back. Numbers, country and dates stay. Each erasure stands in the ledger, without anybody's
data; asked again, there is nothing left.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from postcards.db import after_commit
from postcards.errors import Denied, NotFound, says
from postcards.models import Card, Erasure
from postcards.queries import cards_at_desk
from postcards.rules.retention import PARTS
from postcards.rules.text import clean
from postcards.rules.tracking_code import SLIP_LENGTH, is_well_formed, normalise, spaced
from postcards.services import cards, forgetting, journal, people, print_files
from postcards.services.forgetting import Ledger, Outbox
from postcards.services.print_files import Files
from postcards.services.tracking import Mistyped, UnknownCode
from postcards.vault import Vault

#: What became of the paper of a card that is given up; "missing" keeps its stamp apart until the desk settles it.
PAPER = ("destroyed", "missing")


class NumberGivenAgain(Denied):
    """The number has been on more than one card: on one that was erased, or that still holds something of people."""

    code = "number_given_again"


#: Cards of a number of which something of people is there, the one that had it last first.
_KEPT = text(
    """
    SELECT k.id FROM card k JOIN person p ON p.card_id = k.id LEFT JOIN arrival a ON a.card_id = k.id
    WHERE k.campaign_id = :campaign_id AND k.number = :number
      AND (coalesce(p.sender, p.recipient, p.message, p.volunteer, a.thanks) IS NOT NULL OR p.email_index IS NOT NULL)
    ORDER BY k.status = 'void', k.received_at DESC
    """
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What an erasure reaches besides the database; `ledger` writes lines outside of it."""

    vault: Vault
    files: Files
    outbox: Outbox
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done with one card; `parts` is empty when nothing was left of it.

    `status` is what it was before. `travels`: the paper is with the Post or the recipient. `manifests` are lists that
    still hold its country and postcode, `print_runs` runs whose file was taken away because it was in them.
    """

    card_id: uuid.UUID
    number: int
    status: str
    parts: tuple[str, ...]
    voided: bool
    paper: str | None
    manifests: tuple[int, ...]
    print_runs: tuple[int, ...]

    @property
    def travels(self) -> bool:
        """Whether paper with names on it is out of our hands."""
        return self.status in ("sealed", "handed_over", "arrived")


def by_number(session: Session, *, campaign_id: int, number: int, again: bool = False) -> list[uuid.UUID]:
    """This will find the card of a number: the living one, else the one that was given up last.

    Raises `NotFound`; `NumberGivenAgain` when another card of this number still holds something of people, or was
    erased and this one has it now, unless `again` says that this one is meant.
    """
    found = session.execute(
        select(Card.id)
        .where(Card.campaign_id == campaign_id, Card.number == number)
        .order_by(Card.status == "void", Card.received_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(says("There is no card %(number)s in this campaign.", number=number))
    kept = list(session.scalars(_KEPT, {"campaign_id": campaign_id, "number": number}))
    if not again and [card for card in kept if card != found]:
        raise NumberGivenAgain(
            says(
                "Number %(number)s has been on more than one card. Something about people is still kept of: "
                "%(codes)s. Say with --code which card is meant; --again means the one that had the number last.",
                number=number,
                codes=", ".join(spaced(session.get_one(Card, card).code) for card in kept),
            )
        )
    earlier = session.execute(
        select(Erasure.at)
        .where(Erasure.campaign_id == campaign_id, Erasure.number == number, Erasure.card_id != found)
        .order_by(Erasure.at.desc())
        .limit(1)
    ).scalar_one_or_none()
    if earlier is not None and not again and not _is_erased(session, found):
        raise NumberGivenAgain(
            says(
                "The card that had number %(number)s was erased on %(earlier)s, and its "
                "number was given to another card since. To erase this other one, say so "
                "with --again.",
                number=number,
                earlier=f"{earlier:%Y-%m-%d}",
            )
        )
    return [found]


def by_code(session: Session, *, campaign_id: int, code: str) -> list[uuid.UUID]:
    """This will find the card of a code as a person typed it: the one on the card, or on its sender's slip, also one
    that was replaced or ended. Raises `Mistyped`, `UnknownCode`."""
    read = normalise(code)
    if not is_well_formed(read) and not is_well_formed(read, length=SLIP_LENGTH):
        raise Mistyped("A sign of this code is not right. Please compare it with the card, letter by letter.")
    found = cards_at_desk.find_by_code(session, campaign_id=campaign_id, code=read)
    if found is None:
        raise UnknownCode("We know no card with this code.")
    return [found]


def by_email(
    session: Session, *, campaign_id: int, email: str, vault: Vault
) -> tuple[list[uuid.UUID], bytes]:
    """This will find every card of the sender with that address, and give the address's blind index."""
    index = people.email_index(vault, clean(email))
    found = session.scalars(
        text(
            """
            SELECT card.id FROM person JOIN card ON card.id = person.card_id
            WHERE person.campaign_id = :campaign_id AND person.email_index = :index ORDER BY card.number
            """
        ),
        {"campaign_id": campaign_id, "index": index},
    )
    return list(found), index


def erased_before(
    session: Session, *, campaign_id: int, card_id: uuid.UUID | None = None, email_index: bytes | None = None
) -> dt.datetime | None:
    """This will tell when that card, or the cards of that address, were erased last; None for never."""
    of = Erasure.card_id == card_id if card_id is not None else Erasure.email_index == email_index
    return session.scalars(
        select(Erasure.at).where(Erasure.campaign_id == campaign_id, of).order_by(Erasure.at.desc()).limit(1)
    ).first()


def erase(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    tools: Tools,
    asked: str,
    paper: str | None = None,
    email_index: bytes | None = None,
    by: str,
    at: dt.datetime,
) -> Erased:
    """This will take away all that is kept of people for this card, and give the card up when it has not left us.

    `paper` says what became of paper that there is (of `PAPER`; "missing" when nothing is said). A stamp that comes
    back goes to the end of the drawer. Again, it changes nothing. Raises `CardUnknown`.
    """
    card = cards.lock(session, campaign_id=campaign_id, card_id=card_id)
    before, number = card.status, card.number
    gone = forgetting.forget(session, vault=tools.vault, outbox=tools.outbox, wanted={card_id: PARTS})
    parts = gone.parts.get(card_id, ())
    voided = before in cards.VOIDABLE
    if voided:
        on_paper = before != "registered" or card.print_run_id is not None
        paper = (paper or "missing") if on_paper else "none"
        cards.give_up(session, card=card, reason="erased", paper=paper, last=True, by=by, at=at)
    forgetting.forget_remarks(session, campaign_id=campaign_id, cards=[card_id])
    runs = print_files.forget(
        session, campaign_id=campaign_id, files=tools.files, card_id=card_id, by=by, at=at
    )
    if parts or voided:
        _record(
            session,
            tools.ledger,
            Erasure(
                id=uuid.uuid4(), campaign_id=campaign_id, card_id=card_id, number=number, asked=asked,
                parts=list(parts), status=before, voided=voided, email_index=email_index, at=at, by=by,
            ),
        )  # fmt: skip
    return Erased(
        card_id=card_id,
        number=number,
        status=before,
        parts=parts,
        voided=voided,
        paper=paper if voided else None,
        manifests=_manifests(session, card_id),
        print_runs=tuple(runs),
    )


def ledger_line(slug: str, row: Erasure) -> dict[str, Any]:
    """This will give the line of the ledger outside of the database for a row of the one inside."""
    return {
        "id": str(row.id),
        "campaign": slug,
        "card": str(row.card_id),
        "number": row.number,
        "asked": row.asked,
        "parts": list(row.parts),
        "status": row.status,
        "voided": row.voided,
        "email_index": row.email_index.hex() if row.email_index else None,
        "at": row.at.isoformat(),
        "by": row.by,
    }


def _record(session: Session, ledger: Ledger, row: Erasure) -> None:
    session.add(row)
    session.flush()
    journal.write(
        session,
        campaign_id=row.campaign_id,
        action="card.erased",
        subject=f"card:{row.card_id}",
        number=row.number,
        detail={"parts": list(row.parts), "asked": row.asked, "before": row.status, "voided": row.voided},
        by=row.by,
        at=row.at,
    )
    slug = session.scalar(text("SELECT slug FROM campaign WHERE id = :id"), {"id": row.campaign_id})
    line = ledger_line(str(slug), row)
    # After the commit: a line about what was rolled back would erase somebody at the next restore.
    after_commit(session, lambda: ledger([line]))


def _is_erased(session: Session, card_id: uuid.UUID) -> bool:
    return session.scalar(select(Erasure.id).where(Erasure.card_id == card_id).limit(1)) is not None


def _manifests(session: Session, card_id: uuid.UUID) -> tuple[int, ...]:
    rows = session.scalars(
        text(
            """
            SELECT DISTINCT m.number FROM manifest_line l JOIN manifest m ON m.id = l.manifest_id
            WHERE l.card_id = :card_id AND m.content IS NOT NULL ORDER BY 1
            """
        ),
        {"card_id": card_id},
    )
    return tuple(rows)
