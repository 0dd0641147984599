"""Booklets, the end of the drawer, and cards that are on paper already."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.outside import Outside, Town, faults_of, new_id, now, pair, refused


def test_a_number_must_be_lent_to_this_kiosk(asked: Town) -> None:
    refused(asked.kiosk.register(asked.card(number=9999)), 409, "stamp_not_lent")
    lent = asked.devices[1].lend(2).json()["stamps"]
    numbers = [stamp["number"] for stamp in lent]
    refused(asked.kiosk.register(asked.card(number=numbers[0])), 409, "stamp_not_lent")
    made = asked.devices[1].register(asked.card(number=numbers[0])).json()
    assert made["tracking_code"] == lent[0]["tracking_code"]
    assert made["slip_code"] == lent[0]["slip_code"]
    refused(asked.devices[1].register(asked.card(number=numbers[0])), 409, "stamp_used")
    unasked = asked.devices[1].register(asked.card()).json()
    assert unasked["number"] not in numbers


def test_a_booklet_is_lent_once_and_given_back_by_number(asked: Town) -> None:
    before = asked.counts()
    booklet = new_id()
    first = asked.kiosk.lend(5, booklet)
    assert first.status_code == 201
    stamps = first.json()["stamps"]
    assert len(stamps) == 5
    for stamp in stamps:
        assert stamp.keys() >= {"number", "tracking_code", "slip_code", "qr_svg"}
        assert stamp["qr_svg"].lstrip().startswith("<svg")
    again = asked.kiosk.lend(5, booklet)
    assert (again.status_code, again.json()) == (200, first.json())
    refused(asked.kiosk.lend(6, booklet), 409, "id_reused")
    refused(asked.devices[1].lend(5, booklet), 409, "id_reused")
    assert booklet in [one["id"] for one in asked.kiosk.ask("GET", "kiosk").json()["booklets"]]
    numbers = [stamp["number"] for stamp in stamps]
    path = f"kiosk/booklets/{booklet}/return"
    refused(asked.kiosk.ask("POST", path, json={"stamps": [*numbers[:2], 1]}), 409, "stamp_not_lent")
    assert asked.devices[1].ask("POST", path, json={"stamps": numbers}).status_code == 404
    for _ in range(2):
        back = asked.kiosk.ask("POST", path, json={"stamps": numbers[:2]})
        assert back.status_code == 200
    left = next(one for one in asked.kiosk.ask("GET", "kiosk").json()["booklets"] if one["id"] == booklet)
    assert [stamp["number"] for stamp in left["stamps"]] == numbers[2:]
    assert asked.kiosk.ask("POST", path, json={"stamps": numbers}).status_code == 200
    after = asked.counts()
    assert (after["lent"], after["remaining"]) == (before["lent"], before["remaining"])


@pytest.mark.parametrize("stamps", [0, -1, 201, 10**30, "7", 7.5, True, None, [1]])
def test_a_booklet_holds_1_to_200_stamps(asked: Town, stamps: Any) -> None:
    answer = asked.kiosk.ask("POST", "kiosk/booklets", json={"id": new_id(), "stamps": stamps})
    assert "stamps" in faults_of(answer)


def test_a_fact_on_paper_is_accepted_and_held(outside: Outside, tiny: Town) -> None:
    kiosk = tiny.devices[1]
    booklet = kiosk.lend(2).json()
    number = booklet["stamps"][0]["number"]
    broken = tiny.card(
        number=number,
        printed_at=now(days=-1),
        consent={"version": "never had"},
        recipient={"country": "LT", "name": "", "lines": ["\x00"], "postal_code": "x" * 500},
        volunteer="\u202e",
        language="tlh",
    )
    answer = kiosk.register(broken)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["number"], made["status"]) == (number, "printed")
    assert made["held"]
    assert kiosk.register(broken).json() == made
    nameless = tiny.card(consent={"version": "\x00"}, language="\x00")
    assert set(kiosk.faults(nameless)) == {"consent.version", "language"}
    outside.run("campaign", "pause", tiny.slug)
    try:
        refused(kiosk.register(tiny.card()), 409, "campaign_paused")
        refused(kiosk.lend(1), 409, "campaign_paused")
        again = kiosk.register(broken)
        assert (again.status_code, again.json()) == (200, made)
        if len(booklet["stamps"]) > 1:
            late = tiny.card(number=booklet["stamps"][1]["number"], printed_at=now())
            assert kiosk.register(late).json()["held"] == ["campaign_paused"]
    finally:
        outside.run("campaign", "open", tiny.slug)
    unlent = tiny.card(number=6, printed_at=now())
    refused(kiosk.register(unlent), 409, "stamp_not_lent")
    assert "number" in tiny.kiosk.faults(tiny.card(printed_at=now()))


def test_the_end_of_the_drawer(tiny: Town) -> None:
    booklet = tiny.kiosk.lend(200)
    assert booklet.status_code == 201
    free = tiny.counts()["remaining"] + len(booklet.json()["stamps"])
    assert len(booklet.json()["stamps"]) <= max(1, free // 2)
    cards = []
    while tiny.counts()["remaining"]:
        answer = tiny.devices[1].register(tiny.card())
        assert answer.status_code == 201
        cards.append(answer.json())
    over = tiny.card()
    problem = refused(tiny.devices[1].register(over), 409, "cap_reached")
    assert problem["lent"] == tiny.counts()["lent"] > 0
    assert refused(tiny.devices[1].lend(1), 409, "cap_reached")["lent"] == problem["lent"]
    body = {"stamps": [booklet.json()["stamps"][0]["number"]]}
    assert (
        tiny.kiosk.ask("POST", f"kiosk/booklets/{booklet.json()['id']}/return", json=body).status_code == 200
    )
    assert tiny.devices[1].register(over).status_code == 201  # refused cards are not remembered


def test_a_lost_device_is_shut_out_and_a_retired_one_hands_in(outside: Outside, tiny: Town) -> None:
    device = pair(outside, tiny.slug, tiny.venue, "Lost")
    retired = outside.run("kiosk", "retire", device.id, "--json").json
    assert retired["status"] == "retired"
    answer = device.register(tiny.card())
    assert answer.status_code in (403, 409)
    assert device.ask("GET", "kiosk").status_code == 200
    outside.run("kiosk", "revoke", device.id)
    for answer in (device.ask("GET", "kiosk"), device.register(tiny.card()), device.lend(1)):
        assert answer.status_code == 403
    outside.run("kiosk", "revoke", new_id(), code=1)
