"""Answers that come when the page is elsewhere: no screen moves for them, and no card that was registered is lost."""

from __future__ import annotations

import datetime as dt
import re

from playwright.sync_api import Page, Route, expect

from postcards.services import campaigns, kiosks
from tests.plugins.browser import faults_of
from tests.plugins.cast import House, Town
from tests.web.kiosk_page.at_kiosk import (
    begin,
    kiosk_named,
    pair,
    pairing_code,
    read_back,
    register,
    shot,
    take_a_stamp,
    write,
)

READ_BACK = "**/api/v1/kiosk/read-back"
CARDS = "**/api/v1/kiosk/cards"
REGISTERED = "Your card is registered"


def test_a_late_read_back_moves_nobody_and_shows_no_older_words(page: Page) -> None:
    begin(page)
    write(page)
    held = _held(page, READ_BACK)
    onward = page.get_by_role("button", name="Read it back")
    with page.expect_request(READ_BACK):
        onward.click()
    page.get_by_label("Town").fill("Bernau")
    expect(onward).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(onward).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_label("Town")).to_have_value("Bernau")

    with page.expect_request(READ_BACK):
        onward.click()
    page.get_by_role("button", name="Back", exact=True).click()
    with page.expect_response(READ_BACK):
        held[1].continue_()
    page.get_by_role("button", name="Begin my card").click()
    expect(page.get_by_label("Town")).to_have_value("Bernau")


def test_late_labels_are_in_the_language_of_now(page: Page) -> None:
    begin(page)
    write(page)
    page.get_by_role("button", name="Lietuvių").click()
    held = _held(page, re.compile("address-forms/FR.*language=lt"))
    country = page.locator("[role=combobox]")
    expect(country).to_have_value("Vokietija")
    country.fill("pranc")
    with page.expect_request(re.compile("address-forms/FR")):
        country.press("Enter")
    page.get_by_role("button", name="English").click()
    expect(country).to_have_value("France")
    held[0].continue_()
    expect(page.get_by_label("Street and number")).to_have_value("Hauptstraße 5")


def test_a_late_yes_leaves_the_next_visitor_alone_and_tells_the_volunteer(page: Page) -> None:
    begin(page)
    write(page)
    read_back(page)
    held = _held(page, CARDS)
    with page.expect_request(CARDS):
        take_a_stamp(page)
    page.get_by_role("button", name="New visitor").click()
    page.get_by_role("button", name="Clear, new visitor").click()
    begin(page)
    page.get_by_label("Your name").fill("Who comes next")
    held[0].continue_()
    news = page.get_by_text("is registered after all: No. 01")
    expect(news).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Who comes next")
    assert faults_of(page, "a late yes") == []
    shot(page, "late")
    page.get_by_role("button", name="Last cards").click()
    expect(page.get_by_role("dialog")).to_contain_text("No. 01")
    expect(news).to_have_count(0)


def _held(page: Page, pattern: str | re.Pattern[str]) -> list[Route]:
    """The requests that go nowhere until the test says so."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held


def _lose_every_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def test_a_card_on_its_way_waits_for_a_paused_campaign(page: Page, house: House) -> None:
    begin(page)
    write(page)
    read_back(page)
    page.route(CARDS, lambda route: route.abort())
    take_a_stamp(page)
    expect(page.get_by_text("it is never registered twice")).to_be_visible()
    _set_status(house, "paused")
    page.reload()  # before the way is open again: else its next try may be refused on the page that is left
    page.unroute(CARDS)
    expect(page.get_by_role("heading", name="That card was not registered")).to_be_visible()
    expect(page.get_by_text("Everything that was typed is still here")).to_be_visible()
    assert faults_of(page, "unsent") == []
    shot(page, "unsent")
    _set_status(house, "open")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name=REGISTERED)).to_be_visible()

    # What its visitor agreed to was another campaign's text: such a card is not sent from here.
    page.evaluate(
        """() => {
            sessionStorage.setItem("kiosk.under-way", JSON.stringify({ id: "of another campaign" }));
            sessionStorage.setItem("kiosk.under-way-of", JSON.stringify("elsewhere"));
        }"""
    )
    page.reload()
    expect(page.get_by_text("It belongs to the campaign that this device worked for before")).to_be_visible()
    page.get_by_role("button", name="Begin again").click()
    expect(page.get_by_role("button", name="Begin my card")).to_be_visible()


def test_a_device_that_is_paired_anew_asks_for_its_card_first(
    page: Page, house: House, vilnius: Town
) -> None:
    begin(page)
    write(page, name="Jonas Slaptasis")
    read_back(page)
    page.route(CARDS, _lose_every_answer)
    take_a_stamp(page)
    expect(page.get_by_text("it is never registered twice")).to_be_visible()
    with house.begin() as session:
        kiosk = kiosk_named(session, vilnius, "Window")
        kiosks.revoke(session, campaign_id=vilnius.id, kiosk_id=kiosk, by="test", at=dt.datetime.now(dt.UTC))
    page.unroute(CARDS)
    expect(page.get_by_role("heading", name="This device is no longer paired")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="New visitor")).to_have_count(0)
    code = pairing_code(house, vilnius, "Door")
    pair(page, code)
    expect(page.get_by_role("heading", name="That card is registered already")).to_be_visible()
    page.get_by_role("button", name="Begin again").click()
    begin(page)
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_paper_that_the_desk_has_too_is_put_away(page: Page) -> None:
    register(page)
    page.get_by_role("button", name="Print card").click()
    page.route(
        "**/prints",
        lambda route: route.fulfill(
            status=409,
            content_type="application/problem+json",
            json={"type": "about:blank", "title": "Conflict", "status": 409, "code": "printed_elsewhere"},
        ),
    )
    page.get_by_role("button", name="Yes, it is good").click()
    expect(page.get_by_text("Put this one into the box for spoiled cards.")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, it is good")).to_have_count(0)
    shot(page, "elsewhere")


def _set_status(house: House, status: str) -> None:
    with house.begin() as session:
        campaigns.set_status(session, slug="vilnius", status=status, by="test", at=dt.datetime.now(dt.UTC))
