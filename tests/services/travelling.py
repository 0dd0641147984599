"""A campaign with cards at any stage of their way: a cast for tests of what comes after printing."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from postcards import db
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords
from postcards.rules.edition import load_edition
from postcards.services import campaigns, kiosks, registration, tallies
from postcards.services.kiosks import KioskIdentity
from postcards.vault import Vault, token_hash

NOON = dt.datetime(2026, 12, 18, 12, 0, tzinfo=dt.UTC)

#: A good address in each country the tests write to.
PLACES = {
    "DE": Address(country="DE", lines=("Hauptstraße 5",), postal_code="10115", city="Berlin", region=None),
    "PL": Address(country="PL", lines=("ul. Prosta 20",), postal_code="00-850", city="Warszawa", region=None),
    "NO": Address(country="NO", lines=("Storgata 1",), postal_code="0155", city="Oslo", region=None),
    "IE": Address(country="IE", lines=("1 Main Street",), postal_code="D02 AF30", city="Dublin", region=None),
    "EE": Address(country="EE", lines=("Pikk 1",), postal_code="10123", city="Tallinn", region=None),
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A card of the cast."""

    id: uuid.UUID
    number: int
    code: str
    slip_code: str


class Town:
    """One open campaign and a kiosk in it; `card()` registers one and brings it as far as is asked."""

    def __init__(
        self, engine: Engine, folder: Path, *, edition: str = "vilnius", slug: str = "vilnius"
    ) -> None:
        self.engine = engine
        self.vault = Vault(master_key=b"k" * 32, keys_file=folder / "data-keys.json")
        self.edition = replace(load_edition(edition), slug=slug, cap=200)
        with self.begin() as session:
            campaign = campaigns.create(session, edition=self.edition, vault=self.vault, by="cli", at=NOON)
            campaigns.set_status(session, slug=slug, status="open", by="cli", at=NOON)
            self.campaign_id, self.slug = campaign.id, slug
            venue = self.edition.venues[0].slug
            _, pairing = kiosks.add_kiosk(
                session, campaign_id=campaign.id, venue_slug=venue, name="Desk", by="cli", at=NOON
            )
        with self.begin() as session:
            _, token = kiosks.pair(session, pairing_code=pairing, device_name="tablet", at=NOON)
            found = kiosks.find_by_token(session, token_hash=token_hash(token), at=NOON)
            assert found is not None
            self.kiosk: KioskIdentity = found

    def begin(self) -> AbstractContextManager[Session]:
        return db.transaction(self.engine)

    def card(
        self,
        *,
        status: str = "handed_over",
        country: str = "DE",
        email: str | None = None,
        language: str | None = None,
        sender: str = "Ona Petraitienė",
    ) -> Posted:
        language = language or self.edition.default_language
        words = CardWords(
            sender_name=sender,
            sender_email=email,
            recipient_name="Jonas Petraitis",
            address=PLACES[country],
            message=None,
            language=language,
            consent_version=self.edition.current_consent(NOON).version,
            arrival_notice=email is not None,
            volunteer=None,
        )
        card_id = uuid.uuid4()
        request = registration.CardRequest(
            id=card_id,
            number=None,
            registered_at=NOON,
            printed_at=None,
            words=words,
            body=json.dumps(str(card_id)).encode(),
        )
        prepared = registration.prepare(
            request,
            vault=self.vault,
            key_id=self.kiosk.data_key,
            edition=self.edition,
            print_check=lambda *_: [],
            at=NOON,
        )
        with self.begin() as session:
            made = registration.register_card(
                session, kiosk=self.kiosk, prepared=prepared, by=f"kiosk:{self.kiosk.kiosk_id}", at=NOON
            )
            self._bring(session, card_id, country, status)
        return Posted(card_id, made.number, made.tracking_code, made.slip_code)

    def _bring(self, session: Session, card_id: uuid.UUID, country: str, status: str) -> None:
        """What printing, sealing and receipts leave behind, as far as these tests read it."""
        if status == "registered":
            return
        session.execute(
            text(
                "UPDATE card SET status = :status, printed_at = :at,"
                " sealed_at = CASE WHEN :status NOT IN ('printed') THEN CAST(:at AS timestamptz) END,"
                " handed_over_at = CASE WHEN :status IN ('handed_over', 'returned')"
                " THEN CAST(:at AS timestamptz) END WHERE id = :id"
            ),
            {"status": status, "id": card_id, "at": NOON},
        )
        move = tallies.Move(self.kiosk.venue_slug, country, "registered", status)
        tallies.move(session, campaign_id=self.campaign_id, moves=[move])
