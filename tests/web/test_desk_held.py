"""Held cards at the desk: why, in words; what is given up is held no more; and whose refusal counts."""

from __future__ import annotations

import ast
import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from postcards.queries.figures import figures
from postcards.services import cards
from postcards.services.block_list import DECLINED
from postcards.web.desk.why_held import why_held
from tests.architecture.tree import text_of
from tests.plugins.cast import House, Town
from tests.services import posting, print_desk
from tests.web.signing_in import Browser, at_desk

DESK = "/desk/c/vilnius/"
#: Where the rules are that a card's words can break.
RULES = (
    "rules/text.py",
    "rules/address.py",
    "rules/card_words.py",
    "paper/address_block.py",
    "paper/entry.py",
)
#: What is only said, or refused before there is a card.
NEVER_HELD = {"region_missing", "region_unknown", "not_latin"}
FOR_OTHER_REASONS = {
    "campaign_draft",
    "campaign_paused",
    "campaign_closed",
    cards.CANNOT_BE_PRINTED,
    DECLINED,
}


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town) -> Browser:
    """Organises Vilnius, and nothing else."""
    return at_desk(app, house, (vilnius.id, "organiser"))


def words(browser: Browser, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(DESK + path).get_data(as_text=True)))


def hold(house: House, number: int, *reasons: str) -> None:
    with house.begin() as session:
        session.execute(
            text("UPDATE card SET held = :reasons WHERE number = :number"),
            {"reasons": list(reasons), "number": number},
        )


def id_of(house: House, number: int) -> uuid.UUID:
    with house.begin() as session:
        return uuid.UUID(str(session.scalar(text("SELECT id FROM card WHERE number = :n"), {"n": number})))


