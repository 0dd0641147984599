"""One Chromium for a file of tests, and the look at a page that every page must bear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
TABLET: ViewportSize = {"width": 1024, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}

#: Resolves when what moves has come to rest: a colour on its way to another is no colour of ours.
_AT_REST = """() => Promise.all(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished.catch(() => null))).then(() => null)"""


@pytest.fixture(scope="module")  # no longer: while it runs, no other event loop can in this process
def _running(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def browser(_running: Browser) -> Iterator[Browser]:
    """The machine's own Chromium; the pages and contexts that a test opens in it close with the test."""
    yield _running
    for context in _running.contexts:
        context.close()


def faults_of(
    page: Page,
    name: str,
    *,
    sizes: Iterable[ViewportSize] = (DESKTOP, TABLET, PHONE),
    rules: dict[str, Any] | None = None,
) -> list[str]:
    """This will name what keeps somebody from using the page that is open: too wide for a size, or what axe finds.

    Who comes from a click has waited for something of the new page before.
    """
    wrong = []
    page.wait_for_load_state()
    for size in sizes:
        page.set_viewport_size(size)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wrong.append(f"{name} is {over} px too wide at {size['width']}")
    page.evaluate(_AT_REST)
    found = Axe().run(page, options=rules).response["violations"]
    return wrong + [f"{name}: {one['id']} at {one['nodes'][0]['target']}" for one in found]
