"""Nobody touches the kiosk's page any more: who comes next finds no yes, no word and no window of the one before."""

from __future__ import annotations

import datetime as dt
import uuid

from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from postcards.services import kiosks, stock
from tests.plugins.cast import House, Town
from tests.web.kiosk_page.at_kiosk import (
    begin,
    kiosk_named,
    read_back,
    register,
    shot,
    take_a_stamp,
    write,
)

AGREE = "I have read this, and I agree."


def _lend_stock(session: Session, town: Town) -> None:
    at, booklet = dt.datetime.now(dt.UTC), uuid.uuid4()
    kiosk = kiosks.identity(session, campaign_id=town.id, kiosk_id=kiosk_named(session, town, "Window"))
    stock.lend(session, kiosk=kiosk, booklet_id=booklet, stamps=2, by="test", at=at)
    stock.note_printed(
        session, campaign_id=town.id, booklet_id=booklet, cards=2, public_url=None, by="test", at=at
    )


def test_the_first_screen_forgets_who_walked_away(clocked: Page) -> None:
    clocked.get_by_label(AGREE).check()
    clocked.get_by_label("Tell me by e-mail when the card has arrived.").check()
    clocked.get_by_label("Your e-mail").fill("ona@example.org")
    clocked.clock.run_for(215_000)
    expect(clocked.get_by_text("Is somebody here?")).to_be_visible()
    shot(clocked, "start-warned")
    clocked.clock.run_for(30_000)
    expect(clocked.get_by_label(AGREE)).not_to_be_checked()
    assert clocked.get_by_label("Your e-mail").input_value() == ""

    begin(clocked)
    write(clocked, name="Jonas Slaptasis")
    clocked.get_by_role("button", name="Back", exact=True).click()
    clocked.clock.run_for(245_000)
    begin(clocked)
    expect(clocked.get_by_label("Name", exact=True)).to_have_value("")


def test_a_tablet_that_slept_shows_nothing_of_the_one_before(clocked: Page) -> None:
    """Its clock goes on while its page stands still."""
    begin(clocked)
    write(clocked, name="Jonas Slaptasis")
    clocked.get_by_role("button", name="Read it back").hover()
    clocked.clock.fast_forward(600_000)
    clocked.clock.run_for(500)
    expect(clocked.get_by_label(AGREE)).not_to_be_checked()
    assert "Slaptasis" not in clocked.evaluate("() => document.body.innerHTML")
    begin(clocked)
    expect(clocked.get_by_label("Name", exact=True)).to_have_value("")


def test_only_the_printers_dialog_may_hold_the_page_and_not_for_ever(clocked: Page) -> None:
    register(clocked)
    # Somebody answers the dialog in a browser that no program drives; here it is only noted that it was asked for.
    clocked.evaluate(
        """() => {
            Object.defineProperty(navigator, "webdriver", { get: () => false });
            Object.defineProperty(navigator, "pdfViewerEnabled", { get: () => true });
            Object.defineProperty(HTMLIFrameElement.prototype, "contentWindow", {
                get: () => ({ focus() {}, print() { document.body.dataset.asked = "yes"; } }),
            });
        }"""
    )
    clocked.get_by_role("button", name="Print card").click()
    expect(clocked.locator("body[data-asked]")).to_have_count(1)
    registered = clocked.get_by_role("heading", name="Your card is registered")
    for minutes, stands in ((5, 1), (5, 0)):
        clocked.clock.fast_forward(minutes * 60_000)
        clocked.clock.run_for(500)
        expect(registered).to_have_count(stands)


def test_a_card_that_was_opened_alone_goes_with_its_visitor(page: Page) -> None:
    register(page)
    page.get_by_role("button", name="Print card").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the card alone").click()
    with opened.value.expect_event("close"):
        page.get_by_role("button", name="New visitor").last.click()
    expect(page.get_by_role("button", name="Begin my card")).to_be_visible()
    assert page.context.pages == [page]


def test_a_window_left_open_closes_and_then_the_page_below_forgets(
    clocked: Page, house: House, vilnius: Town
) -> None:
    with house.begin() as session:
        _lend_stock(session, vilnius)
    clocked.reload()
    begin(clocked)
    write(clocked, name="Jonas Slaptasis")
    clocked.get_by_role("button", name="By hand").click()
    window = clocked.get_by_role("dialog")
    window.get_by_label("Tell me by e-mail when the card has arrived.").check()
    window.get_by_label("Your e-mail").fill("ona@example.org")
    clocked.clock.run_for(215_000)
    expect(window.get_by_text("This window closes by itself in")).to_be_visible()
    shot(clocked, "window-warned")
    # What lies below waits for the window, which comes to its end first.
    clocked.clock.run_for(30_000)
    expect(window).to_have_count(0)
    expect(clocked.get_by_label(AGREE)).not_to_be_checked()
    assert "Slaptasis" not in clocked.evaluate("() => document.body.innerHTML")


def test_a_yes_is_to_the_text_that_stood_on_the_page(page: Page, vilnius: Town) -> None:
    newest = 0

    def with_another_text(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        if newest:
            body["campaign"]["consent"] = {
                "version": f"2099-{newest}",
                "texts": {"en": f"Text number {newest}."},
            }
        route.fulfill(response=answer, json=body)

    def looks_again() -> None:
        with page.expect_response("**/api/v1/kiosk"):
            page.evaluate("() => window.dispatchEvent(new Event('online'))")

    page.route("**/api/v1/kiosk", with_another_text)
    begin(page)
    newest = 1
    looks_again()
    write(page)
    read_back(page)
    with page.expect_request("**/api/v1/kiosk/cards") as sent:
        take_a_stamp(page)
    expect(page.get_by_role("heading", name="Your card is registered")).to_be_visible()
    assert (sent.value.post_data_json or {})["consent"]["version"] == vilnius.edition.consent[0].version
    page.get_by_role("button", name="New visitor").last.click()
    expect(page.get_by_text("Text number 1.")).to_be_visible()
    # Nobody has touched this screen: it shows what is in force now.
    newest = 2
    looks_again()
    expect(page.get_by_text("Text number 2.")).to_be_visible()
    page.get_by_label(AGREE).check()
    newest = 3
    looks_again()
    expect(page.get_by_text("Text number 2.")).to_be_visible()
    expect(page.get_by_label(AGREE)).to_be_checked()
