"""What can be done with a registered card: correct it, void it, record that it was printed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, NotFound, says
from postcards.models import Campaign, Card, Person, PrintLog, TrackingCode
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords, check_words, placed
from postcards.rules.edition import Edition
from postcards.rules.text import clean, faults_in
from postcards.services import drawer, journal, new_codes, people, second_prints, tallies
from postcards.services.registration import PrintCheck
from postcards.services.tallies import Move
from postcards.vault import Vault

#: From these a card's words may be changed; later ones belong to the Post.
CHANGEABLE = ("registered", "printed")
#: From these a card may be given up.
VOIDABLE = ("registered", "printed", "refused", "returned")
#: Why a card is held that a print run could not print; a change after which it can settles it.
CANNOT_BE_PRINTED = "print_fault"
#: Characters of a reason for a second print or for giving a card up.
REASON_MAX = 200


class CardUnknown(NotFound):
    """There is no such card here, or it is another kiosk's."""

    code = "unknown"


class Sealed(Denied):
    """The card is on a sealed manifest: what the Post has been shown does not change."""

    code = "sealed"


class IsVoid(Denied):
    """The card was given up."""

    code = "void"


class ByHand(Denied):
    """Its sender wrote the card by hand: there is nothing that we could draw or correct."""

    code = "address_on_paper"


class InPrintRun(Denied):
    """A print run has claimed the card and will print it."""

    code = "in_print_run"


@dataclass(frozen=True, slots=True)
class SenderChange:
    """The sender as it shall be."""

    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """The recipient as it shall be."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Changes:
    """What shall change; a part that is None stays. `has_message` tells "no message" from "not said"."""

    sender: SenderChange | None = None
    recipient: RecipientChange | None = None
    message: str | None = None
    has_message: bool = False

    def faults_in_them(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those in what shall change: a fact on paper may break a rule elsewhere, where nothing can change any more."""
        said = {"sender": self.sender is not None, "recipient": self.recipient is not None}
        said["message"] = self.has_message
        return [fault for fault in faults if said.get(fault.field.partition(".")[0], False)]


def get(session: Session, *, campaign_id: int, card_id: uuid.UUID, kiosk_id: uuid.UUID | None = None) -> Card:
    """This will give the card; with `kiosk_id` only a card of that kiosk. Raises `CardUnknown`."""
    card = session.get(Card, card_id, populate_existing=True)
    if (
        card is None
        or card.campaign_id != campaign_id
        or (kiosk_id is not None and card.kiosk_id != kiosk_id)
    ):
        raise CardUnknown("There is no such card here.")
    return card


