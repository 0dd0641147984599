"""Signs people in through the pages, as a browser does: form token, password, cookie."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from postcards.services import staff
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
    app: Flask, house: House, *roles: tuple[int | None, str], email: str = "ruta@example.org"
) -> Browser:
    """This will give the browser of somebody who is signed in with these roles."""
    person(house, email, *roles)
    browser = Browser(app)
    assert browser.sign_in(email).status_code == 303
    browser.get("/desk/", follow_redirects=True)
    return browser


def stretch_pauses(house: House) -> None:
    """This will make the pauses that stand last a minute longer, so that a slow machine does not outwait them."""
    with house.begin() as session:
        session.execute(
            text(
                "UPDATE sign_in_attempts SET not_before = not_before + interval '1 min' WHERE not_before > last_at"
            )
        )