def codes() -> set[str]:
    """Every code of a fault in the rules: the second word of `Fault` and `fault`, and what `_wrong` answers."""
    found = set()
    for name in RULES:
        for node in ast.walk(ast.parse(text_of(Path("postcards", name)))):
            said: list[ast.expr] = []
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Fault", "fault", "_fault"):
                said = node.args[1:2]
            elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                said = node.value.elts[:1]
            found |= {
                one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return found


def test_every_reason_has_words_in_every_language(app: Flask) -> None:
    reasons = (codes() - NEVER_HELD) | FOR_OTHER_REASONS
    assert {
        "blank",
        "emoji",
        "origin_country",
        "postal_code",
        "missing",
        "no_font",
        "too_many_lines",
    } <= reasons
    with app.test_request_context("/desk/?lang=en"):
        english = {code: why_held(code) for code in reasons}
    assert [code for code, said in english.items() if said == code] == []
    for language in ("lt", "pl", "ru", "uk", "ro"):
        with app.test_request_context(f"/desk/?lang={language}"):
            app.preprocess_request()
            assert [code for code in reasons if why_held(code) in (code, english[code])] == [], language


def test_a_held_card_says_why_and_whether_it_was_on_paper(house: House, vilnius: Town, ruta: Browser) -> None:
    vilnius.register()
    page = f"cards/{id_of(house, 1)}"
    hold(house, 1, "origin_country", "blank", "missing")
    said = words(ruta, page)
    assert "It was on paper already when it reached us" in said
    assert said.count("something is missing in what was typed") == 1
    assert "origin_country" not in said
    for later in (DECLINED, cards.CANNOT_BE_PRINTED):
        hold(house, 1, later)
        said = words(ruta, page)
        assert "on paper already" not in said
        assert f"It waits because: {why(ruta, later)}" in said


def test_only_what_stood_on_the_page_is_settled(house: House, vilnius: Town, ruta: Browser) -> None:
    vilnius.register()
    page = f"cards/{id_of(house, 1)}"
    hold(house, 1, "campaign_paused", "country_suspended")
    seen = re.search(r'name="held" value="([^"]*)"', ruta.get(DESK + page).text)
    assert seen is not None
    hold(house, 1, "campaign_paused", "country_suspended", DECLINED)
    ruta.post(f"{DESK}{page}/release", held=seen[1])
    assert "Something else has come that holds this card" in words(ruta, page)
    with house.begin() as session:
        assert session.scalars(text("SELECT held FROM card")).one() == [DECLINED]
        detail = session.scalars(text("SELECT detail FROM journal WHERE action = 'card.released'")).one()
    assert detail == {"held": ["campaign_paused", "country_suspended"]}


def why(browser: Browser, code: str) -> str:
    with browser.client.application.test_request_context("/desk/?lang=en"):
        return why_held(code)


def test_a_card_that_is_given_up_is_held_no_more(house: House, vilnius: Town, ruta: Browser) -> None:
    for number in (1, 2):
        vilnius.register()
        hold(house, number, "campaign_paused")
    page = f"cards/{id_of(house, 1)}"
    ruta.get(DESK + page)
    ruta.post(f"{DESK}{page}/void", reason="wish", paper="none")
    with house.begin() as session:
        assert session.scalars(text("SELECT held FROM card ORDER BY number")).all() == [
            [],
            ["campaign_paused"],
        ]
    # One that an earlier version gave up, and left held.
    print_desk.void(vilnius, registered := vilnius.register())
    hold(house, registered.number, "campaign_paused")
    page = f"cards/{registered.id}"
    assert "One card is held for you" in words(ruta, "")
    assert set(re.findall(r"/cards/([0-9a-f-]{36})", ruta.get(f"{DESK}cards/?show=held").text)) == {
        str(id_of(house, 2))
    }
    assert "eld for" not in words(ruta, page)
    assert "Held for the desk" not in words(ruta, "cards/?show=void")
    with house.begin() as session:
        held = next(one for one in figures(session, at=house.at) if one.name == "postcards_cards_held")
    assert held.rows == [(("vilnius",), 1.0)]
    refused = ruta.post(f"{DESK}{page}/release")
    assert refused.status_code == 409
    assert "nothing left to settle" in refused.text
    with house.begin() as session:
        assert not session.scalar(text("SELECT count(*) FROM journal WHERE action = 'card.released'"))


def test_only_the_answer_that_counts_makes_a_card_a_refused_one(
    house: House, vilnius: Town, ruta: Browser
) -> None:
    numbers = [posting.printed(vilnius) for _ in range(3)]
    posting.seal(vilnius)
    posting.make_all(vilnius)

    posting.answer(vilnius, accepted=1, refused=[(numbers[0], "illegible")], difference=-1)
    first, second = (f"cards/{id_of(house, number)}" for number in numbers[:2])
    assert "Refused by the Post" not in words(ruta, first)
    assert "refused: Illegible" not in words(ruta, first)
    posting.answer(vilnius, accepted=2, refused=[(numbers[1], "illegible")])
    assert "refused: Illegible" not in words(ruta, first)
    assert "Refused by the Post" not in words(ruta, first)
    assert "refused: Illegible" in words(ruta, second)
    assert "Refused by the Post" in words(ruta, second)


def test_a_printer_is_not_led_to_pages_that_are_closed_to_him(
    app: Flask, house: House, vilnius: Town, ruta: Browser
) -> None:
    print_desk.spoil_words(vilnius, card := vilnius.register())
    run = print_desk.ask(vilnius)
    assert print_desk.draw(vilnius, run).status == "failed"
    petras = at_desk(app, house, (vilnius.id, "printer"), email="petras@example.org")
    for browser, led in ((ruta, True), (petras, False)):
        page = browser.get(f"{DESK}print-runs/{run.id}/").get_data(as_text=True)
        assert "Cards that cannot be printed" in page
        assert (f"/cards/{card.id}" in page) is led
        assert browser.get(f"{DESK}cards/{card.id}").status_code == (200 if led else 403)
