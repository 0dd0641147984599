"""What a code tells whoever holds it: where the card stands, never who it is from or for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from postcards.db import AtOnce
from postcards.models import Arrival, Campaign, Card, Person, TrackingCode


@dataclass(frozen=True, slots=True)
class TrackedCard:
    """One card behind a code. `ended` says why the code itself is no longer good; times are aware.

    `thanks` is sealed, about "CARD-ID/thanks" under `thanks_key`; the card was written at `venue_slug`. The fields
    stand in the order of the columns that are selected below.
    """

    campaign_id: int
    campaign_slug: str
    cap: int
    card_id: uuid.UUID
    number: int
    code: str
    ended: str | None
    status: str
    country: str
    venue_slug: str | None
    arrival_notice: bool
    registered_at: dt.datetime
    printed_at: dt.datetime | None
    sealed_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    arrived_at: dt.datetime | None
    has_email: bool
    thanks_key: str | None
    thanks: bytes | None
    thanks_at: dt.datetime | None


def by_code(session: Session, code: str) -> TrackedCard | None:
    """This will find the card that a tracking code was given for; None when there is none (yet)."""
    return _card(session.execute(_BY_CODE, {"code": code}).one_or_none())


def look_up(at_once: AtOnce, code: str) -> TrackedCard | None:
    """This will find it as `by_code` does, for who looks and goes: a fifth of the time with no session around it."""
    return _card(at_once.one(_LOOK_UP, {"code": code}))


def by_slip_code(session: Session, slip_code: str) -> TrackedCard | None:
    """This will find the card of a sender's slip, also when the card has since been given a new code."""
    return _card(session.execute(_BY_SLIP_CODE, {"code": slip_code}).one_or_none())


def _cards() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Card.campaign_id,
            Campaign.slug.label("campaign_slug"),
            Campaign.cap,
            Card.id.label("card_id"),
            Card.number,
            TrackingCode.code,
            TrackingCode.ended,
            Card.status,
            Card.country,
            Card.venue_slug,
            Card.arrival_notice,
            Card.registered_at,
            Card.printed_at,
            Card.sealed_at,
            Card.handed_over_at,
            Card.arrived_at,
            Person.email_index.is_not(None).label("has_email"),
            Arrival.key_id.label("thanks_key"),
            Arrival.thanks,
            Arrival.thanks_at,
        )
        .join(Card, (Card.campaign_id == TrackingCode.campaign_id) & (Card.id == TrackingCode.card_id))
        .join(Campaign, Campaign.id == Card.campaign_id)
        .outerjoin(Person, Person.card_id == Card.id)
        .outerjoin(Arrival, Arrival.card_id == Card.id)
    )


def _card(row: Sequence[Any] | None) -> TrackedCard | None:
    return None if row is None else TrackedCard(*row)


# Built once: the recipient's page is looked at most.
_BY_CODE = _cards().where(TrackingCode.code == bindparam("code"))
_BY_SLIP_CODE = _cards().where(TrackingCode.slip_code == bindparam("code"))
_LOOK_UP = str(_BY_CODE.compile(dialect=postgresql.dialect(paramstyle="pyformat"))).encode()  # type: ignore[no-untyped-call]
