"""The recipient's and the sender's page over HTTP: honest words, no names, and one arrival."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from postcards.errors import Unavailable
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.web.public.blueprint import refused
from tests.plugins.cast import House
from tests.services.travelling import Posted, Town

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


def seen(page: str) -> str:
    """A page's words, as a person sees them."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def rows(town: Town) -> list[object]:
    """Everything that a visit could have changed."""
    with town.begin() as session:
        return [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("arrival", "mail", "journal", "tally_delta")
        ] + list(session.execute(text("SELECT status FROM card ORDER BY number")).scalars())


def test_the_page_says_what_is_known_and_changes_nothing(town: Town, client: FlaskClient) -> None:
    card = town.card(sender="Ona Petraitienė", email="ona@example.org")
    before = rows(town)
    answer = client.get(f"/T/{card.code}", headers=BROWSER)
    words = seen(answer.text)
    assert answer.status_code == 200
    assert "Postcard No. 00001" in words
    assert "Vilnius" in words
    assert "14 December 2026" in words
    assert "the post does not tell us when it delivers a card" in words
    assert "delivered" not in words
    assert "gave us your name and address, only so that the card could reach you" in words
    for secret in ("Ona", "Petrait", "Jonas", "Hauptstra", "Berlin", "10115", "example.org", card.slip_code):
        assert secret not in answer.text
    assert rows(town) == before
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert "Set-Cookie" not in answer.headers


def test_the_code_is_read_in_either_case_with_its_misreadings(town: Town, client: FlaskClient) -> None:
    card = town.card()
    spaced = f"{card.code[:4]}-{card.code[4:8]} {card.code[8:]}".lower().replace("1", "l").replace("0", "o")
    for path in (f"/T/{card.code}", f"/t/{card.code}", f"/t/{card.code.lower()}", f"/T/{spaced}"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        ("lt-LT,lt;q=0.9", "lt", "Atvirukas Nr. 00001"),
        ("pl", "pl", "Pocztówka nr 00001"),
        ("ru", "ru", "Открытка № 00001"),
        ("ja,de;q=0.5", "en", "Postcard No. 00001"),
        ("uk", "en", "Postcard No. 00001"),
    ],
)
def test_it_speaks_the_readers_language(
    town: Town, client: FlaskClient, asked: str, language: str, words: str
) -> None:
    card = town.card()
    answer = client.get(f"/T/{card.code}", headers={"Accept": "text/html", "Accept-Language": asked})
    assert f'<html lang="{language}"' in answer.text
    assert words in seen(answer.text)


def test_a_switch_changes_the_language(town: Town, client: FlaskClient) -> None:
    card = town.card()
    page = client.get(f"/T/{card.code}?lang=pl", headers=BROWSER).text
    assert '<html lang="pl"' in page
    assert f'action="/T/{card.code}/arrival?lang=pl"' in page


def test_a_tool_confirms_without_body_or_cookie(town: Town, client: FlaskClient) -> None:
    card = town.card(status="sealed")
    for _ in range(2):
        answer = client.post(f"/T/{card.code}/arrival")
        assert (answer.status_code, answer.get_json()) == (200, {"status": "arrived"})
    assert client.post(f"/t/{card.code.lower()}/arrival", headers=JSON).get_json() == {"status": "arrived"}
    assert rows(town)[0] == 1


def test_a_browser_confirms_and_thanks_without_scripts(town: Town, client: FlaskClient) -> None:
    card = town.card()
    answer = client.post(f"/T/{card.code}/arrival", headers=BROWSER, follow_redirects=True)
    assert answer.request.path == f"/T/{card.code}"
    assert "Thank you. It has arrived." in seen(answer.text)
    assert 'name="text"' in answer.text
    answer = client.post(
        f"/T/{card.code}/thanks", headers=BROWSER, data={"text": "Ačiū!\r\nLabai."}, follow_redirects=True
    )
    assert "Your words of thanks are with the sender." in seen(answer.text)
    assert "Labai" not in answer.text, "the QR is on the card: only the slip shows the words"
    slip = client.get(f"/S/{card.slip_code}", headers=BROWSER)
    assert "Ačiū! Labai." in seen(slip.text)


