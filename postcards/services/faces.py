"""Turns cards at rest into faces to draw: the look of the campaign, and each card's own words, opened just for this."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.errors import NotFound, Unavailable, says
from postcards.models import Card, Person
from postcards.rules.card_words import address_lines
from postcards.rules.edition import Edition
from postcards.rules.face import Face, Indicia, Look
from postcards.services import people
from postcards.vault import Vault


class Reads(Protocol):
    """Where files are kept that hold nobody's data."""

    def get(self, key: str) -> bytes: ...


class PictureGone(Unavailable):
    """The edition's own picture is not in the storage, or is not the one that was put there."""

    code = "picture_gone"


def own_picture(edition: Edition, files: Reads) -> bytes | None:
    """This will give the edition's own picture, None when it has none. Raises `PictureGone`."""
    kept = edition.card.picture_sha256
    if kept is None:
        return None
    try:
        picture = files.get(picture_key(kept))
    except NotFound as missing:
        raise PictureGone(
            says(
                "The picture %(picture)s of this campaign is not in the storage.",
                picture=edition.card.picture,
            )
        ) from missing
    if hashlib.sha256(picture).hexdigest() != kept:
        raise PictureGone(
            says(
                "The picture %(picture)s of this campaign was altered in the storage.",
                picture=edition.card.picture,
            )
        )
    return picture


def picture_key(sha256: str) -> str:
    """This will give the key under which an edition's own picture is kept."""
    return f"pictures/{sha256}"


def look_of(edition: Edition, *, slug: str, cap: int, test: bool, picture: bytes | None = None) -> Look:
    """What every card of the campaign shares. With `test` no card can be mistaken for a real one; `picture` is that
    of `own_picture`. This will return a Look.
    """
    return Look(
        slug=slug,
        title=edition.name.removesuffix(f"· {edition.city}").rstrip(),  # the place stands below it
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
        # Where to name the sender's place would tell too much, the picture does not name it either.
        place=edition.city if edition.card.sender == "name-and-place" else "",
        test=test,
        practice=False,
        message_area=edition.card.message_area,  # type: ignore[arg-type]
        picture=picture,
        picture_words=edition.card.picture_words,
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
            country=recipient.address.country,
        )
    return found
