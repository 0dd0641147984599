"""What a kiosk hears when the desk has had the same card in hand, and what it may still mend of a fact on paper."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from postcards.services import kiosks, print_control
from postcards.vault import token_hash
from postcards.web.app import create_app
from tests.plugins.cast import House, Town, bearer
from tests.services.print_desk import MINUTE, ask, do, draw, spoil_words

REAL = "https://cards.example.org"

Asking = Callable[..., TestResponse]


@pytest.fixture
def tell(client: FlaskClient, vilnius: Town) -> Asking:
    """Asks as the kiosk of the town: method, path below the kiosk's, body."""
    return lambda method, path, body=None: asked(client, vilnius, method, path, body)


def asked(client: FlaskClient, town: Town, method: str, path: str, body: Any = None) -> TestResponse:
    head = bearer(town.kiosks[0].token)
    return client.open(f"/api/v1/kiosk/{path}", method=method, json=body, headers=head)


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def a_print(reason: str | None = None) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "printed_at": "2026-12-14T12:05:00+02:00", "reason": reason}


def fact(tell: Asking, town: Town, **changes: Any) -> dict[str, Any]:
    """This will hand in a card that was printed on the first stamp of a new booklet."""
    lent = tell("POST", "booklets", {"id": str(uuid.uuid4()), "stamps": 1}).get_json()["stamps"]
    body = town.body(number=lent[0]["number"], printed_at="2026-12-14T12:00:00+02:00", **changes)
    answer = tell("POST", "cards", body)
    assert answer.status_code == 201
    return dict(answer.get_json())


def test_a_card_that_a_print_run_has_claimed_is_drawn_by_no_kiosk(tell: Asking, vilnius: Town) -> None:
    card = f"cards/{vilnius.register().id}"
    assert tell("GET", f"{card}/postcard.pdf").status_code == 200
    run = ask(vilnius)
    for _ in range(2):
        assert refusal(tell("GET", f"{card}/postcard.pdf")) == (409, "in_print_run")
        assert refusal(tell("POST", f"{card}/prints", a_print("jam"))) == (409, "in_print_run")
        do(vilnius, print_control.pause, run)  # what is paused goes on
    do(vilnius, print_control.cancel, run)
    assert tell("GET", f"{card}/postcard.pdf").status_code == 200
    assert tell("POST", f"{card}/prints", a_print()).status_code == 201


def test_who_has_just_printed_what_the_desk_printed_too_is_told_where_the_paper_goes(
    tell: Asking, vilnius: Town
) -> None:
    card = f"cards/{vilnius.register().id}"
    assert tell("GET", f"{card}/postcard.pdf").status_code == 200
    draw(vilnius, ask(vilnius))
    again = a_print()
    for _ in range(2):
        refused = tell("POST", f"{card}/prints", again)
        assert refusal(refused) == (409, "printed_elsewhere")
        assert "box for spoiled cards" in refused.get_json()["detail"]
    assert tell("POST", f"{card}/prints", again | {"reason": "the other one is torn"}).status_code == 201
    silent = tell("POST", f"{card}/prints", a_print())
    assert (silent.status_code, silent.get_json()["errors"][0]["field"]) == (422, "reason")


def test_a_print_of_words_that_were_corrected_since_is_not_a_kiosks_own(tell: Asking, vilnius: Town) -> None:
    card = f"cards/{vilnius.register().id}"
    assert tell("POST", f"{card}/prints", a_print()).status_code == 201
    assert tell("PATCH", card, {"message": "Labas!"}).get_json()["status"] == "registered"
    draw(vilnius, ask(vilnius))
    assert refusal(tell("POST", f"{card}/prints", a_print())) == (409, "printed_elsewhere")


