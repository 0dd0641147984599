"""The public pages in a real browser: without scripts on a phone, on the wall of a café, and for everybody (axe)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.plugins.browser import PHONE, faults_of
from tests.plugins.cast import House
from tests.services.travelling import Town
from tests.web.public_house import served

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


def test_an_old_phone_without_scripts_confirms_and_thanks(town: Town, address: str, browser: Browser) -> None:
    card = town.card()
    phone = browser.new_page(java_script_enabled=False, viewport=PHONE, locale="en")
    phone.goto(f"{address}/t/{card.code.lower()}")
    button = phone.get_by_role("button", name="It has arrived")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 80
    assert box["y"] + box["height"] < PHONE["height"], "the one button is seen without scrolling"
    button.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you. It has arrived.")
    phone.get_by_label("Your words", exact=True).fill("Thank you, Ona!")
    phone.get_by_role("button", name="Send the thanks").click()
    expect(phone.get_by_text("Your words of thanks are with the sender.")).to_be_visible()
    phone.goto(f"{address}/S/{card.slip_code}")
    expect(phone.get_by_text("Thank you, Ona!")).to_be_visible()


def test_a_phone_without_scripts_says_no_more_cards(town: Town, address: str, browser: Browser) -> None:
    card = town.card(status="arrived")
    phone = browser.new_page(java_script_enabled=False, viewport=PHONE, locale="en")
    phone.goto(f"{address}/T/{card.code}")
    phone.get_by_role("link", name="I do not want any more cards").click()
    phone.get_by_role("button", name="No more cards, please").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Noted: no more cards")
    phone.get_by_role("link", name="Back to the card").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you. It has arrived.")


def test_the_wall_keeps_itself_up_to_date(town: Town, address: str, browser: Browser) -> None:
    town.card()
    page = browser.new_page(locale="en")
    page.goto(f"{address}/wall/vilnius?lang=en")
    number = page.locator('[data-figure="registered"]')
    expect(number).to_have_text("1")
    town.card()
    expect(number).to_have_text("2", timeout=15_000)


def paths_of(town: Town) -> list[str]:
    here, there = town.card(status="registered"), town.card(email="ona@example.org")
    codes = [f"/T/{here.code}", f"/T/{there.code}", f"/T/{there.code}/no-more", f"/S/{there.slip_code}"]
    return ["/", "/wall/vilnius", "/T/", "/T/ABC", *codes]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(town: Town, address: str, browser: Browser, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme, locale="ru")  # type: ignore[arg-type]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    faults: list[str] = []
    for path in paths_of(town):
        page.goto(address + path)
        faults += faults_of(page, path, rules=RULES)
    assert faults == []
    assert not [text for text in said if "404" not in text], "the policy forbids nothing that we do"