def lock(
    session: Session, *, campaign_id: int, card_id: uuid.UUID, kiosk_id: uuid.UUID | None = None
) -> Card:
    """This will give the card as `get` does, and let nobody else change it before the transaction ends."""
    get(session, campaign_id=campaign_id, card_id=card_id, kiosk_id=kiosk_id)
    return session.scalars(
        select(Card).where(Card.id == card_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def correct(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    kiosk_id: uuid.UUID | None = None,
    changes: Changes,
    edition: Edition,
    vault: Vault,
    print_check: PrintCheck,
    by: str,
    at: dt.datetime,
) -> Card:
    """This will change the card's words before sealing.

    A change that shows makes a printed card `registered` again under the same number with a new code. A card that a
    print run has claimed leaves that run, with a new code too: who draws it now may have its old words in hand, and
    that paper, should it come out, bears a code that is answered as replaced. Raises `Invalid`, `Sealed`, `IsVoid`,
    `CardUnknown`, `PersonGone`.
    """
    card = lock(session, campaign_id=campaign_id, card_id=card_id, kiosk_id=kiosk_id)
    if card.status not in CHANGEABLE:
        raise _too_late(card)
    drawn_by_us(card)
    person = session.get_one(Person, card_id)
    before = _words(card, person, vault)
    checked = check_words(_changed(before, changes), edition=edition, at=at)
    faults = changes.faults_in_them(checked.faults)
    if not faults:
        found = print_check(
            checked.lines if changes.recipient is not None else (),
            checked.words.sender_name if changes.sender is not None else "",
            checked.words.message if changes.has_message else None,
        )
        faults = placed(found, checked)
    if faults:
        raise Invalid(faults=faults)
    after = checked.words
    parts = people.sealed_parts(
        vault,
        key_id=person.key_id,
        card_id=card_id,
        sender=people.Sender(after.sender_name, after.sender_email),
        recipient=people.Recipient(after.recipient_name, after.address),
        message=after.message,
        volunteer=None,
    )
    del parts["volunteer"]
    session.execute(update(Person).where(Person.card_id == card_id).values(**parts))
    shows = (before.sender_name, before.recipient_name, before.address, before.message) != (
        after.sender_name,
        after.recipient_name,
        after.address,
        after.message,
    )
    status, country = card.status, card.country
    claimed = card.print_run_id is not None
    if shows:
        card.print_run_id = None
        if not print_check(checked.lines, after.sender_name, after.message):
            card.held = [reason for reason in card.held if reason != CANNOT_BE_PRINTED]
    if shows and (claimed or card.status == "printed"):
        new_codes.give(session, campaign_id=campaign_id, cards=[(card.id, card.number, card.code)], at=at)
        session.refresh(card, ["code"])
        card.status = "registered"
        card.printed_at = None
    card.country = after.address.country
    session.flush()
    if (status, country) != (card.status, card.country):
        tallies.move(
            session,
            campaign_id=campaign_id,
            moves=[
                Move(card.venue_slug, country, status, None),
                Move(card.venue_slug, card.country, None, card.status),
            ],
        )
    _journal(session, card, "card.corrected", detail={"shows": shows, "before": status}, by=by, at=at)
    return card


def void(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    kiosk_id: uuid.UUID | None = None,
    reason: str,
    paper: str,
    by: str,
    at: dt.datetime,
) -> Card:
    """This will give the card up; again, it changes nothing. Its stamp goes back and will get a new code.

    With `paper` "missing" the stamp is kept out of the drawer until the desk decides. Raises `Invalid`, `Sealed`,
    `CardUnknown`.
    """
    reason = _reason(reason, required=True)
    card = lock(session, campaign_id=campaign_id, card_id=card_id, kiosk_id=kiosk_id)
    if card.status == "void":
        return card
    if card.status not in VOIDABLE:
        raise _too_late(card)
    give_up(session, card=card, reason=reason, paper=paper, by=by, at=at)
    return card


def give_up(
    session: Session, *, card: Card, reason: str, paper: str, last: bool = False, by: str, at: dt.datetime
) -> None:
    """This will make a locked card void and see to its code and its stamp.

    With `last` the stamp goes to the end of the drawer.
    """
    before = card.status
    card.status, card.paper, card.void_reason, card.print_run_id = "void", paper, reason, None
    card.held = []  # there is nothing left to settle
    session.flush()
    session.execute(
        update(TrackingCode)
        .where(TrackingCode.code == card.code, TrackingCode.ended.is_(None))
        .values(ended="void", ended_at=at)
    )
    if paper == "missing":
        drawer.withdraw(session, campaign_id=card.campaign_id, number=card.number)
    else:
        drawer.put_back(
            session, campaign_id=card.campaign_id, numbers=[card.number], before="used", last=last
        )
    tallies.move(
        session, campaign_id=card.campaign_id, moves=[Move(card.venue_slug, card.country, before, "void")]
    )
    _journal(session, card, "card.voided", detail={"before": before, "paper": paper}, by=by, at=at)


def record_print(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    kiosk_id: uuid.UUID | None = None,
    print_id: uuid.UUID,
    printed_at: dt.datetime,
    reason: str | None,
    public_url: str | None,
    by: str,
    at: dt.datetime,
) -> tuple[Card, bool]:
    """This will record that the card came out of a printer; the same `print_id` again changes nothing (then the
    answer's second part is False).

    A second print of the same card says why. `public_url` freezes the address in the campaign's QR codes (None for
    test cards). Raises `Invalid`, `InPrintRun`, `PrintedElsewhere`, `Sealed`, `IsVoid`, `CardUnknown`.
    """
    reason = _reason(reason or "", required=False)
    card = lock(session, campaign_id=campaign_id, card_id=card_id, kiosk_id=kiosk_id)
    known = session.get(PrintLog, print_id)
    if known is not None:
        if known.card_id != card_id:
            raise Denied("This id was used for the print of another card.", code="id_reused")
        return card, False
    drawn_by_us(card)
    in_no_run(card)
    if card.status not in CHANGEABLE:
        raise _too_late(card)
    before = card.status
    if before == "printed":
        second_prints.check(session, card=card, reason=reason, by=by)
    if before == "registered":
        card.status, card.printed_at = "printed", printed_at
        session.flush()
        tallies.move(
            session, campaign_id=campaign_id, moves=[Move(card.venue_slug, card.country, before, "printed")]
        )
    session.execute(
        insert(PrintLog),
        {
            "id": print_id,
            "campaign_id": campaign_id,
            "card_id": card_id,
            "number": card.number,
            "code": card.code,
            "printed_at": printed_at,
            "recorded_at": at,
            "by": by,
            "reason": reason or None,
        },
    )
    if public_url is not None:
        freeze_public_url(session, campaign_id=campaign_id, public_url=public_url)
    _journal(session, card, "card.printed", detail={"again": before == "printed"}, by=by, at=at)
    return card, True


def drawn_by_us(card: Card) -> None:
    """This will refuse a stock card, of which we know no words. Raises `ByHand`."""
    if card.address_on_paper:
        raise ByHand(
            says(
                "No. %(number)s was written by hand on a stock card: we do not know its "
                "words. To change it, give it up and start a new stock card.",
                number=card.number,
            )
        )


def in_no_run(card: Card) -> None:
    """This will refuse a card that a print run has claimed: its paper comes from there. Raises `InPrintRun`."""
    if card.print_run_id is not None:
        raise InPrintRun("A print run is printing this card already. Wait for it, or ask the print desk.")


def slip_code_of(session: Session, card: Card) -> str:
    """This will give the sender's secret that goes with the card's code."""
    return session.scalars(select(TrackingCode.slip_code).where(TrackingCode.code == card.code)).one()


def freeze_public_url(session: Session, *, campaign_id: int, public_url: str) -> None:
    """This will keep the address that stands in printed QR codes, from the first real print on."""
    session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.public_url.is_(None))
        .values(public_url=public_url)
    )


