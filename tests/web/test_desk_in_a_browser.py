"""The desk in a real browser: readable by everybody, at every size, light and dark, and without a script error."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page

from tests.plugins.browser import faults_of
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import whole_campaign
from tests.web.signing_in import PASSWORD, person


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_room_is_readable_at_every_size(
    house: House,
    vilnius: Town,
    bucharest: Town,
    web_server: str,
    browser: Browser,
    scheme: Literal["light", "dark"],
) -> None:
    whole = whole_campaign(vilnius)
    with house.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE card SET held = '{campaign_paused}' WHERE status = 'printed'"
        )
    person(house, "ruta@example.org", (None, "organiser"))
    rooms = ["", "cards/", "cards/?show=held", "print-runs/", "printers/", "print-log/"]
    rooms += ["manifests/", "kiosks/", "mail/", "journal/", *_print_runs(house)]
    rooms += [f"cards/{whole.id(name)}" for name in ("arrived", "printed", "void")]
    rooms += [f"kiosks/{vilnius.kiosks[0].id}/end"]
    paths = ["/sign-in", "/desk/", *(f"/desk/c/vilnius/{room}" for room in rooms)]
    wrong: list[str] = []
    context = browser.new_context(color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    _sign_in(page, web_server)
    for path in paths:
        page.goto(web_server + path)
        wrong += faults_of(page, f"{path} ({scheme})")
    assert wrong == []


def _print_runs(house: House) -> list[str]:
    """A run that is ready, with paper to pull, and one that waits."""
    with house.begin() as session:
        found = session.connection().exec_driver_sql(
            "SELECT id FROM print_run WHERE campaign_id = 1 ORDER BY run"
        )
        return [f"print-runs/{row.id}/" for row in found]


def test_giving_a_card_up_asks_once_more(
    house: House, vilnius: Town, web_server: str, browser: Browser
) -> None:
    card = vilnius.register()
    person(house, "ruta@example.org", (None, "organiser"))
    page = browser.new_page(locale="en-GB")
    _sign_in(page, web_server)
    page.goto(f"{web_server}/desk/c/vilnius/cards/?find={card.number}")
    page.get_by_text("Give this card up").click()
    page.get_by_label("Why?").select_option("spoiled")
    page.get_by_label("What became of the paper?").select_option("destroyed")
    asked: list[str] = []
    page.once("dialog", lambda dialog: _refuse(dialog, asked))
    page.get_by_role("button", name="Give it up").click()
    assert asked == [f"Give card {card.number} up? This cannot be undone."]
    assert page.get_by_role("heading", level=1).inner_text() == f"Card {card.number}"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Give it up").click()
    page.get_by_text("Its stamp is in the drawer again").wait_for()


def _refuse(dialog: Dialog, asked: list[str]) -> None:
    asked.append(dialog.message)
    dialog.dismiss()


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in?next=/desk/")
    page.get_by_label("E-mail").fill("ruta@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk/**")
