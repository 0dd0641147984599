"""Refusals worded in Python are read in the reader's language: on pages, and by machines that ask for one."""

from __future__ import annotations

import uuid

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from postcards.texts import catalogue
from tests.plugins.cast import House, Town, bearer
from tests.web.signing_in import at_desk

KIOSKS = "/desk/c/vilnius/kiosks/"


def refused_card(client: FlaskClient, town: Town, **headers: str) -> TestResponse:
    body = town.body(recipient={"city": None, "country": "DE"}, sender={"name": "", "email": None})
    return client.post("/api/v1/kiosk/cards", json=body, headers=bearer(town.kiosks[0].token) | headers)


def test_a_refused_form_of_the_desk_says_its_faults_in_the_language_of_the_page(
    app: Flask, house: House, vilnius: Town
) -> None:
    ruta = at_desk(app, house, (vilnius.id, "organiser"))
    ruta.get(f"{KIOSKS}?lang=lt")
    fields = {"name": "", "venue": vilnius.edition.venues[0].slug}
    for language, words in (
        ("lt", catalogue("lt").gettext("Please fill this in.")),
        ("en", "Please fill this in."),
    ):
        answer = ruta.post(f"{KIOSKS}?lang={language}", **fields)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)
    assert catalogue("lt").gettext("Please fill this in.") != "Please fill this in."


def test_the_page_of_a_refusal_is_in_the_readers_language(client: FlaskClient) -> None:
    say = catalogue("lt")
    page = client.get("/nowhere/at/all?lang=lt", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert say.gettext("Not found") in page
    assert say.gettext("There is nothing at this address.") in page
    assert "There is nothing" not in page


def test_a_machine_is_answered_in_the_language_it_asks_for(client: FlaskClient, vilnius: Town) -> None:
    plain, polish = refused_card(client, vilnius), refused_card(client, vilnius, **{"Accept-Language": "pl"})
    say = catalogue("pl").gettext
    for answer, language in ((plain, "en"), (polish, "pl")):
        assert (answer.status_code, answer.headers["Content-Language"]) == (422, language)
        assert "Accept-Language" in answer.headers["Vary"]
    english, translated = plain.get_json(), polish.get_json()
    assert english["detail"] == "Some of what was entered needs mending."
    assert translated["detail"] == say("Some of what was entered needs mending.") != english["detail"]
    messages = {fault["field"]: fault["message"] for fault in english["errors"]}
    assert messages["recipient.city"] == "Please give the town."
    said = {fault["field"]: fault["message"] for fault in translated["errors"]}
    assert said["recipient.city"] == say("Please give the town.") != messages["recipient.city"]
    assert said["sender.name"] == say("Please fill this in.")
    same = ("type", "status", "code")
    assert [english[key] for key in same] == [translated[key] for key in same]
    assert [(e["field"], e["code"]) for e in english["errors"]] == [
        (e["field"], e["code"]) for e in translated["errors"]
    ]


def test_a_language_that_we_do_not_speak_is_answered_in_english(client: FlaskClient, vilnius: Town) -> None:
    answer = refused_card(client, vilnius, **{"Accept-Language": "de-CH, *;q=0.1"})
    assert answer.get_json()["detail"] == "Some of what was entered needs mending."


def test_a_card_refused_within_a_batch_is_refused_in_words_of_that_language(
    client: FlaskClient, vilnius: Town
) -> None:
    card = vilnius.body(number=1, id=str(uuid.uuid4()))
    head = bearer(vilnius.kiosks[0].token) | {"Accept-Language": "pl"}
    answer = client.post("/api/v1/kiosk/batches", json={"cards": [card]}, headers=head)
    [result] = answer.get_json()["results"]
    assert result["status"] == 409
    assert "1" in result["detail"]
    assert result["detail"] == catalogue("pl").gettext(
        "Stamp %(number)s is not lent to this kiosk.", number=1
    )
    assert result["detail"] != "Stamp 1 is not lent to this kiosk."
