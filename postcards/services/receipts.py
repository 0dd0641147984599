"""Takes the Post's answer to a manifest: kept as it came, counted once, and carried over to the cards.

An answer whose counts agree with the manifest closes it: what was accepted is handed over, what was refused
waits for the desk. One that names a `difference` is kept as disputed and moves nothing, for nobody can say
yet which cards are meant; a later answer that agrees settles it. An agreed answer is the last one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, Said, says, says_all
from postcards.jobs import RETAIN, enqueue
from postcards.models import Card, Manifest, ManifestLine, Receipt, ReceiptRefusal
from postcards.queries import manifests as manifest_queries
from postcards.queries.manifests import ManifestRow
from postcards.rules.card_life import CardStatus
from postcards.rules.text import clean, faults_in
from postcards.services import journal, tallies
from postcards.services.tallies import Move

REASON_MAX = 100
NOTE_MAX = 500
#: Any clock may be wrong; a year beyond these is a slip of the hand, and not every database client can read it.
FIRST_YEAR, LAST_YEAR = 2000, 2199


class IdReused(Denied):
    """The receipt's id belongs to another answer."""

    code = "id_reused"


class AlreadyAnswered(Denied):
    """The Post's answer to this manifest is final."""

    code = "already_answered"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A card that the Post did not take, by its number."""

    number: int
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Post says. `id` is made by the Post, so that saying it twice counts once.

    `difference` is how many cards are missing (negative) or too many; 0 when the counts agree. Either sign is taken,
    for the counts say which it is, and it is kept with the right one.
    """

    id: uuid.UUID
    accepted: int
    refused: tuple[Refusal, ...]
    received_at: dt.datetime
    difference: int
    note: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A receipt as it is kept. `first` is False when the same answer came again."""

    id: uuid.UUID
    number: int
    version: int
    status: str
    manifest_status: str
    first: bool


def record(
    session: Session,
    *,
    campaign_id: int,
    number: int,
    answer: Answer,
    body_mark: bytes,
    by: str,
    at: dt.datetime,
) -> Recorded:
    """Record the Post's answer to the newest version of a manifest and carry it over to the cards.

    `body_mark` compares a repeated answer with the first. This will raise `NotFound`, `Invalid` with every
    fault, `IdReused`, or `AlreadyAnswered`; a card that has arrived stays arrived whatever the answer says.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": f"receipt:{answer.id}"}
    )
    known = session.get(Receipt, answer.id)
    if known is not None:
        return _again(session, known, campaign_id, number, body_mark)
    found = manifest_queries.newest(session, campaign_id=campaign_id, number=number)
    manifest = session.execute(select(Manifest).where(Manifest.id == found.id).with_for_update()).scalar_one()
    if manifest_queries.newest(session, campaign_id=campaign_id, number=number).id != found.id:
        raise AlreadyAnswered("This manifest was just replaced by a new version. Load it again.")
    if manifest.status not in ("sealed", "disputed"):
        raise AlreadyAnswered(
            "This manifest was answered already, and the counts agreed. That answer stands."
        )
    lines = session.execute(
        select(ManifestLine.card_number, ManifestLine.card_id).where(ManifestLine.manifest_id == manifest.id)
    ).all()
    cards = {line.card_number: line.card_id for line in lines}
    answer = _checked(answer, cards, found)
    disputed = answer.difference != 0
    session.execute(
        insert(Receipt),
        {
            "id": answer.id,
            "campaign_id": campaign_id,
            "manifest_id": manifest.id,
            "status": "disputed" if disputed else "accepted",
            "accepted": answer.accepted,
            "refused": len(answer.refused),
            "difference": answer.difference,
            "note": answer.note,
            "received_at": answer.received_at,
            "recorded_at": at,
            "by": by,
            "body_mark": body_mark,
        },
    )
    if answer.refused:
        session.execute(
            insert(ReceiptRefusal),
            [
                {
                    "receipt_id": answer.id,
                    "card_id": cards[refusal.number],
                    "campaign_id": campaign_id,
                    "reason": refusal.reason,
                    "note": refusal.note,
                }
                for refusal in answer.refused
            ],
        )
    # The Post's clock is its own word; our deadlines count from no time before the sealing and none to come.
    handed_over_at = min(max(answer.received_at, manifest.sealed_at), at)
    status = "disputed" if disputed else "reconciled"
    if not disputed:
        refused = {refusal.number for refusal in answer.refused}
        _carry_over(session, campaign_id, manifest.id, refused, handed_over_at)
    session.execute(
        update(Manifest)
        .where(Manifest.id == manifest.id)
        .values(status=status, handed_over_at=None if disputed else handed_over_at)
    )
    if not disputed:  # typed messages go at hand-over
        enqueue(session, RETAIN, campaign_id=campaign_id)
    journal.write(
        session,
        campaign_id=campaign_id,
        action="receipt.recorded",
        subject=f"manifest:{number}",
        detail={
            "receipt": str(answer.id),
            "version": found.version,
            "accepted": answer.accepted,
            "refused": [refusal.number for refusal in answer.refused],
            "difference": answer.difference,
        },
        by=by,
        at=at,
    )
    return Recorded(
        id=answer.id,
        number=number,
        version=found.version,
        status="disputed" if disputed else "accepted",
        manifest_status=status,
        first=True,
    )


def _again(session: Session, known: Receipt, campaign_id: int, number: int, body_mark: bytes) -> Recorded:
    row = session.execute(
        select(Manifest.number, Manifest.version, Manifest.status).where(Manifest.id == known.manifest_id)
    ).one()
    if known.campaign_id != campaign_id or row.number != number or known.body_mark != body_mark:
        raise IdReused("This receipt id was used for another answer. Make a new id for this one.")
    return Recorded(
        id=known.id,
        number=row.number,
        version=row.version,
        status=known.status,
        manifest_status=row.status,
        first=False,
    )


