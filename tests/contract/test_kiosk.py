"""The kiosk API, sentence by sentence of the contract."""

from __future__ import annotations

import http.client
import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.outside import Outside, Town, faults_of, new_id, now, refused


def test_a_pairing_code_works_once_and_says_so_kindly(outside: Outside, asked: Town) -> None:
    added = outside.run("kiosk", "add", asked.slug, "--venue", asked.venue, "--name", "One", "--json").json
    assert set(added) == {"kiosk", "pairing_code", "expires_at"}
    lowered = added["pairing_code"].lower()
    body = {"pairing_code": f" {lowered[:4]}-{lowered[4:]} ", "device_name": "Planšetė"}
    first = outside.http.post("/api/v1/kiosk/pairing", json=body)
    assert first.status_code == 201
    assert set(first.json()) == {"token", "kiosk", "campaign"}
    again = outside.http.post("/api/v1/kiosk/pairing", json=body)
    assert again.status_code == 404
    assert "15 minutes" in again.json()["detail"]
    assert faults_of(
        outside.http.post("/api/v1/kiosk/pairing", json={"pairing_code": "", "device_name": ""})
    ) == {
        "pairing_code": "blank",
        "device_name": "blank",
    }


def test_the_kiosk_sees_its_campaign_and_booklets(asked: Town) -> None:
    seen = asked.kiosk.ask("GET", "kiosk").json()
    assert seen["kiosk"] == asked.kiosk.id
    campaign = seen["campaign"]
    assert campaign.keys() >= {
        "slug",
        "name",
        "cap",
        "remaining",
        "status",
        "languages",
        "consent",
        "suspended",
    }
    assert (campaign["slug"], campaign["cap"], campaign["status"]) == ("vilnius", 10_000, "open")
    assert campaign["consent"].keys() >= {"version", "texts"}
    assert campaign["remaining"] == asked.counts()["remaining"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "x" * 5000])
