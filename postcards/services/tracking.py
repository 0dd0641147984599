"""A recipient's word: the card has arrived, and thanks. Taken once; no later receipt takes it back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards.db import AtOnce
from postcards.errors import Denied, Invalid, NotFound, says
from postcards.jobs import SEND_MAIL, enqueue
from postcards.models import Arrival, Campaign, Card, Mail
from postcards.queries import tracked_card
from postcards.queries.tracked_card import CardSeen, TrackedCard
from postcards.rules import card_life, tracking_code
from postcards.rules.card_life import CardStatus
from postcards.rules.text import clean, faults_in
from postcards.services import journal, tallies
from postcards.vault import Vault

Found = TypeVar("Found", bound=CardSeen)

#: A card can change twice while we look (sealed → handed over → returned), hardly more often.
_LOOKS = 5

_REPLACED = says("This code was replaced: the card was printed anew, with another code on it.")

#: Characters that thanks may have: as much as a postcard's message side takes by hand.
THANKS_LENGTH = 500


class Mistyped(NotFound):
    """The check character says that a sign of the code is wrong."""

    code = "mistyped"


class UnknownCode(NotFound):
    """A right code that no card has."""

    code = "unknown"


class CodeEnded(NotFound):
    """The code was good once: the card was given up, or printed anew with another."""

    code = "replaced"
    gone = True


class NotOnItsWay(Denied):
    """The card has not left us, so it cannot have arrived."""

    code = "not_sent_yet"


class NotArrived(Denied):
    """Thanks come after the arrival."""

    code = "not_arrived"


class AlreadyThanked(Denied):
    """Other thanks stand there already; the first are kept."""

    code = "already_thanked"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation did: `first` is False when the arrival was known already."""

    card_id: uuid.UUID
    number: int
    first: bool


def find_by_code(session: Session, *, code: str) -> TrackedCard:
    """This will find the card of a tracking code as a person typed it. Raises the refusals above."""
    read = _read(code, length=tracking_code.TRACKING_LENGTH)
    found = tracked_card.by_code(session, read)
    return _good(found, lambda: tracked_card.was_replaced(session, read))


def look_up(at_once: AtOnce, *, code: str) -> CardSeen:
    """This will find it for who only looks, in one bare statement. Raises the refusals above."""
    read = _read(code, length=tracking_code.TRACKING_LENGTH)
    found = tracked_card.look_up(at_once, read)
    return _good(found, lambda: tracked_card.look_whether_replaced(at_once, read))


def find_by_slip_code(session: Session, *, slip_code: str) -> TrackedCard:
    """This will find the card of a sender's slip; a replaced one still leads there: they hold it."""
    found = tracked_card.by_slip_code(session, _read(slip_code, length=tracking_code.SLIP_LENGTH))
    if found is None:
        raise UnknownCode("We know no card with this code.")
    return found


def left_us(card: CardSeen) -> None:
    """This will refuse a card that nobody but us can hold. Raises `NotOnItsWay`."""
    if CardStatus(card.status) not in {CardStatus.ARRIVED, *card_life.before(CardStatus.ARRIVED)}:
        raise NotOnItsWay("This card is still with us: it has not been given to the post yet.")


def confirm_arrival(session: Session, *, code: str, by: str, at: dt.datetime) -> Confirmed:
    """This will note that the card has arrived, from `sealed` on; said again, it changes nothing.

    The card's open manifest line stays open until the Post answers for it. The sender's notice is asked for when
    they wished for one. Raises `Mistyped`, `UnknownCode`, `CodeEnded`, `NotOnItsWay`.
    """
    for _ in range(_LOOKS):
        card = find_by_code(session, code=code)
        status = CardStatus(card.status)
        if status is CardStatus.ARRIVED:
            return Confirmed(card.card_id, card.number, first=False)
        left_us(card)
        moved = session.execute(
            update(Card)
            .where(Card.id == card.card_id, Card.status == status, Card.code == card.code)
            .values(status=CardStatus.ARRIVED, arrived_at=at)
        )
        if moved.rowcount == 1:  # type: ignore[attr-defined]
            _note_arrival(session, card, by=by, at=at)
            return Confirmed(card.card_id, card.number, first=True)
    raise NotOnItsWay("This card is being looked at just now. Please try again in a moment.", code="busy")


