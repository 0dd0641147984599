"""A page that is kept in pieces says for each card what the database says of it now, and nothing of another."""

from __future__ import annotations

import gzip
import html
import re
from functools import partial

import pytest
from flask import Flask, flash
from flask.testing import FlaskClient
from sqlalchemy import text

from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.frames import Frames, framed
from tests.plugins.cast import House
from tests.services.travelling import Town

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


def words_of(client: FlaskClient, code: str, **query: str) -> str:
    page = client.get(f"/T/{code}", headers=BROWSER, query_string=query).text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_each_card_that_fills_a_frame_shows_its_own_words(town: Town, client: FlaskClient) -> None:
    cards = [town.card() for _ in range(3)]
    for card in [*cards, *reversed(cards)]:
        page = client.get(f"/T/{card.code}", headers=BROWSER).text
        assert f"Postcard No. {card.number:05}" in page
        assert f'action="/T/{card.code}/arrival"' in page
        assert not [other.code for other in cards if other is not card and other.code in page]


def test_what_changes_is_shown_at_the_next_look(town: Town, client: FlaskClient) -> None:
    neighbour, card = town.card(), town.card(status="printed")
    for known in (neighbour, card):
        words_of(client, known.code)
    steps = (
        ("sealed", "sealed_at", "On a list for the post since"),
        ("handed_over", "handed_over_at", "Handed to the post"),
        ("returned", "handed_over_at", "brought it back to us"),
        ("arrived", "arrived_at", "Thank you. It has arrived."),
    )
    for status, moment, words in steps:
        assert words not in words_of(client, card.code)
        with town.begin() as session:
            session.execute(
                text(f"UPDATE card SET status = :status, {moment} = now() WHERE id = :id"),
                {"status": status, "id": card.id},
            )
        assert words in words_of(client, card.code)
    assert "Is this card in your hands?" in words_of(client, neighbour.code)


def test_arrival_and_thanks_are_shown_at_once(town: Town, client: FlaskClient) -> None:
    card = town.card()
    for _ in range(2):
        assert "Is this card in your hands?" in words_of(client, card.code)
    client.post(f"/T/{card.code}/arrival")
    assert "Would you like to thank the sender?" in words_of(client, card.code)
    client.post(f"/T/{card.code}/thanks", json={"text": "Danke"})
    assert "Your words of thanks are with the sender." in words_of(client, card.code)


def test_each_reader_has_their_own_frame(town: Town, client: FlaskClient) -> None:
    card = town.card()
    said = {language: words_of(client, card.code, lang=language) for language in ("lt", "en", "pl", "lt")}
    assert ("Atvirukas Nr." in said["lt"], "Postcard No." in said["en"], "Pocztówka nr" in said["pl"]) == (
        True,
    ) * 3
    client.delete_cookie("language")
    by_browser = client.get(f"/T/{card.code}", headers=BROWSER | {"Accept-Language": "pl"}).text
    assert f'action="/T/{card.code}/arrival"' in by_browser, "an address without a language keeps none"


def test_a_changed_cap_is_shown_at_the_next_look(town: Town, client: FlaskClient) -> None:
    card = town.card()
    assert "one of 200" in words_of(client, card.code)
    with town.begin() as session:
        session.execute(text("UPDATE campaign SET cap = 1234 WHERE id = :id"), {"id": town.campaign_id})
    assert "one of 1,234" in words_of(client, card.code)


def test_another_edition_makes_the_frames_anew(town: Town, app: Flask) -> None:
    frames, other = Frames(), town.edition.changed(cap=7)
    with app.app_context():
        for edition, said in (
            (town.edition, b"200"),
            (town.edition, b"200"),
            (other, b"7"),
            (town.edition, b"200"),
        ):
            cap = str(edition.cap)
            assert frames.of("same", (), edition=edition, render=partial(str.format, cap)).filled({}) == said


def test_nothing_of_one_visitor_stays_in_a_frame(town: Town, client: FlaskClient, app: Flask) -> None:
    @app.get("/flash-something")
    @guarded(PUBLIC)
    def something() -> str:
        flash("for one pair of eyes")
        return ""

    card = town.card()
    client.get("/flash-something")
    assert client.get_cookie("postcards_form") is not None
    for visitor in (client, app.test_client()):
        answer = visitor.get(f"/T/{card.code}", headers=BROWSER)
        assert "for one pair of eyes" not in answer.text
        assert "Set-Cookie" not in answer.headers


def test_words_are_escaped_and_never_taken_for_marks(town: Town) -> None:
    frame = framed(lambda shown: f"<p>{shown['a']}|{shown['b']}|{shown['a']}</p>", ("a", "b"))
    assert (
        frame.filled({"a": "<i>", "b": "\ue000a\ue001"}).decode()
        == "<p>&lt;i&gt;|\ue000a\ue001|&lt;i&gt;</p>"
    )


def test_frames_are_bounded(town: Town, app: Flask) -> None:
    frames = Frames(at_most=3)
    with app.app_context():
        for n in range(10):
            frame = frames.of(n, ("a",), edition=town.edition, render=lambda shown: f"[{shown['a']}]")
            assert frame.filled({"a": str(n)}) == f"[{n}]".encode()
            assert len(frames) <= 3


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_browser_gets_the_page_packed_and_the_same(
    town: Town, client: FlaskClient, accepted: str, packed: bool
) -> None:
    card = town.card()
    plain = client.get(f"/T/{card.code}", headers=BROWSER)
    answer = client.get(f"/T/{card.code}", headers=BROWSER | {"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert answer.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(answer.data) if packed else answer.data) == plain.data
    assert not packed or len(answer.data) < len(plain.data) / 2


@pytest.mark.parametrize("words", [{"a": "", "b": "ž<&"}, {"a": "x" * 60_000, "b": "€"}])
def test_any_words_pack_and_unpack(words: dict[str, str]) -> None:
    frame = framed(
        lambda shown: f"{shown['a']}<p>{'far is close ' * 99}{shown['b']}</p>{shown['b']}", ("a", "b")
    )
    assert gzip.decompress(frame.filled_gzip(words)) == frame.filled(words)