def test_no_or_unknown_token_is_401(outside: Outside, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    for method, path in (("GET", "kiosk"), ("POST", "kiosk/cards"), ("GET", "partner/manifests")):
        answer = outside.http.request(method, f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 401, (path, answer.text)


def test_a_card_is_registered_and_the_same_request_gives_the_same_card_for_ever(asked: Town) -> None:
    card = asked.card()
    first = asked.kiosk.register(card)
    assert first.status_code == 201
    made = first.json()
    assert made.keys() >= {
        *(
            "id",
            "number",
            "tracking_code",
            "slip_code",
            "tracking_url",
            "status",
            "held",
            "warnings",
            "postcard",
        ),
    }
    assert (made["id"], made["status"], made["held"]) == (card["id"], "registered", [])
    assert made["postcard"] == f"/api/v1/kiosk/cards/{card['id']}/postcard.pdf"
    assert made["tracking_url"].upper().endswith(f"/T/{made['tracking_code']}")
    again = asked.kiosk.register(card)
    assert again.status_code == 200
    assert again.json() == made
    turned = json.dumps(dict(reversed(card.items())), indent=3, ensure_ascii=True)
    same = asked.kiosk.ask(
        "POST", "kiosk/cards", content=turned, headers={"Content-Type": "application/json"}
    )
    assert (same.status_code, same.json()) == (200, made)
    other = {**card, "message": "Labas"}
    refused(asked.kiosk.register(other), 409, "id_reused")
    refused(asked.devices[1].register(card), 409, "id_reused")


def test_the_first_body_counts_even_after_a_correction(asked: Town) -> None:
    card = asked.card()
    made = asked.kiosk.register(card).json()
    changed = asked.kiosk.ask(
        "PATCH", f"kiosk/cards/{card['id']}", json={"sender": {"name": "Ona P.", "email": "ona@example.org"}}
    )
    assert changed.status_code == 200
    again = asked.kiosk.register(card)
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["number"]) == (made["id"], made["number"])


def test_two_writers_of_the_same_card_get_one_card(asked: Town) -> None:
    card = asked.card()
    before = asked.counts()["registered"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: asked.kiosk.register(card), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert asked.counts()["registered"] == before + 1


def test_a_batch_goes_card_by_card(asked: Town) -> None:
    good, again, bad = asked.card(), asked.card(), asked.card(recipient={"name": " "})
    assert asked.kiosk.register(again).status_code == 201
    reused = {**again, "message": "Kitas"}
    odd: list[Any] = [7, None, [], "x", {}, {"id": 7}]
    surrogate = asked.card(volunteer="\ud800")
    cards = [good, again, bad, reused, *odd, surrogate, asked.card(number="7"), good]
    content = json.dumps({"cards": cards})  # escapes, so that half a character can be sent at all
    answer = asked.kiosk.ask(
        "POST", "kiosk/batches", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [201, 200, 422, 409, *([422] * len(odd)), 422, 422, 200]
    assert [one["id"] for one in results[:4]] == [good["id"], again["id"], bad["id"], again["id"]]
    assert results[0]["number"] == results[-1]["number"]
    assert results[2]["errors"][0]["field"] == "recipient.name"
    assert results[3]["code"] == "id_reused"
    assert results[-3]["errors"][0]["field"] == "volunteer"
    assert results[-2]["errors"][0]["field"] == "number"


def test_a_batch_takes_1_to_200_cards_and_1_mib(asked: Town) -> None:
    card = asked.card(recipient={"name": ""})
    for cards in ([], [card] * 201, {"0": card}, None):
        assert "cards" in faults_of(asked.kiosk.ask("POST", "kiosk/batches", json={"cards": cards}))
    assert "more" in faults_of(asked.kiosk.ask("POST", "kiosk/batches", json={"cards": [card], "more": 1}))
    large = {"cards": [asked.card(message="x" * 19_000, recipient={"name": ""}) for _ in range(50)]}
    assert asked.kiosk.ask("POST", "kiosk/batches", json=large).status_code == 200
    too_large = {"cards": [{"message": "x" * 11_000}] * 100}
    refused(asked.kiosk.ask("POST", "kiosk/batches", json=too_large), 413, "too_large")


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_times_are_the_devices_word(asked: Town, moment: str) -> None:
    card = asked.card(registered_at=moment)
    made = asked.kiosk.register(card)
    assert made.status_code == 201, made.text
    assert "clock_off" in made.json()["warnings"]
    assert asked.kiosk.register(card).json() == made.json()
    printed = {"id": new_id(), "printed_at": moment, "reason": None}
    path = f"kiosk/cards/{card['id']}"
    assert asked.kiosk.ask("POST", f"{path}/prints", json=printed).status_code == 201
    assert asked.kiosk.ask("POST", f"{path}/prints", json=printed).status_code == 200
    assert asked.kiosk.ask("GET", f"{path}/postcard.pdf").status_code == 200
    assert asked.outside.http.get(f"/S/{made.json()['slip_code']}").status_code == 200
    assert asked.outside.http.get(f"/T/{made.json()['tracking_code']}").status_code == 200
    stamp = asked.kiosk.lend(1).json()["stamps"][0]["number"]
    fact = asked.kiosk.register(asked.card(number=stamp, registered_at=moment, printed_at=moment))
    assert fact.status_code == 201
    assert asked.outside.http.get(f"/S/{fact.json()['slip_code']}").status_code == 200


@pytest.mark.parametrize(
    "moment", ["", "2026-12-18T10:15:00", "1766045700", 1766045700, "yesterday", None, "2026-12-18"]
)
def test_a_time_has_an_offset(asked: Town, moment: Any) -> None:
    assert "registered_at" in asked.kiosk.faults(asked.card(registered_at=moment))


def test_correcting_before_sealing(asked: Town) -> None:
    card = asked.card()
    made = asked.kiosk.register(card).json()
    path = f"kiosk/cards/{card['id']}"
    assert (
        asked.kiosk.ask("PATCH", path, json={"message": None}).json()["tracking_code"]
        == made["tracking_code"]
    )
    printed = asked.kiosk.ask(
        "POST", f"{path}/prints", json={"id": new_id(), "printed_at": now(), "reason": None}
    )
    assert printed.json()["status"] == "printed"
    hidden = asked.kiosk.ask(
        "PATCH", path, json={"sender": {"name": "Ona Petraitienė", "email": "o@example.org"}}
    )
    assert (hidden.json()["status"], hidden.json()["tracking_code"]) == ("printed", made["tracking_code"])
    shown = asked.kiosk.ask(
        "PATCH", path, json={"recipient": {**card["recipient"], "name": "Jonas P."}}
    ).json()
    assert (shown["status"], shown["number"]) == ("registered", made["number"])
    assert shown["tracking_code"] != made["tracking_code"]
    old = asked.outside.http.get(f"/T/{made['tracking_code']}", headers={"Accept": "application/json"})
    assert old.status_code == 410
    assert asked.outside.http.get(f"/T/{shown['tracking_code']}").status_code == 200
    assert faults_of(
        asked.kiosk.ask("PATCH", path, json={"recipient": {**card["recipient"], "name": ""}})
    ) == {"recipient.name": "blank"}
    assert faults_of(asked.kiosk.ask("PATCH", path, json={"volunteer": "Jonas"})) == {
        "volunteer": "unknown_field"
    }
    assert asked.devices[1].ask("PATCH", path, json={"message": "x"}).status_code == 404


def test_a_second_print_says_why(asked: Town) -> None:
    card = asked.card()
    asked.kiosk.register(card)
    path = f"kiosk/cards/{card['id']}/prints"
    first = {"id": new_id(), "printed_at": now(), "reason": None}
    assert [asked.kiosk.ask("POST", path, json=first).status_code for _ in range(2)] == [201, 200]
    second = {"id": new_id(), "printed_at": now(), "reason": None}
    assert faults_of(asked.kiosk.ask("POST", path, json=second)) == {"reason": "missing"}
    assert asked.kiosk.ask("POST", path, json={**second, "reason": "jam"}).status_code == 201
    for reason in ("\x00", "a\nb", "x" * 201, "\u202e"):
        third = {"id": new_id(), "printed_at": now(), "reason": reason}
        assert "reason" in faults_of(asked.kiosk.ask("POST", path, json=third)), reason


def test_giving_a_card_up(asked: Town) -> None:
    card = asked.card()
    made = asked.kiosk.register(card).json()
    path = f"kiosk/cards/{card['id']}"
    for reason in ("", " ", "\x00", "x" * 201):
        answer = asked.kiosk.ask("POST", f"{path}/void", json={"reason": reason, "paper": "none"})
        assert "reason" in faults_of(answer), repr(reason)
    assert "paper" in faults_of(
        asked.kiosk.ask("POST", f"{path}/void", json={"reason": "r", "paper": "eaten"})
    )
    before = asked.counts()
    for _ in range(2):
        gone = asked.kiosk.ask("POST", f"{path}/void", json={"reason": "misprint", "paper": "destroyed"})
        assert gone.status_code == 200
        assert gone.json()["status"] == "void"
    after = asked.counts()
    assert after["remaining"] == before["remaining"] + 1
    assert asked.outside.http.get(f"/T/{made['tracking_code']}").status_code == 410
    refused(asked.kiosk.ask("PATCH", path, json={"message": "x"}), 409, "void")
    refused(asked.kiosk.ask("GET", f"{path}/postcard.pdf"), 409, "void")
    missing = asked.card()
    asked.kiosk.register(missing)
    asked.kiosk.ask("POST", f"kiosk/cards/{missing['id']}/void", json={"reason": "lost", "paper": "missing"})
    assert asked.counts()["withdrawn"] == after["withdrawn"] + 1


def test_the_postcard_to_print_changes_nothing(asked: Town) -> None:
    card = asked.card()
    made = asked.kiosk.register(card).json()
    pages = [asked.kiosk.ask("GET", made["postcard"].removeprefix("/api/v1/")) for _ in range(2)]
    assert pages[0].content[:5] == b"%PDF-"
    assert pages[0].content == pages[1].content
    assert asked.kiosk.ask("GET", f"kiosk/cards/{card['id']}/postcard.pdf?sheet=a6").status_code == 200
    assert "sheet" in faults_of(asked.kiosk.ask("GET", f"kiosk/cards/{card['id']}/postcard.pdf?sheet=a0"))
    assert asked.kiosk.register(card).json()["status"] == "registered"


def test_address_forms(asked: Town) -> None:
    form = asked.kiosk.ask("GET", "address-forms/DE?language=lt").json()
    assert form.keys() >= {"country", "fields", "suspended"}
    assert form["country"] == "DE"
    for field in form["fields"]:
        assert set(field) == {"name", "label", "required", "pattern", "example", "max_length"}
    names = {field["name"] for field in form["fields"]}
    assert {"lines", "postal_code", "city"} <= names, names
    for country in ("UA", "JP", "IE", "RO", "HK", "US", "lt"):
        assert asked.kiosk.ask("GET", f"address-forms/{country}?language=en").status_code == 200
    for country in ("XX", "Ž", "%00", "D", "DEU", "..", "1"):
        answer = asked.kiosk.ask("GET", f"address-forms/{country}")
        assert answer.status_code in (404, 422), (country, answer.text)
    assert asked.kiosk.ask("GET", "address-forms/DE?language=%00").status_code in (200, 422)


def test_nothing_is_altered_but_nfc_and_outer_spaces(asked: Town) -> None:
    name = "  žemaitė   O’Brien "
    decomposed = unicodedata.normalize("NFD", name)
    card = asked.card(sender={"name": decomposed}, recipient={"name": decomposed, "lines": [" Im  Hof 3 "]})
    back = asked.kiosk.ask("POST", "kiosk/read-back", json=card).json()
    assert back["sender"] == "žemaitė   O’Brien"
    assert back["lines"][0] == "žemaitė   O’Brien"
    assert back["lines"][1] == "Im  Hof 3"


def test_the_same_recipient_only_warns(asked: Town) -> None:
    recipient = {"name": "Tetė Marija", "lines": ["Gartenweg 77"]}
    assert asked.kiosk.register(asked.card(recipient=recipient)).json()["warnings"] == []
    second = asked.kiosk.register(asked.card(recipient=recipient))
    assert second.status_code == 201
    assert second.json()["warnings"] == ["same_recipient"]


def test_a_refusal_leaves_the_connection_good(outside: Outside, asked: Town) -> None:
    """A server that answers before it has read the body drops the connection, and the next request with it."""
    connection = http.client.HTTPConnection(urlsplit(outside.up.url).netloc, timeout=20)
    try:
        for path, media_type, size, status in [
            ("/api/v1/kiosk/cards", "application/json", 60_000, 401),
            ("/api/v1/nothing", "application/json", 60_000, 404),
            ("/api/v1/kiosk/pairing", "application/json", 900_000, 413),
            ("/api/v1/kiosk/pairing", "text/plain", 60_000, 415),
            ("/api/v1/campaigns/vilnius", "application/json", 60_000, 405),
        ] * 3:
            connection.request("POST", path, body=b"x" * size, headers={"Content-Type": media_type})
            held = connection.sock
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            assert connection.sock is held
    finally:
        connection.close()
