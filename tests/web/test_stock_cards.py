"""Stock cards from the printer to the Post: drawn for a kiosk, written by hand, bound by their number, taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from postcards.press import press_of
from postcards.services import campaigns, dispatch, kiosks, stock, stock_printing
from postcards.services.checking import check_books
from postcards.services.stock_printing import DrawnStock
from tests.plugins.cast import House, Town, bearer


def stock_of(town: Town, stamps: int = 3) -> DrawnStock:
    kit, at = town.house.kit, town.house.at
    press = press_of(kit.settings, files=kit.files, sealed_files=kit.sealed_files, vault=kit.vault)
    with town.house.begin() as session:
        kiosk = kiosks.identity(session, campaign_id=town.id, kiosk_id=town.kiosks[0].id)
        return stock_printing.lend_and_draw(
            session, kiosk=kiosk, stamps=stamps, sheet="a6", press=press, by="test", at=at
        )


def by_hand(town: Town, number: int, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "address_on_paper": True,
        "number": number,
        "registered_at": "2026-12-14T12:00:00+02:00",
        "printed_at": "2026-12-14T12:00:00+02:00",
        "recipient": {"country": "DE"},
        "language": town.edition.default_language,
        "consent": {"version": town.edition.consent[0].version},
    }
    return body | changes


def post(client: FlaskClient, town: Town, path: str, body: Any) -> TestResponse:
    return client.post(f"/api/v1/kiosk/{path}", json=body, headers=bearer(town.kiosks[0].token))


def books_are_right(house: House) -> bool:
    with house.kit.snapshot() as session:
        found = check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)
    return [
        one for one in found if one.kind != "journal_differs"
    ] == []  # two clocks: the test's and the web's


def test_a_card_written_by_hand_is_bound_by_its_number_and_goes_its_way(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    drawn = stock_of(vilnius)
    assert (drawn.cards, drawn.first, drawn.last) == (3, 1, 3)
    me = client.get("/api/v1/kiosk", headers=bearer(vilnius.kiosks[0].token)).get_json()
    assert me["booklets"] == []
    assert [stamp["number"] for stamp in me["stock"][0]["stamps"]] == [1, 2, 3]
    code = me["stock"][0]["stamps"][1]["tracking_code"]
    body = by_hand(vilnius, 2, sender={"name": "Ona", "email": "ona@example.org"})
    body["consent"]["arrival_notice"] = True
    first = post(client, vilnius, "cards", body)
    card = first.get_json()
    assert (first.status_code, card["status"], card["held"], card["tracking_code"]) == (
        201,
        "printed",
        [],
        code,
    )
    again = post(client, vilnius, "cards", body)
    assert (again.status_code, again.get_json()) == (200, card)
    with house.begin() as session:
        kept = session.execute(text("SELECT recipient, recipient_index, message, sender FROM person")).one()
        assert (kept.recipient, kept.recipient_index, kept.message) == (None, None, None)
        assert kept.sender is not None
        at = house.at + dt.timedelta(hours=1)
        sealed = dispatch.seal(
            session, campaign_id=vilnius.id, edition=vilnius.edition, vault=house.kit.vault, by="test", at=at
        )
        assert sealed is not None
        line = session.execute(text("SELECT card_number, country FROM manifest_line")).one()
        assert tuple(line) == (2, "DE")
    assert client.post(f"/T/{code}/arrival").get_json() == {"status": "arrived"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipient": {"country": "DE", "name": "Jonas"}}, "recipient.name"),
        ({"recipient": {"country": "DE", "lines": ["Hauptstraße 5"]}}, "recipient.lines"),
        ({"recipient": {"country": "DE", "postal_code": "10115"}}, "recipient.postal_code"),
        ({"recipient": {}}, "recipient.country"),
        ({"message": "Hello"}, "message"),
        ({"number": None}, "number"),
        ({"printed_at": None}, "printed_at"),
        ({"adress": 1}, "adress"),
    ],
)
def test_what_stands_on_the_paper_is_not_taken(
    client: FlaskClient, vilnius: Town, changes: dict[str, Any], field: str
) -> None:
    stock_of(vilnius)
    refused = post(client, vilnius, "cards", by_hand(vilnius, 1) | changes)
    assert refused.status_code == 422
    assert [entry["field"] for entry in refused.get_json()["errors"]] == [field]


@pytest.mark.parametrize(("value", "status"), [(False, 201), ("yes", 422), (None, 422), (1, 422)])
def test_without_the_word_a_card_is_as_ever(
    client: FlaskClient, vilnius: Town, value: object, status: int
) -> None:
    answer = post(client, vilnius, "cards", vilnius.body(address_on_paper=value))
    assert answer.status_code == status
    whole = post(client, vilnius, "read-back", by_hand(vilnius, 1))
    assert (whole.status_code, whole.get_json()["errors"][0]["field"]) == (422, "address_on_paper")


def test_only_the_stock_card_s_own_stamp_binds_it_and_only_once(client: FlaskClient, vilnius: Town) -> None:
    stock_of(vilnius, 1)
    booklet = post(client, vilnius, "booklets", {"id": str(uuid.uuid4()), "stamps": 2}).get_json()
    number = booklet["stamps"][0]["number"]

    def code_of(answer: TestResponse) -> tuple[int, str]:
        return answer.status_code, answer.get_json().get("code", "")

    assert code_of(post(client, vilnius, "cards", vilnius.body(number=1))) == (409, "stamp_not_lent")
    assert code_of(post(client, vilnius, "cards", by_hand(vilnius, number))) == (409, "stamp_not_lent")
    other = vilnius.add_kiosk()
    answer = client.post("/api/v1/kiosk/cards", json=by_hand(vilnius, 1), headers=bearer(other.token))
    assert code_of(answer) == (409, "stamp_not_lent")
    batch = post(client, vilnius, "batches", {"cards": [by_hand(vilnius, 1), by_hand(vilnius, 1)]}).get_json()
    assert [(one["status"], one.get("code")) for one in batch["results"]] == [
        (201, None),
        (409, "stamp_used"),
    ]


def test_a_fact_on_paper_is_accepted_and_held_when_it_breaks_a_rule(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    stock_of(vilnius)
    with house.begin() as session:
        campaigns.set_status(session, slug=vilnius.slug, status="closed", by="test", at=house.at)
    answer = post(client, vilnius, "cards", by_hand(vilnius, 3, recipient={"country": "LT"}))
    assert answer.status_code == 201
    assert answer.get_json()["held"] == ["origin_country", "campaign_closed"]


def test_what_we_did_not_draw_is_neither_corrected_nor_drawn_but_given_up(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    stock_of(vilnius)
    card = post(client, vilnius, "cards", by_hand(vilnius, 1)).get_json()
    path = f"cards/{card['id']}"
    changed = client.patch(
        f"/api/v1/kiosk/{path}", json={"message": "Hello"}, headers=bearer(vilnius.kiosks[0].token)
    )
    assert (changed.status_code, changed.get_json()["code"]) == (409, "address_on_paper")
    drawn = client.get(card["postcard"], headers=bearer(vilnius.kiosks[0].token))
    assert (drawn.status_code, drawn.get_json()["code"]) == (409, "address_on_paper")
    given_up = post(client, vilnius, f"{path}/void", {"reason": "torn", "paper": "destroyed"})
    assert given_up.get_json()["status"] == "void"
    assert books_are_right(house)


def test_cards_that_nobody_wrote_go_back_and_their_codes_are_answered_as_replaced(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    drawn = stock_of(vilnius)
    me = client.get("/api/v1/kiosk", headers=bearer(vilnius.kiosks[0].token)).get_json()
    codes = {stamp["number"]: stamp["tracking_code"] for stamp in me["stock"][0]["stamps"]}
    assert post(client, vilnius, "cards", by_hand(vilnius, 2)).status_code == 201
    path = f"booklets/{drawn.booklet_id}/return"
    for _ in range(2):
        assert post(client, vilnius, path, {"stamps": [1]}).get_json()["returned"] == [1]
    assert post(client, vilnius, path, {"stamps": [2]}).get_json()["code"] == "stamp_used"
    with house.begin() as session:
        back = stock.take_back(
            session, campaign_id=vilnius.id, booklet_id=drawn.booklet_id, by="test", at=house.at
        )
        assert back == (3,)
        last = session.execute(
            text("SELECT number FROM stamp WHERE campaign_id = :id ORDER BY turn DESC LIMIT 2"),
            {"id": vilnius.id},
        )
        assert sorted(last.scalars()) == [1, 3]
    for number in (1, 3):
        gone = client.get(f"/T/{codes[number]}", headers={"Accept": "application/json"})
        assert (gone.status_code, gone.get_json()["code"]) == (410, "replaced")
        said = client.post(f"/T/{codes[number]}/arrival")
        assert (said.status_code, said.get_json()["code"]) == (410, "replaced")
    late = post(client, vilnius, "cards", by_hand(vilnius, 3))
    assert late.get_json()["code"] == "stamp_not_lent"
    assert books_are_right(house)


def test_a_booklet_of_stock_cards_is_no_booklet_of_the_page_and_near_the_end_it_is_smaller(
    client: FlaskClient, house: House
) -> None:
    town = house.open_campaign("vilnius", slug="small", cap=3)
    drawn = stock_of(town, 5)
    assert (drawn.cards, drawn.asked) == (3, 5)
    taken = post(client, town, "booklets", {"id": str(drawn.booklet_id), "stamps": 5})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "id_reused")


def test_the_books_tell_a_card_by_hand_from_one_that_we_printed(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    stock_of(vilnius)
    post(client, vilnius, "cards", by_hand(vilnius, 1))
    assert books_are_right(house)
    with house.begin() as session:
        session.execute(text("UPDATE card SET address_on_paper = false"))
    assert not books_are_right(house)
