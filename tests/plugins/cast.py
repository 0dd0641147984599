"""The fixed cast of the tests: two campaigns that must stay strangers, their kiosks, and a card to register.

Vilnius is the campaign of a test; Bucharest runs beside it with data of its own, and nothing of one may be seen
from the other.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from postcards import config, kit
from postcards.embedded import children
from postcards.embedded.home import make_home
from postcards.paper.entry import check_entry
from postcards.queries import campaigns as campaign_queries
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords
from postcards.rules.edition import Edition, load_edition
from postcards.services import campaigns, kiosks, registration
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration import CardRequest, Registered
from postcards.vault import Vault, token_hash
from postcards.web.app import create_app
from tests.plugins.sharing import free_port

AT = dt.datetime(2026, 12, 14, 10, 0, tzinfo=dt.UTC)
MASTER_KEY = "5e" * 32

CARD: dict[str, Any] = {
    "registered_at": "2026-12-14T12:00:00+02:00",
    "sender": {"name": "Ona Petraitienė", "email": "ona@example.org"},
    "recipient": {
        "name": "Jonas Petraitis",
        "country": "DE",
        "lines": ["Hauptstraße 5"],
        "postal_code": "10115",
        "city": "Berlin",
        "region": None,
    },
    "message": None,
    "language": "en",
    "consent": {"version": "", "arrival_notice": True},
    "volunteer": "Rūta",
}


@dataclass(frozen=True)
class House:
    """A kit and the moment of the test; `begin` opens a transaction, `register` registers a card as a service."""

    kit: kit.Kit
    at: dt.datetime

    def begin(self) -> Any:
        return self.kit.begin()

    def vault_anew(self, master_key: str | None = None) -> Vault:
        """This will give a vault as a process that starts now would have it: it knows only what the keys file says."""
        settings = self.kit.settings
        return Vault(
            master_key=bytes.fromhex(master_key or settings.master_key), keys_file=settings.keys_file
        )

    def open_campaign(self, edition: str = "vilnius", *, slug: str | None = None, cap: int = 20) -> Town:
        """This will create and open a campaign with one paired kiosk."""
        chosen = load_edition(edition).changed(slug=slug, cap=cap)
        with self.begin() as session:
            campaigns.create(session, edition=chosen, vault=self.kit.vault, by="test", at=self.at)
            campaign = campaigns.set_status(session, slug=chosen.slug, status="open", by="test", at=self.at)
        town = Town(self, campaign.id, chosen.slug, chosen, [])
        town.add_kiosk()
        return town


@dataclass(frozen=True)
class PairedKiosk:
    """A kiosk of the cast and the token its device holds."""

    id: uuid.UUID
    token: str


@dataclass(frozen=True)
class Town:
    """A campaign of the cast."""

    house: House
    id: int
    slug: str
    edition: Edition
    kiosks: list[PairedKiosk]

    def add_kiosk(self, name: str = "Kiosk") -> PairedKiosk:
        """This will add and pair one more kiosk at the first venue."""
        with self.house.begin() as session:
            kiosk, code = kiosks.add_kiosk(
                session,
                campaign_id=self.id,
                venue_slug=self.edition.venues[0].slug,
                name=f"{name} {len(self.kiosks) + 1}",
                by="test",
                at=self.house.at,
            )
        with self.house.begin() as session:
            _, token = kiosks.pair(session, pairing_code=code, device_name="Tablet", at=self.house.at)
        self.kiosks.append(PairedKiosk(kiosk.id, token))
        return self.kiosks[-1]

    def identity(self, kiosk: PairedKiosk | None = None) -> KioskIdentity:
        """This will give the kiosk as the door sees it, now."""
        token = (kiosk or self.kiosks[0]).token
        with self.house.begin() as session:
            found = kiosks.find_by_token(session, token_hash=token_hash(token), at=self.house.at)
        assert found is not None
        return found

    def body(self, **changes: Any) -> dict[str, Any]:
        """This will give the JSON of a card that this campaign takes; `recipient={…}` changes parts of parts."""
        body = copy.deepcopy(CARD) | {"id": str(uuid.uuid4())}
        body["consent"]["version"] = self.edition.consent[0].version
        body["language"] = self.edition.default_language
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(body.get(key), dict):
                body[key] = body[key] | value
            else:
                body[key] = value
        return body

    def request(self, **changes: Any) -> CardRequest:
        """This will give the same as a service takes it."""
        body = self.body(**changes)
        recipient = body["recipient"]
        printed_at = body.get("printed_at")
        return CardRequest(
            id=uuid.UUID(body["id"]),
            number=body.get("number"),
            registered_at=dt.datetime.fromisoformat(body["registered_at"]),
            printed_at=dt.datetime.fromisoformat(printed_at) if printed_at else None,
            words=CardWords(
                sender_name=body["sender"]["name"],
                sender_email=body["sender"]["email"],
                recipient_name=recipient["name"],
                address=Address(
                    recipient["country"],
                    tuple(recipient["lines"]),
                    recipient["postal_code"],
                    recipient["city"],
                    recipient["region"],
                ),
                message=body["message"],
                language=body["language"],
                consent_version=body["consent"]["version"],
                arrival_notice=body["consent"]["arrival_notice"],
                volunteer=body["volunteer"],
            ),
            body=registration.body_of(body),
        )

    def prepare(self, request: CardRequest) -> registration.Prepared:
        """This will check and seal a request as the edge does."""
        with self.house.begin() as session:
            key_id = campaign_queries.get(session, self.id).data_key
        return registration.prepare(
            request,
            vault=self.house.kit.vault,
            key_id=key_id,
            edition=self.edition,
            print_check=check_entry,
            at=self.house.at,
        )

    def register(self, **changes: Any) -> Registered:
        """This will register one card in a transaction of its own."""
        kiosk = self.identity()
        prepared = self.prepare(self.request(**changes))
        with self.house.begin() as session:
            return registration.register_card(
                session,
                origin=registration.origin_of(kiosk),
                prepared=prepared,
                by=f"kiosk:{kiosk.kiosk_id}",
                at=self.house.at,
            )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> config.Settings:
    """Settings of this test: its own database and folder, no broker, mail into a folder."""
    return config.load(
        {
            "POSTCARDS_HOME": str(tmp_path / "home"),
            "POSTCARDS_DATABASE_URL": database_url,
            "POSTCARDS_MASTER_KEY": MASTER_KEY,
            "POSTCARDS_SECRET_KEY": "not a secret, only for the tests of this house",
        }
    )


@pytest.fixture
def house(settings: config.Settings) -> Iterator[House]:
    """A kit on an empty, migrated database."""
    made = kit.assemble(settings, name="test", pool_size=30)
    yield House(made, AT)
    made.close()


@pytest.fixture
def vilnius(house: House) -> Town:
    """The campaign of the test: 20 stamps, one kiosk."""
    return house.open_campaign("vilnius", cap=20)


@pytest.fixture
def bucharest(house: House) -> Town:
    """The stranger: another campaign with a card of its own already."""
    town = house.open_campaign("romania", cap=20)
    town.register(language="ro")
    return town


@pytest.fixture
def app(house: House) -> Flask:
    """The web app on the house's kit; a surprise inside it is raised, not answered."""
    made = app_of(house.kit)
    made.config["PROPAGATE_SURPRISES"] = True
    return made


def app_of(house_kit: kit.Kit) -> Flask:
    """This will make the app of this kit, with what another app of this process has compiled of the templates."""
    made = create_app(house_kit)
    made.jinja_env.bytecode_cache = _COMPILED
    return made


class _Compiled(BytecodeCache):
    """Templates compiled by an earlier app: each app compiles its own, a third of a test's time at the desk."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])  # takes nothing of a text that has changed

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or device that talks to the app without a network."""
    return app.test_client()


def bearer(token: str) -> dict[str, str]:
    """This will give the header that a device or the partner's system sends."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def web_server(house: House, settings: config.Settings) -> Iterator[str]:
    """The real web server, two processes, on the house's database; its address."""
    port = free_port()
    env = os.environ | {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
        "POSTCARDS_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    make_home(settings.home)
    child = children.web_child(settings, env, host="127.0.0.1", port=port, tls=None)
    part = children.ChildPart(settings.home, child)
    part.start()
    try:
        part.wait()
        yield f"http://127.0.0.1:{port}"
    finally:
        part.stop()