def _words(card: Card, person: Person, vault: Vault) -> CardWords:
    sender = people.open_sender(vault, person)
    recipient = people.open_recipient(vault, person)
    return CardWords(
        sender_name=sender.name,
        sender_email=sender.email,
        recipient_name=recipient.name,
        address=recipient.address,
        message=people.open_message(vault, person),
        language=card.language,
        consent_version=card.consent_version,
        arrival_notice=card.arrival_notice,
        volunteer=None,
    )


def _changed(words: CardWords, changes: Changes) -> CardWords:
    if changes.sender is not None:
        words = replace(words, sender_name=changes.sender.name, sender_email=changes.sender.email)
    if changes.recipient is not None:
        words = replace(words, recipient_name=changes.recipient.name, address=changes.recipient.address)
    if changes.has_message:
        words = replace(words, message=changes.message)
    return words


def _reason(typed: str, *, required: bool) -> str:
    """Why, as it is kept; one line that a person can read."""
    reason = clean(typed)
    faults = faults_in(reason, field="reason", max_length=REASON_MAX, required=required)
    if faults:
        raise Invalid(faults=faults)
    return reason


def _too_late(card: Card) -> Denied:
    if card.status == "void":
        return IsVoid("This card was given up. Register a new one.")
    return Sealed("This card is on its way to the Post: it cannot be changed any more.")


def _journal(
    session: Session, card: Card, action: str, *, detail: dict[str, object], by: str, at: dt.datetime
) -> None:
    journal.write(
        session,
        campaign_id=card.campaign_id,
        action=action,
        subject=f"card:{card.id}",
        number=card.number,
        detail=detail,
        by=by,
        at=at,
    )