def test_a_faulty_thanks_form_comes_back_with_its_words(town: Town, client: FlaskClient) -> None:
    card = town.card()
    client.post(f"/T/{card.code}/arrival")
    answer = client.post(f"/T/{card.code}/thanks", headers=BROWSER, data={"text": "Hello <b> \U0001f600"})
    assert answer.status_code == 422
    assert "Pictures cannot be kept here" in seen(answer.text)
    assert "Hello &lt;b&gt;" in answer.text


def test_thanks_as_json(town: Town, client: FlaskClient) -> None:
    card = town.card()
    path = f"/T/{card.code}/thanks"
    assert client.post(path, json={"text": "Danke"}, headers=JSON).status_code == 409
    client.post(f"/T/{card.code}/arrival")
    assert client.post(path, json={"text": "Danke"}, headers=JSON).get_json() == {"status": "thanked"}
    assert client.post(path, json={"text": "Danke"}).status_code == 200
    answer = client.post(path, json={"text": "Other"}, headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "already_thanked")
    answer = client.post(path, json={"text": "x" * 501}, headers=JSON)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "text")
    assert client.post(path, data=b"{", content_type="application/json", headers=JSON).status_code == 400
    assert client.post(path, json={"text": "a", "more": 1}, headers=JSON).status_code == 422
    assert client.post(path, data=b"a", content_type="text/plain", headers=JSON).status_code == 415


def test_a_tool_that_takes_anything_reads_every_refusal_as_json(town: Town, client: FlaskClient) -> None:
    """It reads JSON when it goes well, so it must not meet a page when it does not."""
    card = town.card()
    path = f"/T/{card.code}/thanks"

    def refused(**sent: Any) -> tuple[int, str]:
        answer = client.post(path, headers={"Accept": "*/*"}, **sent)
        return answer.status_code, str(answer.mimetype)

    json, problem = {"content_type": "application/json"}, "application/problem+json"
    assert refused(json={"text": "Danke"}) == (409, problem)
    assert refused(data=b"{", **json) == (400, problem)
    assert refused(json={"text": "x" * 70_000}) == (413, problem)
    assert refused(data=b"a", content_type="text/plain") == (415, problem)
    client.post(f"/T/{card.code}/arrival")
    assert refused(json={"text": "x" * 501}) == (422, problem)
    found = next(found for _ in range(1000) if (found := refused(json={"text": ""}))[0] != 422)
    assert found == (429, problem)


@pytest.mark.parametrize("status", ["registered", "printed"])
def test_a_card_that_is_still_here_is_refused_kindly(town: Town, client: FlaskClient, status: str) -> None:
    card = town.card(status=status)
    page = client.get(f"/T/{card.code}", headers=BROWSER)
    assert page.status_code == 200
    assert "/arrival" not in page.text
    answer = client.post(f"/T/{card.code}/arrival", headers=JSON)
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.get_json()["code"] == "not_sent_yet"
    answer = client.post(f"/T/{card.code}/arrival", headers=BROWSER)
    assert answer.status_code == 409
    assert "This card is still with us" in seen(answer.text)


@pytest.mark.parametrize("ended", ["replaced", "void"])
def test_a_code_that_is_no_longer_good_is_gone(town: Town, client: FlaskClient, ended: str) -> None:
    card = town.card()
    with town.begin() as session:
        session.execute(
            text("UPDATE tracking_code SET ended = :ended, ended_at = now() WHERE code = :code"),
            {"ended": ended, "code": card.code},
        )
    for method, path in (("GET", ""), ("POST", "/arrival")):
        answer = client.open(f"/T/{card.code}{path}", method=method, headers=JSON)
        assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")
        assert answer.get_json()["code"] == ended
        page = client.open(f"/T/{card.code}{path}", method=method, headers=BROWSER)
        assert (page.status_code, page.mimetype) == (410, "text/html")


