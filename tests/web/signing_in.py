"""Signs people in through the pages, as a browser does: form token, password, cookie."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from postcards.services import staff
from postcards.web.doors import SESSION_COOKIE
from tests.plugins.cast import House

PASSWORD = "ten letters at least"


class Browser:
    """One person's browser; `post` sends the token of the page that it was last on."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._noted(self.client.get(path, **options))

    def post(self, path: str, **fields: str) -> TestResponse:
        return self._noted(self.client.post(path, data={"csrf_token": self.token} | fields))

    def sign_in(self, email: str, password: str = PASSWORD, *, next: str = "") -> TestResponse:  # noqa: A002
        self.get("/sign-in")
        return self.post("/sign-in", email=email, password=password, next=next)

    def _noted(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html":
            found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
            self.token = found[1] if found else self.token
        return answer


def person(house: House, email: str, *roles: tuple[int | None, str], password: str | None = PASSWORD) -> int:
    """This will add somebody with these roles."""
    with house.begin() as session:
        return staff.add_staff(
            session, email=email, roles=list(roles), password=password, by="cli", at=house.at
        )


def at_desk(
    app: Flask,
    house: House,
    *roles: tuple[int | None, str],
    email: str = "ruta@example.org",
    password: str | None = None,
) -> Browser:
    """This will give the browser of somebody who is signed in with these roles, and has no password unless told.

    A password costs a quarter of a second, on purpose; those who sign in through the pages prove that way.
    """
    staff_id = person(house, email, *roles, password=password)
    with house.begin() as session:
        token = staff.open_session(session, staff_id=staff_id, way="link", at=dt.datetime.now(dt.UTC))
    browser = Browser(app)
    browser.client.set_cookie(SESSION_COOKIE, token)
    assert browser.get("/desk/", follow_redirects=True).request.path != "/sign-in"
    return browser


def stretch_pauses(house: House) -> None:
    """This will make the pauses that stand last a minute longer, so that a slow machine does not outwait them."""
    with house.begin() as session:
        session.execute(
            text(
                "UPDATE sign_in_attempts SET not_before = not_before + interval '1 min' WHERE not_before > last_at"
            )
        )
