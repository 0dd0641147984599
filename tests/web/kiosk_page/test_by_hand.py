"""A card written by hand: printed at the desk, scanned on the kiosk's page, and bound to its country."""

from __future__ import annotations

import datetime as dt
import os

from playwright.sync_api import Browser, expect

from postcards.queries.stock_seen import stock_seen
from postcards.services import kiosks
from tests.plugins.browser import faults_of
from tests.plugins.cast import House, Town
from tests.web.signing_in import PASSWORD, person

SHOTS = os.environ.get("SHOTS")


def test_a_card_by_hand_comes_from_the_desk_and_is_bound_at_the_kiosk(
    house: House, vilnius: Town, web_server: str, browser: Browser
) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    with house.begin() as session:
        kiosk, code = kiosks.add_kiosk(
            session,
            campaign_id=vilnius.id,
            venue_slug=vilnius.edition.venues[0].slug,
            name="Window",
            by="test",
            at=dt.datetime.now(dt.UTC),
        )
    desk = browser.new_context(locale="en-GB").new_page()
    desk.goto(f"{web_server}/sign-in")
    desk.get_by_label("E-mail").fill("ruta@example.org")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.wait_for_url("**/desk/**")
    desk.goto(f"{web_server}/desk/c/vilnius/kiosks/")
    form = desk.locator("#stock-cards form").last
    form.get_by_label("Kiosk").select_option("Window")
    form.get_by_label("How many cards?").fill("3")
    with desk.expect_download() as given:
        form.get_by_role("button", name="Print stock cards").click()
    assert given.value.suggested_filename == "vilnius-stock-00001-00003.pdf"
    desk.goto(f"{web_server}/desk/c/vilnius/kiosks/")
    expect(desk.locator("#stock-cards")).to_contain_text("1–3")
    if SHOTS:
        for wide, high in ((1440, 900), (1024, 768), (390, 844)):
            desk.set_viewport_size({"width": wide, "height": high})
            desk.screenshot(path=f"{SHOTS}/desk-{wide}.png", full_page=True)
        given.value.save_as(f"{SHOTS}/stock.pdf")
    assert faults_of(desk, "kiosks with stock cards") == []

    surprises: list[str] = []
    page = browser.new_context(viewport={"width": 1024, "height": 768}, locale="en-GB").new_page()
    page.on("pageerror", lambda error: surprises.append(str(error)))
    page.goto(f"{web_server}/kiosk/")
    page.get_by_label("Pairing code").fill(code)
    page.get_by_label("Name of this device").fill("Tablet")
    page.get_by_label("Your first name").fill("Rūta")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="By hand").click()
    box = page.get_by_role("dialog", name="A card written by hand")
    box.get_by_role("button", name="Bind this card").click()
    expect(box.get_by_text("Please fill this in.").first).to_be_visible()
    with house.begin() as session:
        scanned = (
            session.connection().exec_driver_sql("SELECT code FROM tracking_code WHERE number = 2").scalar()
        )
    box.get_by_label("Code or number of the card").fill(f"HTTPS://EXAMPLE.ORG/T/{scanned}")
    country = box.get_by_role("combobox", name="Country")
    country.fill("germ")
    country.press("Enter")
    box.get_by_label("I have read this, and I agree.").check()
    for wide, high in ((1024, 768), (390, 844)) if SHOTS else ():
        page.set_viewport_size({"width": wide, "height": high})
        page.screenshot(path=f"{SHOTS}/kiosk-{wide}.png")
    assert faults_of(page, "by hand") == []
    box.get_by_role("button", name="Bind this card").click()
    expect(box).to_contain_text("No. 02 goes to Germany.")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/kiosk-bound.png")
    assert faults_of(page, "bound") == []
    assert surprises == []
    with house.begin() as session:
        assert [(one.kiosk_id, one.left) for one in stock_seen(session, campaign_id=vilnius.id)] == [
            (kiosk.id, 2)
        ]
