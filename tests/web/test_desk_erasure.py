"""The desk erases a card's people when it is sure, says what becomes of the card, and shows when each part goes."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from tests.plugins.cast import House, Town
from tests.services.whole_campaign import WholeCampaign, whole_campaign
from tests.web.signing_in import Browser, at_desk


@pytest.fixture
def whole(vilnius: Town) -> WholeCampaign:
    return whole_campaign(vilnius)


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town) -> Browser:
    return at_desk(app, house, (vilnius.id, "organiser"))


def test_people_are_erased_by_one_who_is_sure(house: House, ruta: Browser, whole: WholeCampaign) -> None:
    page = f"/desk/c/vilnius/cards/{whole.id('printed')}"
    before = ruta.get(page).get_data(as_text=True)
    assert "Name and address of the recipient" in before
    assert "The card has not left us, so it is given up as well." in before
    for fields in ({}, {"sure": "perhaps"}):
        ruta.post(f"{page}/erasure", **fields)
        assert "Tick that you know who asks" in ruta.get(page).get_data(as_text=True)
    with house.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM erasure")) == 0
    assert ruta.post(f"{page}/erasure", sure="yes", paper="missing").status_code == 303
    after = ruta.get(page).get_data(as_text=True)
    for words in (
        "is erased.",
        "Destroy its paper; until then its stamp stays apart.",
        "Erased, because somebody asked",
        "Erased on request",
    ):
        assert words in after
    assert "/erasure" not in after
    assert "Name and address of the recipient" not in after
    ruta.post(f"{page}/erasure", sure="yes")
    assert "Nothing was left to erase." in ruta.get(page).get_data(as_text=True)
    with house.begin() as session:
        assert session.scalar(text('SELECT "by" FROM erasure')).startswith("staff:")
    assert ruta.post(f"{page}/address").status_code == 404


def test_a_card_with_the_post_goes_on(house: House, ruta: Browser, whole: WholeCampaign) -> None:
    page = f"/desk/c/vilnius/cards/{whole.id('handed_over')}"
    assert "The card has left us, with the names on it" in ruta.get(page).get_data(as_text=True)
    ruta.post(f"{page}/erasure", sure="yes")
    with house.begin() as session:
        row = session.execute(
            text(
                "SELECT c.status, p.recipient FROM card c JOIN person p ON p.card_id = c.id WHERE c.id = :id"
            ),
            {"id": whole.id("handed_over")},
        ).one()
    assert tuple(row) == ("handed_over", None)


def test_only_organisers_erase(app: Flask, house: House, whole: WholeCampaign) -> None:
    page = f"/desk/c/vilnius/cards/{whole.id('registered')}"
    auditor = at_desk(app, house, (whole.town.id, "auditor"), email="audra@example.org")
    seen = auditor.get(page).get_data(as_text=True)
    assert "Name and address of the recipient" in seen
    assert "/erasure" not in seen
    assert auditor.post(f"{page}/erasure", sure="yes").status_code == 403


def test_what_is_left_of_an_address_is_shown_without_it(
    house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    with house.begin() as session:
        session.execute(
            text("UPDATE person SET recipient = NULL, recipient_index = NULL WHERE card_id = :id"),
            {"id": whole.id("handed_over")},
        )
    page = f"/desk/c/vilnius/cards/{whole.id('handed_over')}"
    ruta.get(page)
    shown = ruta.post(f"{page}/address").get_data(as_text=True)
    assert "The address is gone: its time was over." in shown
    assert "Ona Petraitienė" in shown


def test_why_the_post_refused_goes_and_that_it_did_stays(
    app: Flask, house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    """The clerk wrote about a person; the pages of the desk and of the Post still say what became of the card."""
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE receipt_refusal SET reason = 'Jonas Petraitis has moved'"))
    page = f"/desk/c/vilnius/cards/{whole.id('refused')}"
    post = at_desk(app, house, (whole.town.id, "partner"), email="pastas@example.org")
    lists = "/partner/c/vilnius/manifests/1"
    before = ruta.get(page).get_data(as_text=True)
    assert "refused: Jonas Petraitis has moved" in before
    assert "Jonas Petraitis has moved" in post.get(lists).get_data(as_text=True)
    ruta.post(f"{page}/erasure", sure="yes")
    after = ruta.get(page).get_data(as_text=True)
    assert "refused: Another reason" in after
    assert after.count("Refused by the Post") == before.count("Refused by the Post")
    seen = post.get(lists).get_data(as_text=True)
    assert "Jonas" not in seen
    assert '<td data-label="Reason"><span>–</span></td>' in seen
