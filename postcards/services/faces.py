"""Turns cards at rest into faces to draw: the look of the campaign, and each card's own words, opened just for this."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Card, Person
from postcards.rules.card_words import address_lines
from postcards.rules.edition import Edition
from postcards.rules.face import Face, Indicia, Look
from postcards.services import people
from postcards.vault import Vault


def look_of(edition: Edition, *, slug: str, cap: int, test: bool) -> Look:
    """This will give what every card of the campaign shares; with `test` no card can be mistaken for a real one."""
    return Look(
        slug=slug,
        title=edition.name,
        heading=edition.card.heading or "",
        cap=cap,
        cachet_placement=edition.cachet.placement,  # type: ignore[arg-type]
        cachet_ring=edition.cachet.ring,
        indicia=Indicia(
            country=edition.indicia.country,
            words=edition.indicia.words,
            licence=edition.indicia.licence,
            office=edition.indicia.office,
        ),
        priority_mark=edition.card.priority_mark,
        return_address=edition.card.return_address,
        credits=tuple(credit.name for credit in edition.credits),
        place=edition.city,
        test=test,
        practice=False,
    )


def tracking_url(public_url: str, code: str) -> str:
    """This will give the address in the QR: upper case throughout, so that it stays in alphanumeric mode."""
    return f"{public_url}/T/{code}".upper()


def faces_of(
    session: Session, *, card_ids: Sequence[uuid.UUID], edition: Edition, vault: Vault, public_url: str
) -> dict[uuid.UUID, Face]:
    """This will open and lay out the words of these cards. Raises `PersonGone` when one was erased."""
    rows = session.execute(
        select(Card.id, Card.number, Card.code, Person)
        .join(Person, Person.card_id == Card.id)
        .where(Card.id.in_(card_ids))
    )
    found = {}
    for row in rows:
        recipient = people.open_recipient(vault, row.Person)
        sender = people.open_sender(vault, row.Person) if row.Person.sender is not None else None
        found[row.id] = Face(
            number=row.number,
            tracking_code=row.code,
            url=tracking_url(public_url, row.code),
            address_lines=address_lines(recipient.name, recipient.address, edition=edition),
            sender_name=sender.name if sender and edition.card.sender != "none" else None,
            message=people.open_message(vault, row.Person),
        )
    return found
