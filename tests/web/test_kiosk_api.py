"""The kiosk's API as a device sees it: registering, replays, facts on paper, booklets, corrections, faults."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from postcards.services import campaigns, kiosks
from tests.plugins.cast import House, Town, bearer


def post(client: FlaskClient, town: Town, path: str, body: Any, **headers: str) -> TestResponse:
    return client.post(f"/api/v1/kiosk/{path}", json=body, headers=bearer(town.kiosks[0].token) | headers)


def fields(answer: TestResponse) -> dict[str, str]:
    return {entry["field"]: entry["code"] for entry in answer.get_json()["errors"]}


def set_status(house: House, town: Town, status: str) -> None:
    with house.begin() as session:
        campaigns.set_status(session, slug=town.slug, status=status, by="test", at=house.at)


def test_a_device_is_paired_once_by_its_code(client: FlaskClient, house: House, vilnius: Town) -> None:
    with house.begin() as session:
        kiosk, code = kiosks.add_kiosk(
            session, campaign_id=vilnius.id, venue_slug=vilnius.edition.venues[0].slug, name="New", by="test",
            at=house.at.now(house.at.tzinfo),
        )  # fmt: skip
    typed = {"pairing_code": f" {code[:4].lower()}-{code[4:]} ", "device_name": "Tablet of Rūta"}
    answer = client.post("/api/v1/kiosk/pairing", json=typed)
    assert answer.status_code == 201
    assert answer.get_json()["kiosk"] == str(kiosk.id)
    assert answer.get_json()["campaign"] == "vilnius"
    me = client.get("/api/v1/kiosk", headers=bearer(answer.get_json()["token"])).get_json()
    assert me["kiosk"] == str(kiosk.id)
    assert me["campaign"]["remaining"] == 20
    assert me["booklets"] == []
    again = client.post("/api/v1/kiosk/pairing", json=typed)
    assert (again.status_code, again.get_json()["code"]) == (404, "pairing_code")


def test_a_card_is_registered_and_the_same_request_gives_the_same_card_for_ever(
    client: FlaskClient, house: House, vilnius: Town, bucharest: Town
) -> None:
    body = vilnius.body()
    first = post(client, vilnius, "cards", body)
    assert first.status_code == 201
    card = first.get_json()
    assert card["number"] == 1
    assert card["status"] == "registered"
    assert card["held"] == []
    assert card["tracking_url"].endswith(f"/T/{card['tracking_code']}")
    assert card["postcard"] == f"/api/v1/kiosk/cards/{body['id']}/postcard.pdf"
    reordered = dict(reversed(list(body.items())))
    again = post(client, vilnius, "cards", reordered)
    assert again.status_code == 200
    assert again.get_json() == card
    set_status(house, vilnius, "closed")
    assert post(client, vilnius, "cards", body).status_code == 200
    other = post(client, vilnius, "cards", body | {"message": ""})
    assert (other.status_code, other.get_json()["code"]) in {(409, "id_reused"), (422, "invalid")}
    changed = post(client, vilnius, "cards", body | {"sender": {"name": "Other", "email": "a@example.org"}})
    assert (changed.status_code, changed.get_json()["code"]) == (409, "id_reused")
    theirs = post(client, bucharest, "cards", bucharest.body(id=body["id"]))
    assert (theirs.status_code, theirs.get_json()["code"]) == (409, "id_reused")


def test_the_cap_is_said_only_when_no_stamp_is_free(client: FlaskClient, house: House) -> None:
    town = house.open_campaign("vilnius", cap=2)
    for _ in range(2):
        assert post(client, town, "cards", town.body()).status_code == 201
    refused = post(client, town, "cards", town.body())
    assert (refused.status_code, refused.get_json()["code"]) == (409, "cap_reached")
    assert refused.content_type == "application/problem+json"


@pytest.mark.parametrize(("status", "code"), [("paused", "campaign_paused"), ("closed", "campaign_closed")])
def test_a_campaign_that_is_not_open_takes_no_new_cards_but_facts_on_paper(
    client: FlaskClient, house: House, vilnius: Town, status: str, code: str
) -> None:
    booklet = post(client, vilnius, "booklets", {"id": str(uuid.uuid4()), "stamps": 2}).get_json()
    set_status(house, vilnius, status)
    refused = post(client, vilnius, "cards", vilnius.body())
    assert (refused.status_code, refused.get_json()["code"]) == (409, code)
    number = booklet["stamps"][0]["number"]
    printed = {
        "number": number,
        "printed_at": "2019-01-01T00:00:00Z",
        "registered_at": "2031-01-01T00:00:00Z",
    }
    fact = post(client, vilnius, "cards", vilnius.body(**printed))
    assert fact.status_code == 201
    assert fact.get_json()["held"] == [code]
    assert fact.get_json()["status"] == "printed"
    assert fact.get_json()["tracking_code"] == booklet["stamps"][0]["tracking_code"]
    assert "clock_off" in fact.get_json()["warnings"]


def test_a_fact_on_paper_that_breaks_a_rule_is_kept_and_held(client: FlaskClient, vilnius: Town) -> None:
    booklet = post(client, vilnius, "booklets", {"id": str(uuid.uuid4()), "stamps": 2}).get_json()
    body = vilnius.body(
        number=booklet["stamps"][1]["number"],
        printed_at="2026-12-14T12:00:00+02:00",
        recipient={"country": "LT", "postal_code": "nonsense"},
        consent={"version": "1999-1", "arrival_notice": False},
    )
    kept = post(client, vilnius, "cards", body)
    assert kept.status_code == 201
    assert {"origin_country", "consent_version"} <= set(kept.get_json()["held"])
    assert post(client, vilnius, "cards", body).status_code == 200
    unprinted = post(client, vilnius, "cards", body | {"id": str(uuid.uuid4()), "printed_at": None})
    assert unprinted.status_code == 422


def test_every_faulty_field_is_named_at_once(client: FlaskClient, vilnius: Town) -> None:
    body = vilnius.body(
        sender={"name": "  ", "email": "nobody"},
        recipient={"name": "J\u202eonas", "postal_code": "1", "city": "Berlin\n"},
        number="7",
        unheard_of=True,
    )
    del body["consent"]
    answer = post(client, vilnius, "cards", body)
    assert answer.status_code == 422
    assert fields(answer) == {
        "number": "int_type",
        "unheard_of": "unknown_field",
        "consent": "missing",
        "sender.name": "blank",
        "sender.email": "email",
        "recipient.name": "bidi_control",
        "recipient.city": "newline",
        "recipient.postal_code": "postal_code",
    }
    assert "nonsense" not in answer.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipient": {"country": "LT", "postal_code": "LT-09124", "city": "Vilnius"}}, "recipient.country"),
        ({"recipient": {"country": "XQ"}}, "recipient.country"),
        ({"recipient": {"name": "x" * 101}}, "recipient.name"),
        ({"recipient": {"name": "Jonas 🙂"}}, "recipient.name"),
        ({"recipient": {"name": "王小明"}}, "recipient.name"),
        ({"recipient": {"lines": ["Hauptstraße"] * 9}}, "recipient.lines"),
        ({"recipient": {"lines": ["D" * 60]}}, "recipient.lines.0"),
        ({"recipient": {"city": None}}, "recipient.city"),
        ({"sender": {"name": "Ona", "email": None}}, "sender.email"),
        ({"consent": {"version": "1999-1", "arrival_notice": False}}, "consent.version"),
        ({"language": "xx"}, "language"),
        ({"registered_at": "2026-12-14T12:00:00"}, "registered_at"),
        ({"volunteer": "a\tb"}, "volunteer"),
    ],
)
def test_what_cannot_be_printed_or_agreed_to_is_refused_by_its_field(
    client: FlaskClient, vilnius: Town, change: dict[str, Any], field: str
) -> None:
    answer = post(client, vilnius, "cards", vilnius.body(**change))
    assert answer.status_code == 422
    assert field in fields(answer)


def test_half_a_character_is_named_and_broken_json_is_malformed(client: FlaskClient, vilnius: Town) -> None:
    head = bearer(vilnius.kiosks[0].token) | {"Content-Type": "application/json"}
    text = json.dumps(vilnius.body()).replace("Jonas", "\\ud83d")
    half = client.post("/api/v1/kiosk/cards", data=text, headers=head)
    assert (half.status_code, fields(half)) == (422, {"recipient.name": "characters"})
    for broken in (b"{", b'{"id": "\xff"}', b"", b"[1, 2", b"NaN", b"[" * 5000):
        answer = client.post("/api/v1/kiosk/cards", data=broken, headers=head)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed"), broken
    large = client.post("/api/v1/kiosk/cards", data=b" " * (64 * 1024 + 1), headers=head)
    assert large.status_code == 413
    other = client.post("/api/v1/kiosk/cards", data="a=b", headers=head | {"Content-Type": "text/plain"})
    assert other.status_code == 415


def test_booklets_are_lent_used_and_given_back_by_number(
    client: FlaskClient, house: House, vilnius: Town, bucharest: Town
) -> None:
    booklet_id = str(uuid.uuid4())
    lent = post(client, vilnius, "booklets", {"id": booklet_id, "stamps": 5})
    assert lent.status_code == 201
    stamps = lent.get_json()["stamps"]
    assert [stamp["number"] for stamp in stamps] == [1, 2, 3, 4, 5]
    assert all(stamp["qr_svg"].startswith("<svg") for stamp in stamps)
    again = post(client, vilnius, "booklets", {"id": booklet_id, "stamps": 5})
    assert (again.status_code, again.get_json()) == (200, lent.get_json())
    assert (
        post(client, vilnius, "booklets", {"id": booklet_id, "stamps": 6}).get_json()["code"] == "id_reused"
    )

    used = post(client, vilnius, "cards", vilnius.body(number=2)).get_json()
    assert used["tracking_code"] == stamps[1]["tracking_code"]
    assert used["slip_code"] == stamps[1]["slip_code"]
    assert post(client, vilnius, "cards", vilnius.body(number=2)).get_json()["code"] == "stamp_used"
    assert post(client, vilnius, "cards", vilnius.body(number=9)).get_json()["code"] == "stamp_not_lent"
    assert (
        post(client, bucharest, "cards", bucharest.body(number=3, language="ro")).get_json()["code"]
        == "stamp_not_lent"
    )

    mixed = post(client, vilnius, f"booklets/{booklet_id}/return", {"stamps": [1, 2]})
    assert (mixed.status_code, mixed.get_json()["code"]) == (409, "stamp_used")
    for _ in range(2):
        given = post(client, vilnius, f"booklets/{booklet_id}/return", {"stamps": [1, 3]})
        assert (given.status_code, given.get_json()["returned"]) == (200, [1, 3])
    me = client.get("/api/v1/kiosk", headers=bearer(vilnius.kiosks[0].token)).get_json()
    assert [stamp["number"] for stamp in me["booklets"][0]["stamps"]] == [4, 5]
    assert me["campaign"]["remaining"] == 17
    fresh = post(client, vilnius, "cards", vilnius.body()).get_json()
    assert fresh["number"] == 1
    assert fresh["tracking_code"] != stamps[0]["tracking_code"]
    assert post(client, bucharest, f"booklets/{booklet_id}/return", {"stamps": [4]}).status_code == 404


def test_near_the_end_booklets_shrink_and_then_there_are_none(client: FlaskClient, house: House) -> None:
    town = house.open_campaign("vilnius", cap=4)
    sizes = []
    while True:
        answer = post(client, town, "booklets", {"id": str(uuid.uuid4()), "stamps": 200})
        if answer.status_code != 201:
            break
        sizes.append(len(answer.get_json()["stamps"]))
    assert sizes == [2, 1, 1]
    assert (answer.status_code, answer.get_json()["code"], answer.get_json()["lent"]) == (
        409,
        "cap_reached",
        4,
    )


def test_a_batch_answers_card_by_card(client: FlaskClient, house: House) -> None:
    town = house.open_campaign("vilnius", cap=2)
    good, bad, also = town.body(), town.body(recipient={"postal_code": "x"}), town.body()
    answer = post(client, town, "batches", {"cards": [good, bad, also, good, town.body()]})
    assert answer.status_code == 200
    results = answer.get_json()["results"]
    assert [result["status"] for result in results] == [201, 422, 201, 200, 409]
    assert [result["id"] for result in results][:4] == [good["id"], bad["id"], also["id"], good["id"]]
    assert results[1]["errors"][0]["field"] == "recipient.postal_code"
    assert results[4]["code"] == "cap_reached"
    assert post(client, town, "cards", good).status_code == 200


def test_a_card_with_an_id_that_no_answer_can_hold_stops_no_batch(client: FlaskClient, house: House) -> None:
    town = house.open_campaign("vilnius", cap=9)
    first, last = town.body(), town.body()
    deep: list[Any] = []
    for _ in range(280):
        deep = [deep]
    halved = {"\ud800": 7, "volunteer": {"\udfff": "\ud800"}}
    odd = [{"id": "\ud800"}, {"id": deep}, halved, town.body(id="x" * 101), {"id": "7"}]
    answer = post(client, town, "batches", {"cards": [first, *odd, last]})
    assert answer.status_code == 200
    results = answer.get_json()["results"]
    assert [result["status"] for result in results] == [201, *([422] * len(odd)), 201]
    assert [result["id"] for result in results] == [first["id"], None, None, None, None, "7", last["id"]]
    fields = ["\\ud800", "volunteer.\\udfff", "volunteer.\\udfff"]
    assert [(fault["field"], fault["code"]) for fault in results[3]["errors"]] == [
        (field, "characters") for field in fields
    ]


def test_half_a_character_in_a_strangers_key_is_named_by_its_escape(client: FlaskClient) -> None:
    for body in ({"\ud800": "\ud800"}, {"\ud800": 7}):
        for path in ("/api/v1/kiosk/pairing", "/T/0000000000000/thanks"):
            answer = client.post(path, json=body, headers={"Accept": "application/json"})
            assert answer.status_code == 422, path
            assert fields(answer) == {"\\ud800": "characters"}


def test_a_card_is_printed_corrected_and_voided(client: FlaskClient, vilnius: Town, bucharest: Town) -> None:
    card = post(client, vilnius, "cards", vilnius.body()).get_json()
    path = f"cards/{card['id']}"
    head = bearer(vilnius.kiosks[0].token)
    pdf = client.get(card["postcard"] + "?sheet=a6", headers=head)
    assert pdf.status_code == 200
    assert pdf.data.startswith(b"%PDF")
    assert client.get(card["postcard"], headers=bearer(bucharest.kiosks[0].token)).status_code == 404
    record = {"id": str(uuid.uuid4()), "printed_at": "2026-12-14T12:05:00+02:00", "reason": None}
    assert post(client, vilnius, f"{path}/prints", record).get_json()["status"] == "printed"
    assert post(client, vilnius, f"{path}/prints", record).status_code == 200
    silent = post(client, vilnius, f"{path}/prints", record | {"id": str(uuid.uuid4())})
    assert (silent.status_code, fields(silent)) == (422, {"reason": "missing"})
    said = post(client, vilnius, f"{path}/prints", record | {"id": str(uuid.uuid4()), "reason": "paper jam"})
    assert said.status_code == 201

    change = {"recipient": vilnius.body()["recipient"] | {"name": "Jonas Petraitis jr."}}
    changed = client.patch(f"/api/v1/kiosk/{path}", json=change, headers=head).get_json()
    assert (changed["number"], changed["status"]) == (card["number"], "registered")
    assert changed["tracking_code"] != card["tracking_code"]
    wrong = {"recipient": vilnius.body()["recipient"] | {"postal_code": "1"}}
    assert client.patch(f"/api/v1/kiosk/{path}", json=wrong, headers=head).status_code == 422

    gone = {"reason": "changed their mind", "paper": "destroyed"}
    for _ in range(2):
        assert post(client, vilnius, f"{path}/void", gone).get_json()["status"] == "void"
    heir = post(client, vilnius, "cards", vilnius.body()).get_json()
    assert heir["number"] == card["number"]
    assert heir["tracking_code"] not in (card["tracking_code"], changed["tracking_code"])
    lost = post(client, vilnius, f"cards/{heir['id']}/void", {"reason": "gone", "paper": "missing"})
    assert lost.status_code == 200
    me = client.get("/api/v1/kiosk", headers=head).get_json()
    assert me["campaign"]["remaining"] == 19


def test_only_a_kiosk_with_a_good_token_comes_in(client: FlaskClient, house: House, vilnius: Town) -> None:
    body = vilnius.body()
    assert client.post("/api/v1/kiosk/cards", json=body).status_code == 401
    assert client.post("/api/v1/kiosk/cards", json=body, headers=bearer("x" * 43)).status_code == 401
    booklet = post(client, vilnius, "booklets", {"id": str(uuid.uuid4()), "stamps": 1}).get_json()
    with house.begin() as session:
        kiosks.retire(session, campaign_id=vilnius.id, kiosk_id=vilnius.kiosks[0].id, by="test", at=house.at)
    assert post(client, vilnius, "cards", body).status_code == 403
    held = vilnius.body(number=booklet["stamps"][0]["number"])
    assert post(client, vilnius, "cards", held).status_code == 201
    with house.begin() as session:
        kiosks.revoke(session, campaign_id=vilnius.id, kiosk_id=vilnius.kiosks[0].id, by="test", at=house.at)
    assert post(client, vilnius, "cards", held).status_code == 403
    assert client.get("/api/v1/kiosk", headers=bearer(vilnius.kiosks[0].token)).status_code == 403


def test_address_forms_are_in_the_visitors_language(client: FlaskClient, vilnius: Town) -> None:
    head = bearer(vilnius.kiosks[0].token)
    form = client.get("/api/v1/address-forms/DE?language=lt", headers=head).get_json()
    assert form["country"] == "DE"
    assert [field["name"] for field in form["fields"]] == ["lines", "postal_code", "city"]
    assert form["suspended"] is None
    assert client.get("/api/v1/address-forms/XQ", headers=head).status_code == 404


def test_nothing_typed_is_kept_in_the_clear(client: FlaskClient, house: House, vilnius: Town) -> None:
    planted = {"name": "Zuzana Nepamirštamoji", "email": "nepamirstamoji@example.org"}
    card = post(client, vilnius, "cards", vilnius.body(sender=planted)).get_json()
    with house.begin() as session:
        tables = session.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        rows = [
            str(row)
            for table in tables
            for row in session.execute(sa.text(f'SELECT t::text FROM "{table}" t'))
        ]
    everything = "\n".join(rows)
    assert card["tracking_code"] in everything
    for words in ("Zuzana", "nepamirstamoji", "Hauptstra", "Petraitis", "Rūta"):
        assert words not in everything
        assert words.encode().hex() not in everything


def test_a_typed_message_is_printed_and_one_too_long_is_refused_by_name(
    client: FlaskClient, vilnius: Town
) -> None:
    card = post(client, vilnius, "cards", vilnius.body(message="Labas, Jonai! Vilniuje sninga."))
    assert card.status_code == 201
    pdf = client.get(card.get_json()["postcard"], headers=bearer(vilnius.kiosks[0].token))
    assert pdf.status_code == 200
    long = post(client, vilnius, "cards", vilnius.body(message="Labas " * 90))
    assert (long.status_code, fields(long)) == (422, {"message": "too_long"})


def test_a_device_that_was_shut_out_a_moment_ago_hears_nothing_else(
    client: FlaskClient, house: House, vilnius: Town
) -> None:
    body = vilnius.body()
    assert post(client, vilnius, "cards", body).status_code == 201
    with house.begin() as session:
        kiosks.revoke(session, campaign_id=vilnius.id, kiosk_id=vilnius.kiosks[0].id, by="test", at=house.at)
    faulty = vilnius.body(recipient={"postal_code": "x"})
    for sent in (body, vilnius.body(), faulty, {}):
        answer = post(client, vilnius, "cards", sent)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "kiosk_revoked")