def test_mistyped_and_unknown(town: Town, client: FlaskClient) -> None:
    card = town.card()
    wrong = ("1" if card.code[0] != "1" else "2") + card.code[1:]
    for code, told in (
        (wrong, "mistyped"),
        (new_tracking_code(), "unknown"),
        ("%00", "unknown"),
        ("ĄČ", "mistyped"),
    ):
        for method, path in (("GET", ""), ("POST", "/arrival")):
            answer = client.open(f"/T/{code}{path}", method=method, headers=JSON)
            assert (answer.status_code, answer.get_json()["code"]) == (404, told)
    page = client.get(f"/T/{wrong}", headers=BROWSER)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert 'action="/T/"' in page.text, "a hand may try again right there"


def test_a_typed_code_finds_its_card(town: Town, client: FlaskClient) -> None:
    card = town.card()
    assert client.get("/T/", headers=BROWSER).status_code == 200
    answer = client.get(
        "/T/", query_string={"code": card.code.lower()}, headers=BROWSER, follow_redirects=True
    )
    assert answer.request.path == f"/T/{card.code}"
    assert answer.status_code == 200
    answer = client.get("/T/", query_string={"code": "//example.com/"}, headers=BROWSER)
    assert answer.status_code in (303, 404)
    assert not answer.headers.get("Location", "/").startswith("//")


def test_the_senders_page_tells_the_way_without_addresses(town: Town, client: FlaskClient) -> None:
    card = town.card(email="ona@example.org")
    answer = client.get(f"/S/{card.slip_code}", headers=BROWSER)
    words = seen(answer.text)
    assert answer.status_code == 200
    assert "Your postcard No. 00001" in words
    assert "Handed to the post" in words
    assert '"handed over" is not "delivered"' in words
    assert "We will send you one e-mail when it has arrived." in words
    for secret in ("Ona", "Jonas", "Hauptstra", "Berlin", "10115", "example.org", card.code):
        assert secret not in answer.text
    assert client.get(f"/s/{card.slip_code.lower()}").status_code == 200
    assert client.get(f"/S/{new_slip_code()}", headers=JSON).get_json()["code"] == "unknown"
    assert client.get(f"/S/{card.code}", headers=JSON).get_json()["code"] == "mistyped"
    assert client.get(f"/T/{card.slip_code}", headers=JSON).get_json()["code"] == "mistyped"


@pytest.mark.parametrize(
    "status", ["registered", "printed", "sealed", "handed_over", "refused", "returned", "arrived"]
)
def test_the_senders_page_stands_at_every_stage(town: Town, client: FlaskClient, status: str) -> None:
    card = town.card(status="handed_over" if status == "arrived" else status)
    if status == "arrived":
        client.post(f"/T/{card.code}/arrival")
    page = client.get(f"/S/{card.slip_code}", headers=BROWSER)
    assert page.status_code == 200
    assert ('aria-current="step"' in page.text) == (status != "arrived")


@pytest.mark.parametrize(
    ("took", "known", "unknown"),
    [([], 59, 61), ([6, 7, 8, 9, 10], 59, 61), ([50, 60, 70, 80, 100], 137, 139)],
    ids=["nobody wrote yet", "a fast country", "a slow country"],
)
def test_after_a_long_silence_we_say_that_we_do_not_know(
    town: Town, client: FlaskClient, took: list[int], known: int, unknown: int
) -> None:
    for days in took:
        _left(town, town.card(), days_ago=days, status="arrived")
    town.card(country="NO")
    card = town.card()
    said = []
    for days in (known, unknown):
        _left(town, card, days_ago=days, status="handed_over")
        said.append("We simply do not know." in client.get(f"/S/{card.slip_code}", headers=BROWSER).text)
    assert said == [False, True]


