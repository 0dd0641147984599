"""The second factor through the pages: set up, asked for, used once, lost, taken away; and every device signed out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pyotp
import pytest
from flask import Flask
from sqlalchemy import text

from postcards.services import second_factors
from postcards.web.app import create_app
from tests.plugins.cast import House, Town
from tests.web.signing_in import PASSWORD, Browser, at_desk, person, stretch_pauses


@pytest.fixture
def strict_app(house: House) -> Flask:
    """The app of a house whose organisers need a second factor."""
    settings = dataclasses.replace(house.kit.settings, second_factor="organisers")
    app = create_app(dataclasses.replace(house.kit, settings=settings))
    app.config["PROPAGATE_SURPRISES"] = True
    return app


def phone_of(browser: Browser) -> pyotp.TOTP:
    """What the app on a phone learns from the page."""
    page = browser.get("/second-factor").text
    found = re.search(r'<bdi class="code">([A-Z2-7 ]+)</bdi>', page)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))


def enrol(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    browser.get("/second-factor")
    assert browser.post("/second-factor").location == "/second-factor"
    phone = phone_of(browser)
    answer = browser.post("/second-factor/confirmation", code=phone.at(dt.datetime.now(dt.UTC)))
    assert answer.status_code == 200
    return phone, re.findall(r'code--small">([0-9A-F-]+)</bdi>', answer.text)


def next_code(house: House, phone: pyotp.TOTP) -> str:
    """A code that was not used yet, without waiting half a minute: the last one is made older."""
    with house.begin() as session:
        session.execute(text("UPDATE second_factor SET last_step = last_step - 10"))
    return phone.at(dt.datetime.now(dt.UTC))


def test_an_organiser_who_needs_one_comes_in_only_with_it(
    strict_app: Flask, house: House, vilnius: Town
) -> None:
    person(house, "ruta@example.org", (vilnius.id, "organiser"))
    browser = Browser(strict_app)
    assert browser.sign_in("ruta@example.org").location == "/second-factor"
    assert browser.client.get_cookie("postcards_session") is None
    for path in ("/desk/", "/desk/c/vilnius/", "/partner/"):
        assert browser.get(path).status_code == 302
    assert "You need a second factor to come in" in browser.get("/second-factor").text
    phone, codes = enrol(browser)
    assert len(codes) == 10
    assert browser.get("/desk/c/vilnius/").status_code == 200

    again = Browser(strict_app)
    answer = again.sign_in("ruta@example.org", next="/desk/c/vilnius/kiosks/")
    assert answer.location == "/sign-in/code"
    assert again.get("/desk/c/vilnius/").status_code == 302
    assert again.get("/second-factor").status_code == 302, "nobody sets up another one on the way"
    again.get("/sign-in/code")
    assert again.post("/sign-in/code", code="000000").status_code == 422
    code = next_code(house, phone)
    inside = again.post("/sign-in/code", code=code)
    assert (inside.status_code, inside.location) == (303, "/desk/c/vilnius/kiosks/")
    assert again.get("/desk/c/vilnius/kiosks/").status_code == 200

    replayed = Browser(strict_app)
    replayed.sign_in("ruta@example.org")
    replayed.get("/sign-in/code")
    assert replayed.post("/sign-in/code", code=code).status_code == 422
    assert replayed.post("/sign-in/code", code=codes[3]).status_code == 303


def test_others_come_in_without_and_a_link_does_not_go_around_it(
    strict_app: Flask, house: House, vilnius: Town
) -> None:
    from postcards.services import staff

    person(house, "print@example.org", (vilnius.id, "printer"))
    assert Browser(strict_app).sign_in("print@example.org").location == "/desk/"
    ruta = person(house, "ruta@example.org", (vilnius.id, "organiser"))
    with house.begin() as session:
        link = staff.make_sign_in_link(session, staff_id=ruta, at=dt.datetime.now(dt.UTC))
    browser = Browser(strict_app)
    browser.get(f"/sign-in/{link}")
    assert browser.post(f"/sign-in/{link}").location == "/second-factor"


def test_codes_cannot_be_guessed_one_after_another(app: Flask, house: House, vilnius: Town) -> None:
    phone, _ = enrol(at_desk(app, house, (vilnius.id, "organiser"), password=PASSWORD))
    browser = Browser(app)
    browser.sign_in("ruta@example.org")
    browser.get("/sign-in/code")
    assert [browser.post("/sign-in/code", code=f"{n:06}").status_code for n in range(5)] == [422] * 5
    stretch_pauses(house)
    answer = browser.post("/sign-in/code", code="000006")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 65
    assert browser.post("/sign-in/code", code=next_code(house, phone)).status_code == 429


def test_it_is_taken_away_only_against_a_code(app: Flask, house: House, vilnius: Town) -> None:
    browser = at_desk(app, house, (vilnius.id, "organiser"), password=PASSWORD)
    phone, codes = enrol(browser)
    browser.get("/second-factor")
    assert browser.post("/second-factor").status_code == 409
    assert browser.post("/second-factor/removal", code="123456").status_code == 422
    assert browser.post("/second-factor/removal", code=next_code(house, phone)).status_code == 303
    assert "Set it up" in browser.get("/second-factor").text
    plain = Browser(app)
    assert plain.sign_in("ruta@example.org").location == "/desk/"
    assert codes


def test_signing_in_anew_ends_the_session_before_it(app: Flask, house: House, vilnius: Town) -> None:
    browser = at_desk(app, house, (vilnius.id, "organiser"), password=PASSWORD)
    first = browser.client.get_cookie("postcards_session")
    assert first is not None
    assert browser.sign_in("ruta@example.org", PASSWORD).status_code == 303
    second = browser.client.get_cookie("postcards_session")
    assert second is not None
    assert second.value != first.value
    thief = Browser(app)
    thief.client.set_cookie("postcards_session", first.value)
    assert thief.get("/desk/c/vilnius/").status_code == 302


def test_every_device_is_signed_out(app: Flask, house: House, vilnius: Town) -> None:
    here = at_desk(app, house, (vilnius.id, "organiser"), password=PASSWORD)
    there, other = Browser(app), at_desk(app, house, (vilnius.id, "printer"), email="print@example.org")
    there.sign_in("ruta@example.org")
    assert there.get("/desk/c/vilnius/").status_code == 200
    here.get("/second-factor")
    assert here.post("/sign-out-everywhere").location == "/sign-in"
    assert [browser.get("/desk/c/vilnius/").status_code for browser in (here, there, other)] == [
        302,
        302,
        200,
    ]


def test_half_way_in_lasts_ten_minutes_and_opens_nothing_else(
    app: Flask, house: House, vilnius: Town
) -> None:
    phone, _ = enrol(at_desk(app, house, (vilnius.id, "organiser"), password=PASSWORD))
    stranger = Browser(app)
    assert stranger.get("/sign-in/code").location == "/sign-in"
    browser = Browser(app)
    browser.sign_in("ruta@example.org")
    browser.get("/sign-in/code")
    with browser.client.session_transaction() as kept:
        assert kept["half"]["until"] <= (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)).timestamp()
        kept["half"] = kept["half"] | {"until": dt.datetime.now(dt.UTC).timestamp() - 1}
    assert browser.post("/sign-in/code", code=next_code(house, phone)).location == "/sign-in"
    with house.begin() as session:
        assert second_factors.state(session, staff_id=1).state == "confirmed"
