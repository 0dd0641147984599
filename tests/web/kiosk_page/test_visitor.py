"""The kiosk's page in a real browser: one visitor after another, with a network that fails at the worst moment."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.plugins.browser import faults_of
from tests.web.kiosk_page.at_kiosk import begin, read_back, take_a_stamp, write


def _no_barrier(page: Page, screen: str) -> None:
    assert faults_of(page, screen) == []


def test_every_screen_is_open_to_everybody(page: Page) -> None:
    _no_barrier(page, "start")
    begin(page)
    read_back(page)
    expect(page.get_by_text("Please fill this in.").first).to_be_visible()
    _no_barrier(page, "faults")
    page.get_by_role("combobox", name="Country").click()
    expect(page.get_by_role("option").first).to_be_visible()
    _no_barrier(page, "countries")
    write(page)
    read_back(page)
    expect(page.get_by_role("heading", name="Is everything right?")).to_be_visible()
    _no_barrier(page, "read-back")
    take_a_stamp(page)
    expect(page.get_by_role("heading", name="Your card is registered")).to_be_visible()
    _no_barrier(page, "done")


def test_another_language_keeps_what_is_typed_and_finds_countries_in_it(page: Page) -> None:
    begin(page)
    write(page)
    page.get_by_role("button", name="Lietuvių").click()
    country = page.locator("[role=combobox]")
    expect(country).to_have_value("Vokietija")
    expect(page.locator("html")).to_have_attribute("lang", "lt")
    country.fill("pranc")
    country.press("Enter")
    expect(country).to_have_value("Prancūzija")
    page.get_by_role("button", name="English").click()
    expect(country).to_have_value("France")
    expect(page.get_by_label("Street and number")).to_have_value("Hauptstraße 5")
    # A postcode belongs to its country.
    expect(page.get_by_label("Postcode")).to_have_value("")


def test_an_answer_that_is_lost_makes_no_second_card(page: Page) -> None:
    begin(page)
    write(page)
    read_back(page)
    sent: list[str | None] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/kiosk/cards", lose_the_first_answer)
    take_a_stamp(page)
    expect(page.get_by_text("it is never registered twice")).to_be_visible()
    expect(page.get_by_text("No connection")).to_be_visible()
    expect(page.get_by_role("heading", name="Your card is registered")).to_be_visible(timeout=10_000)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    expect(page.get_by_text("19 of 20 left")).to_be_visible()


def test_a_fault_is_shown_by_its_field_and_nothing_is_lost(page: Page) -> None:
    begin(page)
    write(page, name="Jonas 😀")
    read_back(page)
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Pictures cannot be printed here")).to_be_visible()
    expect(page.get_by_label("Town")).to_have_value("Berlin")


def test_the_next_visitor_sees_nothing_of_the_one_before(page: Page) -> None:
    begin(page)
    write(page, name="Jonas Slaptasis")
    page.get_by_role("button", name="New visitor").click()
    page.get_by_role("button", name="Clear, new visitor").click()
    expect(page.get_by_label("I have read this, and I agree.")).not_to_be_checked()
    kept = page.evaluate("() => JSON.stringify([localStorage, sessionStorage]) + document.body.innerHTML")
    assert "Slaptasis" not in kept
    begin(page)
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