def _left(town: Town, card: Posted, *, days_ago: int, status: str) -> None:
    """The Post took it so many days ago; one that arrived did so just now."""
    now = dt.datetime.now(dt.UTC)
    with town.begin() as session:
        session.execute(
            text(
                "UPDATE card SET status = :status, handed_over_at = :left,"
                " arrived_at = CASE WHEN :status = 'arrived' THEN CAST(:now AS timestamptz) END WHERE id = :id"
            ),
            {"status": status, "left": now - dt.timedelta(days=days_ago), "now": now, "id": card.id},
        )


def wishes(town: Town) -> int:
    with town.begin() as session:
        return int(session.execute(text("SELECT count(*) FROM do_not_write")).scalar_one())


@pytest.mark.parametrize("status", ["sealed", "handed_over", "arrived", "returned"])
def test_a_recipient_wants_no_more_cards_in_two_steps(town: Town, client: FlaskClient, status: str) -> None:
    card = town.card(status=status)
    page = client.get(f"/T/{card.code}?lang=en", headers=BROWSER)
    path = f"/T/{card.code}/no-more"
    assert f'href="{path}?lang=en"' in page.text
    asked = client.get(path, headers=BROWSER)
    assert "Nobody can read it back" in seen(asked.text)
    assert f'<form method="post" action="{path}">' in asked.text
    assert wishes(town) == 0, "looking changes nothing"
    for _ in range(2):
        noted = client.post(path, headers=BROWSER)
        assert (noted.status_code, wishes(town)) == (200, 1)
        assert "Noted: no more cards" in seen(noted.text)
        assert noted.headers["X-Robots-Tag"].startswith("noindex")
    assert client.post(path.replace("/T/", "/t/").lower()).json == {"status": "noted"}
    [wish] = [line for line in town.house.kit.ledger.read() if line.get("kind") == "do_not_write"]
    assert wish["by"] == "recipient"
    # Whoever else has the code learns nothing: the page asks as before.
    assert seen(client.get(path, headers=BROWSER).text) == seen(asked.text)
    with town.begin() as session:
        assert session.execute(text("SELECT status FROM card")).scalar_one() == status


def test_who_is_not_known_any_more_cannot_be_left_out(town: Town, client: FlaskClient) -> None:
    card = town.card(status="arrived")
    with town.begin() as session:
        session.execute(text("UPDATE person SET recipient = NULL, recipient_index = NULL"))
    path = f"/T/{card.code}/no-more"
    told = client.post(path, headers=BROWSER)
    assert (told.status_code, wishes(town)) == (404, 0)
    assert "We could not recognise you" in seen(told.text)
    assert (client.post(path, headers=JSON).json or {})["code"] == "erased"


def test_a_wish_is_noted_also_while_the_ledger_cannot_be_written(town: Town, client: FlaskClient) -> None:
    card = town.card(status="arrived")
    town.house.kit.ledger.path.mkdir(parents=True)
    noted = client.post(f"/T/{card.code}/no-more", headers=BROWSER)
    assert (noted.status_code, wishes(town)) == (200, 1)
    assert "Noted: no more cards" in seen(noted.text)


def test_a_card_that_has_not_left_us_is_nobodys_to_refuse(town: Town, client: FlaskClient) -> None:
    card = town.card(status="printed")
    assert "no-more" not in client.get(f"/T/{card.code}", headers=BROWSER).text
    for method in (client.get, client.post):
        assert method(f"/T/{card.code}/no-more", headers=BROWSER).status_code == 409
    assert client.post(f"/T/{card.code}/no-more", headers=JSON).status_code == 409
    assert client.post("/T/0000000000000/no-more", headers=JSON).status_code == 404
    assert wishes(town) == 0


@pytest.mark.parametrize("as_page", [True, False], ids=["page", "problem"])
def test_what_may_work_in_a_moment_says_when(app: Flask, as_page: bool) -> None:
    with app.test_request_context("/T/X", headers=BROWSER if as_page else JSON):
        answer = refused(Unavailable("The database is busy.", retry_after=2), as_page=as_page)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
