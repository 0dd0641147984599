"""Reading a card back: the printed lines or every fault, and neither a stamp nor a word is kept."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.plugins.cast import House, Town, bearer


def test_the_lines_are_those_of_the_card_and_nothing_is_kept(
    client: FlaskClient, house: House, vilnius: Town, bucharest: Town
) -> None:
    token = vilnius.kiosks[0].token
    body = vilnius.body(
        recipient={"lines": ["Hinterhaus ganz oben rechts bei Müller und Söhne", "Hauptstraße 5"]}
    )
    answer = client.post("/api/v1/kiosk/read-back", json=body, headers=bearer(token))
    assert answer.status_code == 200
    read = answer.get_json()
    assert read["lines"] == [
        "Jonas Petraitis",
        "Hinterhaus ganz oben rechts bei",
        "Müller und Söhne",
        "Hauptstraße 5",
        "10115 Berlin",
        "VOKIETIJA / GERMANY",
    ]
    assert read["sender"] == "Ona Petraitienė"
    with house.begin() as session:
        kept = session.execute(
            sa.text("SELECT count(*) FROM card WHERE campaign_id = :id"), {"id": vilnius.id}
        )
        assert kept.scalar_one() == 0
        taken = sa.text("SELECT count(*) FROM stamp WHERE campaign_id = :id AND status <> 'free'")
        assert session.execute(taken, {"id": vilnius.id}).scalar_one() == 0


def test_the_faults_are_those_of_registering(client: FlaskClient, vilnius: Town, bucharest: Town) -> None:
    headers = bearer(vilnius.kiosks[0].token)
    body = vilnius.body(
        sender={"name": "Ona 😀"}, recipient={"country": "LT", "postal_code": "x", "lines": ["W" * 60]}
    )
    read = client.post("/api/v1/kiosk/read-back", json=body, headers=headers)
    registered = client.post("/api/v1/kiosk/cards", json=body, headers=headers)
    assert (read.status_code, registered.status_code) == (422, 422)
    assert read.get_json()["errors"] == registered.get_json()["errors"]
    assert {fault["field"] for fault in read.get_json()["errors"]} >= {"sender.name", "recipient.country"}


def test_only_a_kiosk_may_ask(client: FlaskClient, vilnius: Town) -> None:
    assert client.post("/api/v1/kiosk/read-back", json=vilnius.body()).status_code == 401
