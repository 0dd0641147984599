"""Setting the second factor up in a real browser: readable at every size, and the QR says what the text says."""

from __future__ import annotations

import datetime as dt
import io
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.plugins.browser import faults_of
from tests.plugins.cast import House, Town
from tests.web.signing_in import PASSWORD, person


def look(page: Page, name: str, wrong: list[str], *, shows: Locator) -> None:
    """Width, accessibility, light and dark, once that is to be seen; pictures for who asks (SHOTS=folder)."""
    expect(shows).to_be_visible()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        wrong += faults_of(page, f"{name} ({scheme})")
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)


def test_somebody_sets_it_up_and_signs_in_with_it(
    house: House, vilnius: Town, web_server: str, browser: Browser
) -> None:
    person(house, "ruta@example.org", (vilnius.id, "organiser"))
    wrong: list[str] = []
    page = browser.new_page(locale="en-GB")
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)

    def sign_in() -> None:
        page.goto(f"{web_server}/sign-in")
        page.get_by_label("E-mail").fill("ruta@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    sign_in()
    page.get_by_role("link", name="My sign-in").click()
    look(page, "none", wrong, shows=page.get_by_role("heading", name="Set it up"))
    page.get_by_role("button", name="Set up", exact=True).click()
    look(page, "pending", wrong, shows=page.get_by_role("button", name="Confirm"))
    secret = page.locator(".code").inner_text().replace(" ", "")
    picture = Image.open(io.BytesIO(page.get_by_role("img", name="QR").screenshot()))
    read = urlsplit(zxingcpp.read_barcodes(picture)[0].text)
    assert (read.scheme, read.netloc) == ("otpauth", "totp")
    assert parse_qs(read.query)["secret"] == [secret]
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(dt.datetime.now(dt.UTC)))
    page.get_by_role("button", name="Confirm").click()
    look(page, "codes", wrong, shows=page.get_by_role("heading", name="Recovery codes"))
    recovery = page.locator(".code--small").first.inner_text()
    page.get_by_role("link", name="I have them").click()
    page.wait_for_url("**/desk/**")
    page.get_by_role("link", name="My sign-in").click()
    look(page, "confirmed", wrong, shows=page.get_by_role("heading", name="Take it away"))
    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_text("You are signed out on every device.").wait_for()
    sign_in()
    look(page, "code", wrong, shows=page.get_by_role("heading", name="One-time code"))
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk/**")
    assert wrong == []