def _checked(answer: Answer, cards: dict[int, uuid.UUID], manifest: ManifestRow) -> Answer:
    """The answer with its texts cleaned; `Invalid` with every fault."""
    faults: list[Fault] = []
    named = Counter(refusal.number for refusal in answer.refused)
    refused = []
    for place, refusal in enumerate(answer.refused):
        field = f"refused.{place}"
        if refusal.number not in cards:
            words = says(
                "Card %(number)s is not on manifest %(manifest)s.",
                number=refusal.number,
                manifest=manifest.number,
            )
            faults.append(Fault(f"{field}.number", "not_on_manifest", words))
        elif named[refusal.number] > 1:
            faults.append(
                Fault(
                    f"{field}.number",
                    "named_twice",
                    says("Card %(number)s is named twice.", number=refusal.number),
                )
            )
        reason, note = clean(refusal.reason), clean(refusal.note)
        faults += faults_in(reason, field=f"{field}.reason", max_length=REASON_MAX)
        faults += faults_in(note, field=f"{field}.note", max_length=NOTE_MAX, required=False)
        refused.append(Refusal(refusal.number, reason, note))
    note = clean(answer.note)
    faults += _faults_in_note(note)
    if not FIRST_YEAR <= answer.received_at.year <= LAST_YEAR:
        words = says("Must be a day between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)
        faults.append(Fault("received_at", "range", words))
    if answer.accepted < 0:
        faults.append(Fault("accepted", "range", "Cannot be less than none."))
    counted = answer.accepted + len(answer.refused)
    if abs(answer.difference) != abs(manifest.lines - counted):
        faults.append(Fault("difference", "counts_differ", _sum_up(answer, manifest.lines)))
    if faults:
        raise Invalid(faults=faults)
    return Answer(
        id=answer.id,
        accepted=answer.accepted,
        refused=tuple(refused),
        received_at=answer.received_at,
        difference=counted - manifest.lines,
        note=note,
    )


def _faults_in_note(note: str) -> list[Fault]:
    """A note may have several lines; each is looked at as a text of its own."""
    if len(note) > NOTE_MAX:
        return [
            Fault(
                "note",
                "too_long",
                says(
                    "This has %(length)s characters; at most %(most)s fit.",
                    length=len(note),
                    most=NOTE_MAX,
                ),
            )
        ]
    lines = note.replace("\r\n", "\n").split("\n")
    found = (faults_in(line, field="note", max_length=NOTE_MAX, required=False) for line in lines)
    return next((faults for faults in found if faults), [])


def _sum_up(answer: Answer, lines: int) -> Said:
    counted = answer.accepted + len(answer.refused)
    words = says(
        "%(accepted)s accepted and %(refused)s refused are %(counted)s, of %(lines)s listed.",
        accepted=answer.accepted,
        refused=len(answer.refused),
        counted=counted,
        lines=lines,
    )
    if counted == lines:
        return says_all([words, says("The counts agree, so the difference must be 0.")])
    remedy = says("Count again, or state the difference of %(difference)s.", difference=counted - lines)
    return says_all([words, remedy])


def _carry_over(
    session: Session, campaign_id: int, manifest_id: uuid.UUID, refused: set[int], at: dt.datetime
) -> None:
    """What the answer means for the cards. One that has arrived stays so, and its way began all the same."""
    cards = session.execute(
        select(Card.id, Card.number, Card.status, Card.venue_slug, Card.country)
        .join(
            ManifestLine,
            (ManifestLine.campaign_id == Card.campaign_id) & (ManifestLine.card_id == Card.id),
        )
        .where(ManifestLine.manifest_id == manifest_id, ManifestLine.is_open)
        .order_by(Card.id)
        .with_for_update(of=Card)
    ).all()
    session.execute(
        update(ManifestLine)
        .where(ManifestLine.manifest_id == manifest_id, ManifestLine.is_open)
        .values(is_open=False)
    )
    taken = [card for card in cards if card.number not in refused]
    waiting = [card for card in taken if card.status == CardStatus.SEALED]
    arrived = [card for card in taken if card.status == CardStatus.ARRIVED]
    back = [card for card in cards if card.number in refused and card.status == CardStatus.SEALED]
    _become(session, campaign_id, waiting, CardStatus.HANDED_OVER, at)
    _become(session, campaign_id, back, CardStatus.REFUSED, None)
    if arrived:
        session.execute(
            update(Card)
            .where(Card.id.in_([card.id for card in arrived]), Card.status == CardStatus.ARRIVED)
            .values(handed_over_at=func.least(at, Card.arrived_at))  # nothing arrives before it left
        )


def _become(
    session: Session,
    campaign_id: int,
    cards: Sequence[Row[uuid.UUID, int, str, str | None, str]],
    status: CardStatus,
    handed_over_at: dt.datetime | None,
) -> None:
    if not cards:
        return
    moved = session.execute(
        update(Card)
        .where(
            Card.campaign_id == campaign_id,
            Card.id.in_([card.id for card in cards]),
            Card.status == CardStatus.SEALED,
        )
        .values(status=status, handed_over_at=handed_over_at)
        .returning(Card.id)
    ).all()
    if len(moved) != len(cards):
        raise RuntimeError(f"{len(moved)} of {len(cards)} locked cards became {status}")
    groups = Counter((card.venue_slug, card.country) for card in cards)
    tallies.move(
        session,
        campaign_id=campaign_id,
        moves=[Move(venue, country, CardStatus.SEALED, status, n) for (venue, country), n in groups.items()],
    )
