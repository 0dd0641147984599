"""Numbers in addresses that no column can hold: the page is empty or unknown, and never an accident."""

from __future__ import annotations

from flask import Flask

from tests.plugins.cast import House, Town
from tests.web.signing_in import at_desk

FAR = (10**11, -(10**11), 10**25)
PAGES = (
    "/desk/c/vilnius/print-runs/?before=",
    "/desk/c/vilnius/print-runs/table?before=",
    "/desk/c/vilnius/print-log/?number=",
    "/desk/c/vilnius/manifests/?before=",
    "/desk/c/vilnius/journal/?before=",
    "/desk/c/vilnius/cards/?after=",
    "/partner/c/vilnius/?before=",
    "/partner/c/vilnius/manifests/1?version=",
)


def test_a_number_that_no_column_holds_is_just_far_away(app: Flask, house: House, vilnius: Town) -> None:
    browser = at_desk(
        app, house, (vilnius.id, "organiser"), (vilnius.id, "partner"), email="rasa@example.org"
    )
    answers = {f"{page}{far}": browser.get(f"{page}{far}").status_code for page in PAGES for far in FAR}
    assert {address: status for address, status in answers.items() if status not in (200, 404)} == {}
