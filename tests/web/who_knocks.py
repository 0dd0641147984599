"""Two campaigns with everything that a door may lead to, and everybody who may knock at one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from postcards.models import PartnerToken, PrintRun, Staff
from postcards.models.staff import ROLES
from postcards.services import kiosks, partner_tokens, staff
from postcards.vault import token_hash
from tests.plugins.cast import House, PairedKiosk, Town, bearer
from tests.services.whole_campaign import whole_campaign
from tests.web.test_stock_cards import stock_of

FORM_TOKEN = "the form token of this browser"
#: A form that fits all of ours at once; each reads its own fields.
FORM = {"reason": "wish", "paper": "none", "name": "Desk", "venue": "", "sheet": "a6", "sure": "yes"}
Path = dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """Somebody at the door: a bearer token, a session cookie, or nothing.

    `kind` says what the doors should make of them: stranger, kiosk, revoked_kiosk, partner or staff.
    """

    name: str
    kind: str = "stranger"
    token: str = ""
    cookie: str = ""
    role: str = ""
    home: str = ""


@dataclass
class World:
    """`path` fills the arguments of addresses with things of Vilnius; `bodies` are what its kiosk and Post send."""

    app: Flask
    vilnius: Town
    bucharest: Town
    path: Path
    bodies: dict[str, Callable[[], dict[str, Any]]]
    identities: dict[str, Identity] = field(default_factory=dict)

    def knock(
        self, who: Identity, method: str, address: str, endpoint: str, *, form_token: bool = True
    ) -> Any:
        """This will send one request as `who`, with a whole body, and give the answer."""
        client: FlaskClient = self.app.test_client()
        headers: dict[str, str] = bearer(who.token) if who.token else {}
        if who.cookie:
            client.set_cookie("postcards_session", who.cookie)
            with client.session_transaction() as browser:
                browser["csrf"] = FORM_TOKEN
            if form_token:
                headers["X-CSRF-Token"] = FORM_TOKEN
        body: dict[str, Any] = {}
        if method not in ("GET", "HEAD"):
            body = {"json": self.bodies[endpoint]()} if endpoint in self.bodies else {"data": FORM}
        answer: TestResponse = client.open(address, method=method, headers=headers, **body)
        return answer


def make_world(house: House, app: Flask) -> World:
    """This will run a whole campaign in Vilnius, a young one in Bucharest, and let everybody come."""
    vilnius = house.open_campaign("vilnius", cap=40)
    bucharest = house.open_campaign("romania", cap=20)
    bucharest.register(language="ro")
    whole = whole_campaign(vilnius)
    card = whole.cards["registered"]
    with house.begin() as session:
        run = session.scalars(select(PrintRun.id).where(PrintRun.status == "ready")).one()
        kept = staff.add_staff(
            session,
            email="kept@example.org",
            roles=[(vilnius.id, "organiser")],
            password=None,
            by="cli",
            at=house.at,
        )
        link = staff.make_sign_in_link(session, staff_id=kept, at=dt.datetime.now(dt.UTC))
    path: Path = {
        "slug": vilnius.slug,
        "card_id": card.id,
        "booklet_id": whole.booklet,
        "kiosk_id": vilnius.add_kiosk("Spare").id,
        "stock_id": stock_of(vilnius, 2).booklet_id,
        "run_id": run,
        "number": 1,
        "name": "manifest.csv",
        "code": card.tracking_code,
        "slip_code": card.slip_code,
        "country": "DE",
        "token": link,
        "sheet": "a6",
    }
    lent = whole.cards["from_booklet"].number + 1
    world = World(app, vilnius, bucharest, path, _bodies(vilnius, lent))
    for one in _everybody(house, vilnius, bucharest):
        world.identities[one.name] = one
    return world


def _bodies(town: Town, lent: int) -> dict[str, Callable[[], dict[str, Any]]]:
    moment = dt.datetime.now(dt.UTC).isoformat()
    return {
        "kiosk.lend_booklet": lambda: {"id": str(uuid.uuid4()), "stamps": 1},
        "kiosk.return_stamps": lambda: {"stamps": [lent]},
        "kiosk.register_card": town.body,
        "kiosk.register_batch": lambda: {"cards": [town.body()]},
        "kiosk.record_print": lambda: {"id": str(uuid.uuid4()), "printed_at": moment, "reason": None},
        "kiosk.correct_card": lambda: {"message": "Hello"},
        "kiosk.void_card": lambda: {"reason": "spoiled", "paper": "none"},
        "kiosk.pair_kiosk": lambda: {"pairing_code": "NONESUCH", "device_name": "Tablet"},
        "kiosk.read_back": town.body,
        "partner_api.record_receipt": lambda: {
            "id": str(uuid.uuid4()),
            "accepted": 2,
            "refused": [],
            "received_at": moment,
            "difference": 0,
        },
        "public.thanks": lambda: {"text": "Thank you"},
    }


def _everybody(house: House, vilnius: Town, bucharest: Town) -> list[Identity]:
    now = dt.datetime.now(dt.UTC)

    def person(name: str, role: str, town: Town | None, *, at: dt.datetime = now) -> tuple[int, str]:
        with house.begin() as session:
            who = staff.add_staff(
                session,
                email=f"{name.replace(' ', '.')}@example.org",
                roles=[(town.id if town else None, role)],
                password=None,
                by="cli",
                at=house.at,
            )
            return who, staff.open_session(session, staff_id=who, way="link", at=at)

    def token(town: Town) -> str:
        with house.begin() as session:
            return partner_tokens.make_token(session, campaign_id=town.id, by="cli", at=house.at)

    def ended(kiosk: PairedKiosk, how: Callable[..., Any]) -> str:
        with house.begin() as session:
            how(session, campaign_id=vilnius.id, kiosk_id=kiosk.id, by="cli", at=house.at)
        return kiosk.token

    found = [
        Identity("nobody"),
        Identity("unknown token", token="x" * 43),
        Identity("a foolish token", token="\x00 " * 9),
        Identity("unknown session", cookie="x" * 43),
        Identity("kiosk", "kiosk", token=vilnius.kiosks[0].token, home=vilnius.slug),
        Identity("other campaign's kiosk", "kiosk", token=bucharest.kiosks[0].token, home=bucharest.slug),
        Identity("revoked kiosk", "revoked_kiosk", token=ended(vilnius.add_kiosk(), kiosks.revoke)),
        Identity("partner token", "partner", token=token(vilnius), home=vilnius.slug),
        Identity("other campaign's partner token", "partner", token=token(bucharest), home=bucharest.slug),
    ]
    revoked = token(vilnius)
    with house.begin() as session:
        last = session.scalars(select(PartnerToken.id).order_by(PartnerToken.id.desc()).limit(1)).one()
        partner_tokens.revoke(session, campaign_id=vilnius.id, token_id=last, by="cli", at=house.at)
    found.append(Identity("revoked partner token", token=revoked))
    for role in ROLES:
        for name, town in ((role, vilnius), (f"other campaign's {role}", bucharest)):
            _, cookie = person(name.replace("'", ""), role, town)
            found.append(Identity(name, "staff", cookie=cookie, role=role, home=town.slug))

    _, late = person("late", "organiser", None, at=now - staff.LONGEST - dt.timedelta(minutes=1))
    _, idle = person("idle", "organiser", None, at=now - staff.IDLE - dt.timedelta(minutes=1))
    _, left = person("left", "organiser", None)
    dismissed_id, dismissed = person("dismissed", "organiser", None)
    with house.begin() as session:
        staff.end_session(session, token_hash=token_hash(left), at=now)
        somebody = session.get(Staff, dismissed_id)
        assert somebody is not None
        somebody.disabled_at = now
    found += [
        Identity("expired session", cookie=late),
        Identity("idle session", cookie=idle),
        Identity("ended session", cookie=left),
        Identity("session of one who was dismissed", cookie=dismissed),
    ]
    return found


def retired_kiosk(house: House, town: Town) -> str:
    """This will give the token of a kiosk that was retired: the doors let it in, and it takes nothing new."""
    kiosk = town.add_kiosk("Retired")
    with house.begin() as session:
        kiosks.retire(session, campaign_id=town.id, kiosk_id=kiosk.id, by="cli", at=house.at)
    return kiosk.token
