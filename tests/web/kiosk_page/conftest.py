"""A tablet that was paired a moment ago, once with its own clock and once with one that the test moves on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.plugins.cast import House, Town
from tests.web.kiosk_page.at_kiosk import pair, pairing_code


def _paired(browser: Browser, web_server: str, code: str, *, clock: bool) -> Iterator[Page]:
    surprises: list[str] = []
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="en-GB")
    opened = context.new_page()
    if clock:
        opened.clock.install()
    opened.on("pageerror", lambda error: surprises.append(str(error)))
    opened.goto(f"{web_server}/kiosk/")
    pair(opened, code)
    expect(opened.get_by_role("button", name="Begin my card")).to_be_visible()
    yield opened
    assert surprises == []


@pytest.fixture
def page(browser: Browser, web_server: str, house: House, vilnius: Town) -> Iterator[Page]:
    """A tablet, paired with the campaign Vilnius and standing at the first screen; no script may fail on it."""
    code = pairing_code(house, vilnius)
    yield from _paired(browser, web_server, code, clock=False)


@pytest.fixture
def clocked(browser: Browser, web_server: str, house: House, vilnius: Town) -> Iterator[Page]:
    """The same tablet, whose clock the test moves on."""
    code = pairing_code(house, vilnius)
    yield from _paired(browser, web_server, code, clock=True)
