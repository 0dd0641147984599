"""Two campaigns with everything that a door may lead to, and everybody who may knock at one."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from postcards.models import PartnerToken, PrintRun, Staff
from postcards.models.staff import ROLES
from postcards.services import booklets, kiosks, partner_tokens, registration, second_factors, staff
from postcards.vault import token_hash
from tests.plugins.cast import House, PairedKiosk, Town, bearer
from tests.services.whole_campaign import whole_campaign
from tests.web.signing_in import Browser, person
from tests.web.test_stock_cards import stock_of

FORM_TOKEN = "the form token of this browser"
#: A form that fits all of ours at once; each reads its own fields.
FORM = {"reason": "wish", "paper": "none", "name": "Desk", "venue": "", "sheet": "a6", "sure": "yes"}
#: A table that the organiser has chosen for an import and not registered yet.
TABLE = b"sender name,recipient name,street,postcode,town,country\nOna,Marie,Rue 1,75001,Paris,FR\n"
Path = dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """Somebody at the door: a bearer token, a session cookie, the cookie of half a sign-in, or nothing.

    `kind` says what the doors should make of them: stranger, kiosk, retired_kiosk, revoked_kiosk, partner, staff or
    half. `own` fills addresses with things of theirs, and `bodies` are what they send instead of the usual.
    """

    name: str
    kind: str = "stranger"
    token: str = ""
    cookie: str = ""
    half: str = ""
    role: str = ""
    home: str = ""
    own: Path = field(default_factory=dict)
    bodies: dict[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)


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
        for name, cookie in (("postcards_session", who.cookie), ("postcards_form", who.half)):
            if cookie:
                client.set_cookie(name, cookie)
        if who.cookie or who.half:
            with client.session_transaction() as browser:
                browser["csrf"] = FORM_TOKEN
            if form_token:
                headers["X-CSRF-Token"] = FORM_TOKEN
        body: dict[str, Any] = {}
        if method not in ("GET", "HEAD"):
            bodies = self.bodies | who.bodies
            body = {"json": bodies[endpoint]()} if endpoint in bodies else {"data": FORM}
        answer: TestResponse = client.open(address, method=method, headers=headers, **body)
        return answer


def make_world(house: House, app: Flask) -> World:
    """This will run a whole campaign in Vilnius, a young one in Bucharest, and let everybody come."""
    vilnius = house.open_campaign("vilnius", cap=60)
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
    half_in = _half_in(house, app, vilnius)
    for one in (*_everybody(house, vilnius, bucharest), _retired_kiosk(house, vilnius), *half_in):
        world.identities[one.name] = one
    _choose_a_table(world, world.identities["organiser"])
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


def _retired_kiosk(house: House, town: Town) -> Identity:
    """A kiosk that was retired with three stamps and a card in its hands."""
    kiosk = town.add_kiosk("Retired")
    identity, by, booklet_id = town.identity(kiosk), f"kiosk:{kiosk.id}", uuid.uuid4()
    with house.begin() as session:
        lent = booklets.lend(
            session, kiosk=identity, booklet_id=booklet_id, stamps=4, by=by, at=house.at
        ).stamps
    first, second, third, last = (stamp.number for stamp in lent)
    request = town.request(number=first)
    prepared, origin = town.prepare(request), registration.origin_of(identity)
    with house.begin() as session:
        registration.register_card(session, origin=origin, prepared=prepared, by=by, at=house.at)
    with house.begin() as session:
        kiosks.retire(session, campaign_id=town.id, kiosk_id=kiosk.id, by="cli", at=house.at)
    return Identity(
        "retired kiosk",
        "retired_kiosk",
        token=kiosk.token,
        home=town.slug,
        own={"card_id": request.id, "booklet_id": booklet_id},
        bodies={
            "kiosk.register_card": lambda: town.body(number=second),
            "kiosk.register_batch": lambda: {"cards": [town.body(), town.body(number=third)]},
            "kiosk.return_stamps": lambda: {"stamps": [last]},
        },
    )


def _half_in(house: House, app: Flask, town: Town) -> list[Identity]:
    """Two who have come half way in through the pages, in a house whose organisers need a second factor."""
    vault, now = house.kit.vault, dt.datetime.now(dt.UTC)
    due = person(house, "due@example.org", (town.id, "organiser"))
    new = person(house, "new@example.org", (town.id, "organiser"), password=None)
    with house.begin() as session:
        second_factors.begin(session, vault=vault, staff_id=due, at=now)
        secret = second_factors.pending_secret(session, vault=vault, staff_id=due)
        assert secret is not None
        code = pyotp.TOTP(secret).at(now)
        second_factors.confirm(session, vault=vault, staff_id=due, code=code, by="test", at=now)
        link = staff.make_sign_in_link(session, staff_id=new, at=now)

    def form_cookie(browser: Browser) -> str:
        cookie = browser.client.get_cookie("postcards_form")
        assert cookie is not None
        return cookie.value

    knows_password, has_link = Browser(app), Browser(app)
    assert knows_password.sign_in("due@example.org").location == "/sign-in/code"
    has_link.get(f"/sign-in/{link}")
    assert has_link.post(f"/sign-in/{link}").location == "/second-factor"
    return [
        Identity("second factor still due", half=form_cookie(knows_password)),
        Identity("second factor to be set up", "half", half=form_cookie(has_link), home=town.slug),
    ]


def _choose_a_table(world: World, who: Identity) -> None:
    """This will let `who` choose a table for an import, so that its pages have something to show."""
    client = world.app.test_client()
    client.set_cookie("postcards_session", who.cookie)
    with client.session_transaction() as browser:
        browser["csrf"] = FORM_TOKEN
    answer = client.post(
        f"/desk/c/{world.vilnius.slug}/import/",
        data={"table": (io.BytesIO(TABLE), "cards.csv"), "consent": "yes", "csrf_token": FORM_TOKEN},
    )
    assert answer.status_code == 303
