"""Signing in and out through the pages."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from flask import Flask
from sqlalchemy import text

from postcards.services import staff
from tests.plugins.cast import House, Town
from tests.web.signing_in import PASSWORD, Browser, at_desk, person, stretch_pauses

NOW = dt.datetime.now(dt.UTC)


def link_for(house: House, staff_id: int) -> str:
    with house.begin() as session:
        return staff.make_sign_in_link(session, staff_id=staff_id, at=NOW)


def test_a_password_opens_the_desk_and_brings_one_where_one_wanted_to_go(
    app: Flask, house: House, vilnius: Town
) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    browser = Browser(app)
    asked = browser.get("/desk/c/vilnius/cards/?show=held")
    assert asked.status_code == 302
    assert asked.location.startswith("/sign-in?next=")
    browser.get(asked.location)
    answer = browser.sign_in("ruta@example.org", next="/desk/c/vilnius/cards/?show=held")
    assert (answer.status_code, answer.location) == (303, "/desk/c/vilnius/cards/?show=held")
    assert browser.get(answer.location).status_code == 200


def test_the_cookie_is_bound_as_tightly_as_the_connection_allows(app: Flask, house: House) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    cookies = [
        line
        for line in Browser(app).sign_in("ruta@example.org").headers.getlist("Set-Cookie")
        if "session" in line
    ]
    assert len(cookies) == 1
    assert cookies[0].startswith("postcards_session=")
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Lax" in cookies[0]

    secure = Browser(app)
    page = secure.client.get("/sign-in", base_url="https://example.org")
    secure._noted(page)
    answer = secure.client.post(
        "/sign-in",
        base_url="https://example.org",
        data={"csrf_token": secure.token, "email": "ruta@example.org", "password": PASSWORD},
    )
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "postcards_session" in line)
    assert cookie.startswith("__Host-postcards_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_nobody_is_sent_elsewhere_after_signing_in(app: Flask, house: House) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    for wanted in (
        "https://example.org/desk/", "//example.org/desk/", "/\\example.org", "/desk/\\..", "javascript:1", "/T/X",
        "//[", "/desk/\r\nX: y",
    ):  # fmt: skip
        assert Browser(app).sign_in("ruta@example.org", next=wanted).location == "/desk/", wanted


@pytest.mark.parametrize("head", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {}], ids=["HTTP/1.1", "HTTP/2"])
def test_a_nul_is_refused_also_in_a_form_without_a_length(
    app: Flask, house: House, head: dict[str, str]
) -> None:
    browser = Browser(app)
    page = browser.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.client.post(
        "/sign-in",
        content_type="application/x-www-form-urlencoded",
        input_stream=io.BytesIO(f"csrf_token={token[1]}&email=%00&password=x".encode()),
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True, **head},
    )
    assert answer.status_code == 400


def test_a_wrong_password_says_nothing_about_which_is_wrong(app: Flask, house: House) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    for email, password in (("ruta@example.org", "wrong"), ("nobody@example.org", PASSWORD)):
        answer = Browser(app).sign_in(email, password)
        assert answer.status_code == 422
        assert "do not fit together" in answer.get_data(as_text=True)
        assert PASSWORD not in answer.get_data(as_text=True)
        assert not [c for c in answer.headers.getlist("Set-Cookie") if "postcards_session" in c]


def test_a_preview_of_a_link_does_not_use_it_up(app: Flask, house: House, vilnius: Town) -> None:
    token = link_for(house, person(house, "ruta@example.org", (vilnius.id, "organiser"), password=None))
    for _ in range(3):
        assert Browser(app).get(f"/sign-in/{token}").status_code == 200
    browser = Browser(app)
    browser.get(f"/sign-in/{token}")
    answer = browser.post(f"/sign-in/{token}")
    assert (answer.status_code, answer.location) == (303, "/desk/")
    assert browser.get("/desk/c/vilnius/").status_code == 200

    late = Browser(app)
    assert late.get(f"/sign-in/{token}").status_code == 410
    late.get("/sign-in")
    assert late.post(f"/sign-in/{token}").status_code == 410
    assert late.get("/desk/").status_code == 302


def test_the_partner_lands_at_the_partners_pages(app: Flask, house: House, vilnius: Town) -> None:
    person(house, "post@example.org", (vilnius.id, "partner"))
    browser = Browser(app)
    assert browser.sign_in("post@example.org").location == "/partner/"
    assert browser.get("/desk/").status_code == 403


def test_signing_out_ends_the_session_on_the_server(app: Flask, house: House, vilnius: Town) -> None:
    browser = at_desk(app, house, (vilnius.id, "organiser"))
    cookie = browser.client.get_cookie("postcards_session")
    assert cookie is not None
    assert browser.post("/sign-out").location == "/sign-in"
    assert browser.client.get_cookie("postcards_session") is None
    browser.client.set_cookie("postcards_session", cookie.value)
    assert browser.get("/desk/").status_code == 302


def test_a_form_from_elsewhere_signs_nobody_in_or_out(app: Flask, house: House) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    stranger = app.test_client()
    assert (
        stranger.post("/sign-in", data={"email": "ruta@example.org", "password": PASSWORD}).status_code == 403
    )
    browser = at_desk(app, house, (None, "organiser"), email="jonas@example.org")
    assert browser.client.post("/sign-out").status_code == 403
    assert browser.get("/desk/").status_code in (200, 302)
    with house.begin() as session:
        assert session.scalars(text("SELECT count(*) FROM staff_session WHERE ended_at IS NULL")).one() == 1


def test_wrong_passwords_make_one_wait_and_say_nothing_of_who_is_known(
    app: Flask, house: House, vilnius: Town
) -> None:
    ruta = person(house, "ruta@example.org", (None, "organiser"))
    seen = {}
    for email in ("ruta@example.org", "nobody@example.org"):
        browser = Browser(app)
        assert [browser.sign_in(email, "wrong password").status_code for _ in range(5)] == [422] * 5
        stretch_pauses(house)
        answer = browser.sign_in(email, "wrong password")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 125
        assert "wait before the next try" in answer.text
        seen[email] = re.sub(r"\d+ (second|minute)s?|value=\"[^\"]*\"", "", answer.text)
    assert len(set(seen.values())) == 1

    right = Browser(app).sign_in("RUTA@example.org ")
    assert right.status_code == 429, "the right password has to wait too, or the pause would be an oracle"
    link = Browser(app)
    token = link_for(house, ruta)
    link.get(f"/sign-in/{token}")
    assert link.post(f"/sign-in/{token}").status_code == 303, "a link opens meanwhile"


def test_the_right_password_forgives_the_slips_before_it(app: Flask, house: House) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    for _ in range(3):
        browser = Browser(app)
        assert [browser.sign_in("ruta@example.org", "slip").status_code for _ in range(4)] == [422] * 4
        assert browser.sign_in("ruta@example.org").status_code == 303


def test_many_names_from_one_address_wait_too(app: Flask, house: House) -> None:
    statuses = [Browser(app).sign_in(f"guess{n}@example.org", "x").status_code for n in range(21)]
    assert statuses == [422] * 21
    stretch_pauses(house)
    assert Browser(app).sign_in("guess22@example.org", "x").status_code == 429
    elsewhere = app.test_client()
    page = elsewhere.get("/sign-in")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    answer = elsewhere.post(
        "/sign-in",
        data={"csrf_token": found[1], "email": "x@example.org", "password": "x"},
        environ_overrides={"REMOTE_ADDR": "198.51.100.7"},
    )
    assert answer.status_code == 422
