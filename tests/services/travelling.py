"""Cards of the cast at any stage of their way: what printing, sealing and receipts leave behind."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.services import tallies
from tests.plugins import cast

NOON = cast.AT

#: A good address in each country the tests write to.
PLACES = {
    "DE": {"lines": ["Hauptstraße 5"], "postal_code": "10115", "city": "Berlin"},
    "PL": {"lines": ["ul. Prosta 20"], "postal_code": "00-850", "city": "Warszawa"},
    "NO": {"lines": ["Storgata 1"], "postal_code": "0155", "city": "Oslo"},
    "IE": {"lines": ["1 Main Street"], "postal_code": "D02 AF30", "city": "Dublin"},
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A card of the cast."""

    id: uuid.UUID
    number: int
    code: str
    slip_code: str


class Town:
    """One open campaign of 200 stamps; `card()` registers a card and brings it as far as is asked."""

    def __init__(self, house: cast.House, *, edition: str = "vilnius", slug: str | None = None) -> None:
        self._town = house.open_campaign(edition, slug=slug, cap=200)
        self.house, self.vault = house, house.kit.vault
        self.campaign_id, self.slug, self.edition = self._town.id, self._town.slug, self._town.edition

    def begin(self) -> AbstractContextManager[Session]:
        return self.house.kit.begin()

    def card(
        self,
        *,
        status: str = "handed_over",
        country: str = "DE",
        email: str | None = None,
        sender: str = "Ona Petraitienė",
    ) -> Posted:
        made = self._town.register(
            sender={"name": sender, "email": email},
            recipient={"country": country, **PLACES[country]},
            consent={"arrival_notice": email is not None},
        )
        with self.begin() as session:
            self._bring(session, made.id, country, status)
        return Posted(made.id, made.number, made.tracking_code, made.slip_code)

    def _bring(self, session: Session, card_id: uuid.UUID, country: str, status: str) -> None:
        if status == "registered":
            return
        session.execute(
            text(
                "UPDATE card SET status = :status, printed_at = :at,"
                " sealed_at = CASE WHEN :status <> 'printed' THEN CAST(:at AS timestamptz) END,"
                " handed_over_at = CASE WHEN :status IN ('handed_over', 'returned')"
                " THEN CAST(:at AS timestamptz) END WHERE id = :id"
            ),
            {"status": status, "id": card_id, "at": NOON},
        )
        move = tallies.Move(self.edition.venues[0].slug, country, "registered", status)
        tallies.move(session, campaign_id=self.campaign_id, moves=[move])
