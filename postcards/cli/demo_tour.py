"""What the demo knows while it goes along: its people, its cards, and the figures it measured."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postcards.cli import lifelike_people as people
from postcards.cli.demo_client import Client, Commands
from postcards.cli.edge import now
from postcards.rules.edition import Edition

SLUG = "demo"


@dataclass
class DemoCard:
    """A card as whoever registered it knows it."""

    id: str
    number: int
    code: str
    slip_code: str
    country: str
    wants_mail: bool
    kiosk: DemoKiosk


@dataclass
class DemoKiosk:
    """A paired device."""

    id: str
    venue: str
    client: Client
    cards: int = 0


@dataclass
class Tour:
    """One run of the demo."""

    cap: int
    rng: random.Random
    edition: Edition
    out: Path
    outbox: Path
    url: str
    commands: Commands
    say: Callable[[str], None]
    kiosks: list[DemoKiosk] = field(default_factory=list)
    cards: dict[int, DemoCard] = field(default_factory=dict)
    void_codes: list[str] = field(default_factory=list)
    replaced_codes: list[str] = field(default_factory=list)
    arrived: list[int] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    @property
    def public(self) -> Client:
        """A browser somewhere."""
        return Client(self.url)

    def body(self, *, number: int | None = None, country: str | None = None) -> dict[str, Any]:
        """This will make up the next card's JSON; the first ones go to every country that we know, one each."""
        codes = [code for code in people.places() if code != self.edition.origin_country]
        if country is None and self.asked < len(codes):
            country = codes[self.asked]
        self.asked += 1
        return people.card(self.rng, self.edition, at=self.at(), number=number, country=country)

    def keep(self, kiosk: DemoKiosk, body: dict[str, Any], answer: dict[str, Any]) -> DemoCard:
        """This will remember a card that was registered."""
        card = DemoCard(
            id=body["id"],
            number=answer["number"],
            code=answer["tracking_code"],
            slip_code=answer["slip_code"],
            country=body["recipient"]["country"],
            wants_mail=body["consent"]["arrival_notice"],
            kiosk=kiosk,
        )
        kiosk.cards += 1
        self.cards[card.number] = card
        return card

    def new_id(self) -> str:
        """This will make an id as a device does."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def at(self) -> dt.datetime:
        """The time on the wall of the venue."""
        return now().astimezone(self.edition.zone)

    def path(self, *parts: str) -> Path:
        """This will return a place in the results, its folder made."""
        found = self.out.joinpath(*parts)
        found.parent.mkdir(parents=True, exist_ok=True)
        return found