@pytest.mark.parametrize(
    ("broken", "held"),
    [
        ({"consent": {"version": "1999-1", "arrival_notice": False}}, ["consent_version"]),
        ({"language": "xx"}, ["language"]),
        ({"recipient": {"postal_code": "nonsense"}}, ["postal_code"]),
        ({"recipient": {"name": "王小明", "city": "\n"}}, None),
        ({"recipient": {"lines": ["Hauptstraße 5"] * 9}}, None),
    ],
)
def test_a_fact_on_paper_is_corrected_where_it_can_be(
    tell: Asking, vilnius: Town, broken: dict[str, Any], held: list[str] | None
) -> None:
    made = fact(tell, vilnius, **broken)
    assert made["held"] == (held or made["held"]) != []
    card = f"cards/{made['id']}"
    changed = tell("PATCH", card, {"sender": {"name": "Ona Petraitytė", "email": "ona@example.org"}})
    assert changed.status_code == 200, changed.text
    assert (changed.get_json()["number"], changed.get_json()["held"]) == (made["number"], made["held"])
    assert changed.get_json()["tracking_code"] != made["tracking_code"]
    wrong = vilnius.body()["recipient"] | {"postal_code": "1"}
    assert tell("PATCH", card, {"recipient": wrong}).status_code == 422
    assert tell("PATCH", card, {"message": "Labas " * 90}).status_code == 422
    assert tell("PATCH", card, {"sender": {"name": "W" * 90, "email": None}}).status_code == 422
    assert tell("PATCH", card, {"recipient": vilnius.body()["recipient"]}).status_code == 200
    assert tell("GET", f"{card}/postcard.pdf").status_code == 200


def test_what_could_not_be_printed_is_held_until_that_is_mended(tell: Asking, vilnius: Town) -> None:
    spoil_words(vilnius, made := vilnius.register())
    draw(vilnius, run := ask(vilnius))
    do(vilnius, print_control.take_out, run)
    card = f"cards/{made.id}"
    other = tell("PATCH", card, {"sender": {"name": "Ona Petraitytė", "email": "ona@example.org"}})
    assert (other.status_code, other.get_json()["held"]) == (200, ["print_fault"])
    mended = tell("PATCH", card, {"recipient": vilnius.body()["recipient"]})
    assert (mended.status_code, mended.get_json()["held"]) == (200, [])


@pytest.mark.parametrize(("address", "frozen"), [(REAL, REAL), ("http://127.0.0.1:8000", None)])
def test_the_address_in_the_codes_is_frozen_by_a_fact_on_paper(
    house: House, vilnius: Town, address: str, frozen: str | None
) -> None:
    settings = dataclasses.replace(house.kit.settings, public_url=address)
    client = create_app(dataclasses.replace(house.kit, settings=settings)).test_client()

    def tell(*words: Any) -> TestResponse:
        return asked(client, vilnius, *words)

    def kept() -> object:
        with house.begin() as session:
            return session.scalar(text("SELECT public_url FROM campaign WHERE id = :c"), {"c": vilnius.id})

    assert tell("POST", "cards", vilnius.body()).status_code == 201
    assert kept() is None
    lent = tell("POST", "booklets", {"id": str(uuid.uuid4()), "stamps": 2}).get_json()["stamps"]
    printed = {"printed_at": "2026-12-14T12:00:00+02:00"}
    unheard_of = vilnius.body(number=19, **printed)
    assert refusal(tell("POST", "cards", unheard_of)) == (409, "stamp_not_lent")
    assert kept() is None
    batch = tell("POST", "batches", {"cards": [vilnius.body(number=lent[0]["number"], **printed)]})
    assert batch.get_json()["results"][0]["status"] == 201
    assert kept() == frozen


def test_a_kiosk_seen_by_a_clock_that_ran_ahead_is_seen_again_at_once(house: House, vilnius: Town) -> None:
    hashed = token_hash(vilnius.kiosks[0].token)

    def seen(at: object) -> object:
        with house.begin() as session:
            kiosks.find_by_token(session, token_hash=hashed, at=at)  # type: ignore[arg-type]
        with house.begin() as session:
            return session.scalar(
                text("SELECT last_seen_at FROM kiosk WHERE campaign_id = :c"), {"c": vilnius.id}
            )

    ahead = house.at + 600 * MINUTE
    assert seen(ahead) == ahead
    assert seen(house.at) == house.at
    assert seen(house.at - kiosks.SEEN_EVERY / 2) == house.at, "a busy kiosk writes no row for each request"
    assert seen(house.at + kiosks.SEEN_EVERY) == house.at + kiosks.SEEN_EVERY
