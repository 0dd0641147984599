"""What a card is refused for, each by its field, and all fields at once."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.contract.outside import Town, faults_of, new_id, refused

JSON = {"Content-Type": "application/json"}


def send(town: Town, content: bytes | str, **headers: str) -> httpx.Response:
    return town.kiosk.ask("POST", "kiosk/cards", content=content, headers=JSON | headers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"id": "\xc3\x28"}',
        b"NaN",
        b'{"a": NaN}',
        b"[" * 3000,
        b"nope",
        b"\x00",
        b'{"a":1}{',
    ],
    ids=repr,
)
def test_what_is_no_json_is_malformed(asked: Town, content: bytes) -> None:
    refused(send(asked, content), 400, "malformed")


@pytest.mark.parametrize("content", [b"[]", b"7", b"null", b'""', b"{}"])
def test_json_that_is_no_card_names_what_is_missing(asked: Town, content: bytes) -> None:
    assert faults_of(send(asked, content))


def test_a_body_over_64_kib_is_too_large_however_it_comes(asked: Town) -> None:
    body = json.dumps(asked.card(message="x" * 66_000)).encode()
    refused(send(asked, body), 413, "too_large")
    pieces = (body[n : n + 1000] for n in range(0, len(body), 1000))
    refused(
        asked.kiosk.ask("POST", "kiosk/cards", content=pieces, headers=JSON),
        413,
        "too_large",
    )
    small = json.dumps(asked.card()).encode()
    chunked = asked.kiosk.ask("POST", "kiosk/cards", content=iter([small[:50], small[50:]]), headers=JSON)
    assert chunked.status_code == 201, chunked.text


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "*/*", ""]
)
def test_another_media_type_is_415(asked: Town, media_type: str) -> None:
    answer = send(asked, json.dumps(asked.card()), **{"Content-Type": media_type})
    assert answer.status_code == 415


def test_a_charset_is_no_other_media_type(asked: Town) -> None:
    answer = send(asked, json.dumps(asked.card()), **{"Content-Type": "application/json; charset=UTF-8"})
    assert answer.status_code == 201


def test_types_are_strict(asked: Town) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"number": "7"}, "number"),
        ({"number": 7.0}, "number"),
        ({"number": True}, "number"),
        ({"number": 0}, "number"),
        ({"number": -1}, "number"),
        ({"number": 10**30}, "number"),
        ({"id": 7}, "id"),
        ({"id": "7"}, "id"),
        ({"message": 7}, "message"),
        ({"language": None}, "language"),
        ({"sender": None}, "sender"),
        ({"sender": {"name": 7}}, "sender.name"),
        ({"sender": {"email": []}}, "sender.email"),
        ({"recipient": {"lines": "Hauptstraße 5"}}, "recipient.lines"),
        ({"recipient": {"lines": [7]}}, "recipient.lines.0"),
        ({"recipient": {"postal_code": 10115}}, "recipient.postal_code"),
        ({"recipient": {"country": "de"}}, "recipient.country"),
        ({"recipient": {"country": "DEU"}}, "recipient.country"),
        ({"consent": {"arrival_notice": "true"}}, "consent.arrival_notice"),
        ({"consent": {"arrival_notice": 1}}, "consent.arrival_notice"),
        ({"printed_at": 7}, "printed_at"),
    ]
    for changes, field in wrong:
        assert list(asked.kiosk.faults(asked.card(**changes))) == [field], changes


def test_unknown_fields_are_refused_wherever_they_are(asked: Town) -> None:
    card = asked.card(sender={"nmae": "x"}, recipient={"zip": "1"}, consent={"yes": True}, volunter="Rūta")
    assert asked.kiosk.faults(card) == {
        "sender.nmae": "unknown_field",
        "recipient.zip": "unknown_field",
        "consent.yes": "unknown_field",
        "volunter": "unknown_field",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "blank"),
        (" \u00a0\u2003 ", "blank"),
        ("x" * 101, "too_long"),
        ("x" * 10_000, "too_long"),
        ("a\nb", "newline"),
        ("a\x00b", "control_character"),
        ("a\x1bb", "control_character"),
        ("a\x7fb", "control_character"),
        ("a\x85b", "newline"),
        ("a\tb", "control_character"),
        *((f"a{chr(sign)}b", "bidi_control") for sign in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        ("\ud83d", None),
        ("a \udc00 b", None),
        ("Ona 💌", "emoji"),
        ("👨‍👩‍👧", "emoji"),
        ("𒀀𒀁", None),
        ("\ue000", "unprintable"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_text_that_cannot_be_printed_is_refused_by_its_field(
    asked: Town, text: str, code: str | None
) -> None:
    """In every field that is printed; half a character can only be sent as an escape."""
    fields: list[tuple[dict[str, Any], str]] = [
        ({"sender": {"name": text}}, "sender.name"),
        ({"recipient": {"name": text}}, "recipient.name"),
        ({"recipient": {"lines": ["Hauptstraße 5", text]}}, "recipient.lines.1"),
        ({"recipient": {"city": text}}, "recipient.city"),
    ]
    for changes, field in fields:
        answer = send(asked, json.dumps(asked.card(**changes)))
        found = faults_of(answer)
        assert list(found) in ([field], [field.rpartition(".")[0]]), (changes, found)
        if code is not None:
            assert found[field] == code, (changes, found)


def test_all_fields_at_once(asked: Town) -> None:
    card = asked.card(
        sender={"name": " ", "email": "no e-mail"},
        recipient={"name": "a\nb", "lines": ["💌"], "postal_code": "x1", "city": "\u202e"},
        message="x" * 19_000,
        volunteer="\x00",
        language="xx",
        consent={"version": "1066"},
    )
    found = asked.kiosk.faults(card)
    assert set(found) == {
        *("sender.name", "sender.email", "recipient.name", "recipient.lines.0", "recipient.postal_code"),
        *("recipient.city", "message", "volunteer", "language", "consent.version"),
    }
    mixed = asked.kiosk.faults(card | {"number": "7", "extra": 1})
    assert set(mixed) == set(found) | {"number", "extra"}


def test_what_does_not_fit_the_paper_is_refused_naming_the_line(asked: Town) -> None:
    nine = {"lines": [f"Line {n}" for n in range(9)]}
    assert any(field.startswith("recipient") for field in asked.kiosk.faults(asked.card(recipient=nine)))
    wide = {"lines": ["Donaudampfschifffahrtsgesellschaftskapitänsstraße 5"]}
    assert list(asked.kiosk.faults(asked.card(recipient=wide))) == ["recipient.lines.0"]
    no_lines = asked.kiosk.faults(asked.card(recipient={"lines": []}))
    assert list(no_lines) == ["recipient.lines"]


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("DE", "1011"),
        ("DE", "101155"),
        ("FR", "ABCDE"),
        ("US", "1"),
        ("GB", "1"),
        ("DE", "\x00"),
        ("DE", "=1+1"),
    ],
)
def test_a_postcode_that_its_country_does_not_have(asked: Town, country: str, code: str) -> None:
    faults = asked.kiosk.faults(asked.card(recipient={"country": country, "postal_code": code}))
    assert list(faults) == ["recipient.postal_code"]


def test_consent_and_arrival_notice(asked: Town) -> None:
    assert list(asked.kiosk.faults(asked.card(consent={"version": "1999-1"}))) == ["consent.version"]
    assert list(asked.kiosk.faults(asked.card(consent="gone"))) == ["consent"]
    assert list(asked.kiosk.faults(asked.card(consent={"version": ""}))) == ["consent.version"]
    faults = asked.kiosk.faults(asked.card(sender={"email": None}))
    assert list(faults) == ["sender.email"]
    none = asked.card(sender={"email": None}, consent={"arrival_notice": False})
    assert asked.kiosk.register(none).status_code == 201


def test_abroad_only_refuses_the_origin_country(asked: Town, neighbour: Town) -> None:
    home = {"country": "LT", "lines": ["Didžioji g. 31"], "postal_code": "01128", "city": "Vilnius"}
    assert list(asked.kiosk.faults(asked.card(recipient=home))) == ["recipient.country"]
    assert list(asked.kiosk.faults(asked.card(recipient={"country": "ZZ"}))) == ["recipient.country"]


@pytest.mark.parametrize(
    "name",
    ["محمد علي", "שרה כהן", "Ξένια", "გიორგი", "Nguyễn Thị Hạnh", "=cmd()", "O'Neil -- <b>", "' OR 1=1 --"],
)
def test_names_of_the_world_are_taken(asked: Town, name: str) -> None:
    card = asked.card(sender={"name": name}, recipient={"name": name})
    made = asked.kiosk.register(card)
    assert made.status_code == 201, made.text
    assert asked.kiosk.ask("GET", f"kiosk/cards/{card['id']}/postcard.pdf").content[:5] == b"%PDF-"


def test_ids_that_are_none_are_not_found(asked: Town) -> None:
    for bad in ("7", "x" * 3000, "%00", "%ff", "..", new_id() + "0", "%F0%9F%92%8C"):
        for method, rest in (("PATCH", ""), ("POST", "/void"), ("POST", "/prints"), ("GET", "/postcard.pdf")):
            answer = asked.kiosk.ask(method, f"kiosk/cards/{bad}{rest}", content=b"{}", headers=JSON)
            assert answer.status_code in (404, 405), (bad, answer.status_code)
