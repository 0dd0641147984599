"""What a code tells whoever holds it: where the card stands, never who it is from or for."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from postcards.db import AtOnce
from postcards.models import Arrival, Campaign, Card, Person, TrackingCode


@dataclass(frozen=True, slots=True)
class CardSeen:
    """What the recipient's page shows of the card behind a code. `ended` says why the code itself is no longer good.

    Times are aware. The fields stand in the order of the columns that are selected below.
    """

    campaign_id: int
    campaign_slug: str
    cap: int
    number: int
    code: str
    ended: str | None
    status: str
    registered_at: dt.datetime
    sealed_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    arrived_at: dt.datetime | None
    thanks_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class TrackedCard(CardSeen):
    """The card with what else must be known to move it, and to show its sender how far it has come.

    `thanks` is sealed, about "CARD-ID/thanks" under `thanks_key`; the card was written at `venue_slug`.
    """

    card_id: uuid.UUID
    country: str
    venue_slug: str | None
    arrival_notice: bool
    printed_at: dt.datetime | None
    has_email: bool
    thanks_key: str | None
    thanks: bytes | None


def look_up(at_once: AtOnce, code: str) -> CardSeen | None:
    """This will find what a tracking code leads to, for who only looks; None when there is no card (yet).

    A bare statement on the driver's connection: with a session around it, it takes four times as long.
    """
    row = at_once.one(_LOOK_UP, {"code": code})
    return None if row is None else CardSeen(*row)


def by_code(session: Session, code: str) -> TrackedCard | None:
    """This will find the card that a tracking code was given for; None when there is none (yet)."""
    row = session.execute(_BY_CODE, {"code": code}).one_or_none()
    return None if row is None else TrackedCard(*row)


def was_replaced(session: Session, code: str) -> bool:
    """This will tell whether that code stands on a stock card whose stamp was given back without it."""
    return bool(session.execute(text(_REPLACED), {"code": code}).scalar())


def look_whether_replaced(at_once: AtOnce, code: str) -> bool:
    """This will tell the same on the driver's connection."""
    row = at_once.one(_LOOK_WHETHER_REPLACED, {"code": code})
    return row is not None and bool(row[0])


def by_slip_code(session: Session, slip_code: str) -> TrackedCard | None:
    """This will find the card of a sender's slip, also when the card has since been given a new code."""
    row = session.execute(_BY_SLIP_CODE, {"code": slip_code}).one_or_none()
    return None if row is None else TrackedCard(*row)


_SEEN = (
    Card.campaign_id,
    Campaign.slug.label("campaign_slug"),
    Campaign.cap,
    Card.number,
    TrackingCode.code,
    TrackingCode.ended,
    Card.status,
    Card.registered_at,
    Card.sealed_at,
    Card.handed_over_at,
    Card.arrived_at,
    Arrival.thanks_at,
)
_BESIDES = (
    Card.id.label("card_id"),
    Card.country,
    Card.venue_slug,
    Card.arrival_notice,
    Card.printed_at,
    Person.email_index.is_not(None).label("has_email"),
    Arrival.key_id.label("thanks_key"),
    Arrival.thanks,
)


def _cards(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(TrackingCode)
        .join(Card, (Card.campaign_id == TrackingCode.campaign_id) & (Card.id == TrackingCode.card_id))
        .join(Campaign, Campaign.id == Card.campaign_id)
        .outerjoin(Arrival, Arrival.card_id == Card.id)
    )


# Built once: the recipient's page is looked at most.
_WHOLE = _cards(*_SEEN, *_BESIDES).outerjoin(Person, Person.card_id == Card.id)
_BY_CODE = _WHOLE.where(TrackingCode.code == bindparam("code"))
_BY_SLIP_CODE = _WHOLE.where(TrackingCode.slip_code == bindparam("code"))
_REPLACED = "SELECT EXISTS (SELECT FROM tracking_code WHERE code = :code AND ended = 'replaced')"
_LOOK_WHETHER_REPLACED = _REPLACED.replace(":code", "%(code)s").encode()
_LOOK_UP = str(
    _cards(*_SEEN)
    .where(TrackingCode.code == bindparam("code"))
    .compile(dialect=postgresql.dialect(paramstyle="pyformat"))  # type: ignore[no-untyped-call]
).encode()
