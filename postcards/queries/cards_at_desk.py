"""Cards as the desk looks for them and at them: states, codes and paper, never a name or an address."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

#: What the list can show: every living card, or those in one state, or those held.
SHOWN = (
    "all",
    "held",
    "registered",
    "printed",
    "sealed",
    "handed_over",
    "refused",
    "returned",
    "arrived",
    "void",
)


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card of a list."""

    id: uuid.UUID
    number: int
    status: str
    country: str
    venue_slug: str | None
    registered_at: dt.datetime
    held: list[str]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A tracking code that the card has or had."""

    code: str
    given_at: dt.datetime
    ended: str | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PrintRow:
    """The card came out of a printer once."""

    printed_at: dt.datetime
    code: str
    by: str
    by_name: str | None
    run: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """The card's line on a manifest."""

    manifest: int
    version: int
    line: int
    bundle: str
    is_open: bool
    sealed_at: dt.datetime
    refused: str | None
    answered_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CardSeen:
    """One card whole, without people's data; `has_person` tells whether an address is still kept, `erased_at` when
    somebody asked that it be not."""

    id: uuid.UUID
    number: int
    status: str
    code: str
    country: str
    language: str
    venue_slug: str | None
    kiosk_name: str | None
    consent_version: str
    arrival_notice: bool
    registered_at: dt.datetime
    received_at: dt.datetime
    printed_at: dt.datetime | None
    sealed_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    arrived_at: dt.datetime | None
    void_reason: str | None
    paper: str | None
    held: list[str]
    run: int | None
    has_person: bool
    erased_at: dt.datetime | None
    address_on_paper: bool
    stamp_status: str
    codes: list[CodeRow]
    prints: list[PrintRow]
    lines: list[LineRow]


_PAGE = """
    SELECT id, number, status, country, venue_slug, registered_at,
           CASE WHEN status = 'void' THEN '{{}}' ELSE held END AS held FROM card
    WHERE campaign_id = :campaign_id AND number > :after AND {which} ORDER BY number, received_at LIMIT :limit
"""

_WHICH = {"all": "status <> 'void'", "held": "held <> '{}' AND status <> 'void'"}

_FOUND = text(
    """
    SELECT id FROM card WHERE campaign_id = :campaign_id AND number = :number
    ORDER BY status = 'void', received_at DESC LIMIT 1
    """
)

_BY_CODE = text(
    "SELECT card_id FROM tracking_code WHERE campaign_id = :campaign_id AND (code = :code OR slip_code = :code)"
)

_CARD = text(
    """
    SELECT c.id, c.number, c.status, c.code, c.country, c.language, c.venue_slug, k.name AS kiosk_name,
           c.consent_version, c.arrival_notice, c.registered_at, c.received_at, c.printed_at, c.sealed_at,
           c.handed_over_at, c.arrived_at, c.void_reason, c.paper,
           CASE WHEN c.status = 'void' THEN '{}' ELSE c.held END AS held, r.run,
           p.recipient IS NOT NULL AS has_person,
           (SELECT max(e.at) FROM erasure e WHERE e.campaign_id = c.campaign_id AND e.card_id = c.id) AS erased_at,
           s.status AS stamp_status, c.address_on_paper
    FROM card c
    JOIN stamp s ON s.campaign_id = c.campaign_id AND s.number = c.number
    LEFT JOIN kiosk k ON k.campaign_id = c.campaign_id AND k.id = c.kiosk_id
    LEFT JOIN print_run r ON r.campaign_id = c.campaign_id AND r.id = c.print_run_id
    LEFT JOIN person p ON p.campaign_id = c.campaign_id AND p.card_id = c.id
    WHERE c.campaign_id = :campaign_id AND c.id = :card_id
    """
)

_CODES = text(
    """
    SELECT code, given_at, ended, ended_at FROM tracking_code
    WHERE campaign_id = :campaign_id AND card_id = :card_id ORDER BY given_at
    """
)

_PRINTS = text(
    """
    SELECT l.printed_at, l.code, l.by, coalesce(k.name, s.email) AS by_name, r.run, l.reason
    FROM print_log l
    LEFT JOIN kiosk k ON k.campaign_id = l.campaign_id AND l.by = 'kiosk:' || k.id
    LEFT JOIN staff s ON l.by = 'staff:' || s.id
    LEFT JOIN print_run r ON r.id = l.print_run_id
    WHERE l.campaign_id = :campaign_id AND l.card_id = :card_id ORDER BY l.printed_at
    """
)

_LINES = text(
    """
    SELECT m.number AS manifest, m.version, l.line, l.bundle, l.is_open, m.sealed_at, answer.reason AS refused,
           answer.received_at AS answered_at
    FROM manifest_line l JOIN manifest m ON m.id = l.manifest_id
    LEFT JOIN LATERAL (
        SELECT f.reason, r.received_at FROM receipt_refusal f JOIN receipt r ON r.id = f.receipt_id
        WHERE f.campaign_id = l.campaign_id AND f.card_id = l.card_id AND r.manifest_id = m.id
          AND r.status = 'accepted' LIMIT 1
    ) AS answer ON true
    WHERE l.campaign_id = :campaign_id AND l.card_id = :card_id ORDER BY m.sealed_at, m.version
    """
)


def cards_page(session: Session, *, campaign_id: int, show: str, after: int, limit: int) -> list[CardRow]:
    """This will list up to `limit` cards with a number above `after`, in order of number; one query."""
    which = _WHICH.get(show, "status = :show")
    rows = session.execute(
        text(_PAGE.format(which=which)),
        {"campaign_id": campaign_id, "after": after, "limit": limit, "show": show},
    )
    return [CardRow(**row._mapping) for row in rows]


def find_by_number(session: Session, *, campaign_id: int, number: int) -> uuid.UUID | None:
    """This will return the living card of that number, else the last void one, else None."""
    return session.execute(_FOUND, {"campaign_id": campaign_id, "number": number}).scalar()


def find_by_code(session: Session, *, campaign_id: int, code: str) -> uuid.UUID | None:
    """This will return the card that has or had that tracking code, or whose sender has it on the slip; None also for
    a code only lent."""
    return session.execute(_BY_CODE, {"campaign_id": campaign_id, "code": code}).scalar()


def card_seen(session: Session, *, campaign_id: int, card_id: uuid.UUID) -> CardSeen | None:
    """This will return one card with its codes, prints and lines, in four queries; None for none."""
    ids = {"campaign_id": campaign_id, "card_id": card_id}
    row = session.execute(_CARD, ids).one_or_none()
    if row is None:
        return None
    return CardSeen(
        **row._mapping,
        codes=[CodeRow(**code._mapping) for code in session.execute(_CODES, ids)],
        prints=[PrintRow(**printed._mapping) for printed in session.execute(_PRINTS, ids)],
        lines=[LineRow(**line._mapping) for line in session.execute(_LINES, ids)],
    )