def _note_arrival(session: Session, card: TrackedCard, *, by: str, at: dt.datetime) -> None:
    session.execute(insert(Arrival).values(card_id=card.card_id, campaign_id=card.campaign_id, arrived_at=at))
    if card.arrival_notice and card.has_email:
        # The id follows from the card: one card and kind can never have two, whatever happens to the row.
        mail_id = uuid.uuid5(card.card_id, "arrival_notice")
        session.execute(
            insert(Mail)
            .values(
                id=mail_id,
                campaign_id=card.campaign_id,
                card_id=card.card_id,
                kind="arrival_notice",
                not_before=at,
                requested_at=at,
            )
            .on_conflict_do_nothing()
        )
        enqueue(session, SEND_MAIL)
    journal.write(
        session,
        campaign_id=card.campaign_id,
        action="card.arrived",
        subject=f"card:{card.card_id}",
        number=card.number,
        detail={"from": card.status},
        by=by,
        at=at,
    )
    move = tallies.Move(card.venue_slug, card.country, card.status, CardStatus.ARRIVED)
    tallies.move(session, campaign_id=card.campaign_id, moves=[move])


def leave_thanks(session: Session, *, vault: Vault, code: str, text: str, by: str, at: dt.datetime) -> bool:
    """This will keep the recipient's thanks, sealed, for the sender; True when they are new.

    The first thanks stay: the same again is fine, others are refused. Raises `Invalid` for what cannot be kept (at
    most THANKS_LENGTH characters), `NotArrived`, `AlreadyThanked`, and the refusals of `find_by_code`.
    """
    kept = clean(text)
    if faults := faults_in(kept, field="text", max_length=THANKS_LENGTH):
        raise Invalid("These thanks cannot be kept as they are.", faults=faults)
    card = find_by_code(session, code=code)
    if card.status != CardStatus.ARRIVED:
        raise NotArrived("Please tell us first that the card has arrived.")
    if card.thanks is None:
        key_id = session.get_one(Campaign, card.campaign_id).data_key
        sealed = vault.seal(key_id, kept.encode(), about=f"{card.card_id}/thanks")
        written = session.execute(
            update(Arrival)
            .where(Arrival.card_id == card.card_id, Arrival.thanks.is_(None))
            .values(thanks=sealed, key_id=key_id, thanks_at=at)
        )
        if written.rowcount == 1:  # type: ignore[attr-defined]
            journal.write(
                session,
                campaign_id=card.campaign_id,
                action="card.thanked",
                subject=f"card:{card.card_id}",
                number=card.number,
                by=by,
                at=at,
            )
            return True
        card = find_by_code(session, code=code)
    if open_thanks(vault, card) != kept:
        raise AlreadyThanked("Thanks stand with this card already; the first ones are kept.")
    return False


def open_thanks(vault: Vault, card: TrackedCard) -> str | None:
    """This will decrypt the thanks, None when there are none. Raises `KeyMissing` after retention."""
    if card.thanks is None or card.thanks_key is None:
        return None
    return vault.open(card.thanks_key, card.thanks, about=f"{card.card_id}/thanks").decode()


def _read(text: str, *, length: int) -> str:
    code = tracking_code.normalise(text)
    if not tracking_code.is_well_formed(code, length=length):
        raise Mistyped("A sign of this code is not right. Please compare it with the card, letter by letter.")
    return code


def _good(card: Found | None, was_replaced: Callable[[], bool]) -> Found:
    if card is None:
        if was_replaced():
            raise CodeEnded(_REPLACED)
        raise UnknownCode("We know no card with this code.")
    if card.status == CardStatus.VOID or card.ended == "void":
        raise CodeEnded("This card was given up before it could travel.", code="void")
    if card.ended is not None:
        raise CodeEnded(_REPLACED)
    return card
