"""The desk's pages: who sees what, what can be done there, and that nothing personal slips out."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from postcards.services import cards
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import WholeCampaign, whole_campaign
from tests.web.signing_in import Browser, at_desk

ROOMS = ("", "cards/", "print-runs/", "manifests/", "kiosks/", "journal/")


@pytest.fixture
def whole(vilnius: Town, bucharest: Town) -> WholeCampaign:
    return whole_campaign(vilnius)


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town) -> Browser:
    """Organises Vilnius, and nothing else."""
    return at_desk(app, house, (vilnius.id, "organiser"))


def journal_of(house: House, action: str) -> list[tuple[object, ...]]:
    with house.begin() as session:
        rows = session.execute(
            text('SELECT "by", subject, number FROM journal WHERE action = :action ORDER BY id'),
            {"action": action},
        )
        return [tuple(row) for row in rows]


def test_one_campaign_opens_by_itself_several_are_a_choice(
    app: Flask, house: House, ruta: Browser, bucharest: Town
) -> None:
    assert ruta.get("/desk/").location == "/desk/c/vilnius/"
    everywhere = at_desk(app, house, (None, "auditor"), email="audra@example.org")
    page = everywhere.get("/desk/").get_data(as_text=True)
    assert "/desk/c/vilnius/" in page
    assert f"/desk/c/{bucharest.slug}/" in page


def test_a_senders_code_finds_their_card_though_its_number_was_given_again(
    app: Flask, house: House, ruta: Browser
) -> None:
    town = house.open_campaign("vilnius", slug="small", cap=1)
    first = town.register()
    with house.begin() as session:
        cards.void(
            session, campaign_id=town.id, card_id=first.id, reason="wish", paper="none", by="cli", at=house.at
        )
    second = town.register()
    assert first.number == second.number
    desk = at_desk(app, house, (town.id, "organiser"), email="small@example.org")
    for wanted, card in (
        (first.slip_code, first), (second.slip_code.lower(), second), (str(second.number), second),
    ):  # fmt: skip
        answer = desk.get(f"/desk/c/small/cards/?find={wanted}")
        assert answer.location == f"/desk/c/small/cards/{card.id}"
    assert ruta.get(f"/desk/c/vilnius/cards/?find={first.slip_code}").status_code == 200, (
        "not in her campaign"
    )


def test_another_campaign_does_not_exist(ruta: Browser, bucharest: Town) -> None:
    for room in ROOMS:
        assert ruta.get(f"/desk/c/vilnius/{room}").status_code == 200
        assert ruta.get(f"/desk/c/{bucharest.slug}/{room}").status_code == 404
        assert ruta.get(f"/desk/c/nowhere/{room}").status_code == 404


def test_nothing_of_another_campaign_is_reached_through_ones_own(
    house: House, ruta: Browser, bucharest: Town
) -> None:
    with house.begin() as session:
        card_id = session.scalars(
            text("SELECT id FROM card WHERE campaign_id = :c"), {"c": bucharest.id}
        ).one()
        code = session.scalars(text("SELECT code FROM card WHERE id = :id"), {"id": card_id}).one()
    ours = "/desk/c/vilnius"
    assert ruta.get(f"{ours}/cards/{card_id}").status_code == 404
    assert ruta.get(f"{ours}/cards/?find={code}").status_code == 200
    ruta.get(f"{ours}/")
    for path in (
        f"cards/{card_id}/void", f"cards/{card_id}/address", f"cards/{card_id}/release",
        f"kiosks/{bucharest.kiosks[0].id}/revocation", f"kiosks/{bucharest.kiosks[0].id}/retirement",
        f"kiosks/{bucharest.kiosks[0].id}/pairing",
    ):  # fmt: skip
        assert ruta.post(f"{ours}/{path}", reason="spoiled", paper="none").status_code == 404, path
    with house.begin() as session:
        assert (
            session.scalars(text("SELECT status FROM card WHERE id = :id"), {"id": card_id}).one()
            == "registered"
        )


def test_each_role_sees_its_rooms(app: Flask, house: House, whole: WholeCampaign) -> None:
    vilnius = whole.town
    auditor = at_desk(app, house, (vilnius.id, "auditor"), email="audra@example.org")
    printer = at_desk(app, house, (vilnius.id, "printer"), email="petras@example.org")
    partner = Browser(app)
    at_desk(app, house, (vilnius.id, "organiser"))
    statuses = {
        name: [browser.get(f"/desk/c/vilnius/{room}").status_code for room in ROOMS]
        for name, browser in (("auditor", auditor), ("printer", printer), ("nobody", partner))
    }
    assert statuses == {
        "auditor": [200] * 6,
        "printer": [200, 403, 200, 403, 403, 403],
        "nobody": [302] * 6,
    }
    card = f"cards/{whole.id('printed')}"
    for path in (
        f"{card}/address",
        f"{card}/void",
        f"{card}/release",
        "manifests/sealing",
        "kiosks/",
        "print-runs/",
    ):
        assert auditor.post(f"/desk/c/vilnius/{path}").status_code == 403, path
    for path in (f"{card}/address", f"{card}/void", "manifests/sealing", "kiosks/"):
        assert printer.post(f"/desk/c/vilnius/{path}").status_code == 403, path


def test_a_form_from_elsewhere_does_nothing(house: House, ruta: Browser, whole: WholeCampaign) -> None:
    card = whole.id("registered")
    answer = ruta.client.post(f"/desk/c/vilnius/cards/{card}/void", data={"reason": "wish", "paper": "none"})
    assert answer.status_code == 403
    with house.begin() as session:
        assert cards.get(session, campaign_id=whole.town.id, card_id=card).status == "registered"


def test_no_page_shows_a_name_or_an_address_unasked(ruta: Browser, whole: WholeCampaign) -> None:
    paths = [*ROOMS, *(f"cards/{card.id}" for card in whole.cards.values())]
    for path in paths:
        page = ruta.get(f"/desk/c/vilnius/{path}")
        assert page.status_code == 200, path
        words = page.get_data(as_text=True)
        for secret in ("Petrait", "Hauptstra", "ona@example.org", "10115", "Rūta"):
            assert secret not in words, (path, secret)


def test_an_address_is_shown_on_request_and_the_journal_says_so(
    house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    card = whole.cards["printed"]
    assert ruta.get(f"/desk/c/vilnius/cards/{card.id}/address").status_code == 405
    ruta.get(f"/desk/c/vilnius/cards/{card.id}")
    answer = ruta.post(f"/desk/c/vilnius/cards/{card.id}/address")
    page = answer.get_data(as_text=True)
    assert "Jonas Petraitis" in page
    assert "Hauptstraße 5" in page
    assert answer.headers["Cache-Control"] == "no-store"
    [(by, subject, number)] = journal_of(house, "card.address_shown")
    assert (str(by)[:6], subject, number) == ("staff:", f"card:{card.id}", card.number)


def test_a_card_is_found_by_number_and_by_code(ruta: Browser, whole: WholeCampaign) -> None:
    card = whole.cards["sealed"]
    code, number = card.tracking_code, card.number
    spaced = " ".join(re.findall(".{1,4}", code))
    for wanted in (f"{number}", f" {number} ", f"#{number}", code, spaced, code.lower()):
        answer = ruta.client.get("/desk/c/vilnius/cards/", query_string={"find": wanted})
        assert answer.status_code == 302, wanted
        assert answer.location.endswith(str(card.id))


def test_what_is_not_there_is_said_plainly(ruta: Browser, whole: WholeCampaign) -> None:
    for wanted in ("999", "nonsense", "0000000000000", "9" * 50, "<b>"):
        answer = ruta.client.get("/desk/c/vilnius/cards/", query_string={"find": wanted})
        assert answer.status_code == 200
        assert "No card of this campaign has the number or code" in answer.get_data(as_text=True)
        assert "<b>" not in answer.get_data(as_text=True)


def test_the_list_shows_one_state_at_a_time(ruta: Browser, whole: WholeCampaign) -> None:
    for show, expected in (("sealed", ["sealed"]), ("void", ["void", "missing"]), ("held", [])):
        page = ruta.get(f"/desk/c/vilnius/cards/?show={show}").get_data(as_text=True)
        found = set(re.findall(r"/cards/([0-9a-f-]{36})", page))
        assert found == {str(whole.id(name)) for name in expected}


def test_a_card_is_given_up_with_its_reason_and_what_became_of_the_paper(
    house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    card = whole.cards["printed"]
    ruta.get(f"/desk/c/vilnius/cards/{card.id}")
    ruta.post(f"/desk/c/vilnius/cards/{card.id}/void", reason="Jonas moved away", paper="burnt")
    with house.begin() as session:
        assert cards.get(session, campaign_id=whole.town.id, card_id=card.id).status == "printed"
    answer = ruta.post(f"/desk/c/vilnius/cards/{card.id}/void", reason="spoiled", paper="missing")
    assert answer.status_code == 303
    with house.begin() as session:
        found = cards.get(session, campaign_id=whole.town.id, card_id=card.id)
        assert (found.status, found.void_reason, found.paper) == ("void", "spoiled", "missing")
    page = ruta.get(f"/desk/c/vilnius/cards/{card.id}").get_data(as_text=True)
    assert "kept apart, paper missing" in page


def test_a_card_on_a_manifest_cannot_be_given_up(ruta: Browser, whole: WholeCampaign) -> None:
    card = whole.cards["sealed"]
    page = ruta.get(f"/desk/c/vilnius/cards/{card.id}").get_data(as_text=True)
    assert "/void" not in page
    answer = ruta.post(f"/desk/c/vilnius/cards/{card.id}/void", reason="spoiled", paper="none")
    assert answer.status_code == 409


def test_a_held_card_is_settled_once(house: House, ruta: Browser, whole: WholeCampaign) -> None:
    card = whole.cards["printed"]
    with house.begin() as session:
        session.execute(text("UPDATE card SET held = '{campaign_paused}' WHERE id = :id"), {"id": card.id})
    assert "One card is held for you" in ruta.get("/desk/c/vilnius/").get_data(as_text=True)
    assert "the campaign was paused" in ruta.get(f"/desk/c/vilnius/cards/{card.id}").get_data(as_text=True)
    for _ in range(2):
        assert ruta.post(f"/desk/c/vilnius/cards/{card.id}/release").status_code == 303
    assert len(journal_of(house, "card.released")) == 1
    assert "held for you" not in ruta.get("/desk/c/vilnius/").get_data(as_text=True)


def test_a_kiosk_is_added_shown_its_code_once_and_ended(
    house: House, ruta: Browser, vilnius: Town, client
) -> None:
    ruta.get("/desk/c/vilnius/kiosks/")
    venue = vilnius.edition.venues[1].slug
    answer = ruta.post("/desk/c/vilnius/kiosks/", name="Tablet by the door", venue=venue)
    assert answer.status_code == 201
    found = re.search(r'<bdi class="code">([^<]+)</bdi>', answer.get_data(as_text=True))
    assert found is not None
    paired = client.post("/api/v1/kiosk/pairing", json={"pairing_code": found[1], "device_name": "iPad"})
    assert paired.status_code == 201
    kiosk_id = paired.get_json()["kiosk"]
    assert found[1] not in ruta.get("/desk/c/vilnius/kiosks/").get_data(as_text=True)
    ruta.get(f"/desk/c/vilnius/kiosks/{kiosk_id}/end")
    assert ruta.post(f"/desk/c/vilnius/kiosks/{kiosk_id}/revocation").status_code == 303
    token = paired.get_json()["token"]
    assert client.get("/api/v1/kiosk", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_a_form_for_a_kiosk_that_is_sent_again_adds_no_other(
    house: House, ruta: Browser, vilnius: Town, bucharest: Town, client: FlaskClient
) -> None:
    room = "/desk/c/vilnius/kiosks/"
    page = ruta.get(room).get_data(as_text=True)
    form = {"name": "By the door", "venue": vilnius.edition.venues[1].slug}
    form["id"] = found_in(r'name="id" value="([^"]+)"', page)
    answers = [ruta.post(room, **form).get_data(as_text=True) for _ in range(2)]
    first, second = (found_in(r'<bdi class="code">([^<]+)</bdi>', text) for text in answers)
    assert first != second

    def pair(code: str) -> int:
        body = {"pairing_code": code, "device_name": "iPad"}
        return client.post("/api/v1/kiosk/pairing", json=body).status_code

    assert (pair(first), pair(second)) == (404, 201), "the newer code is the good one"
    assert ruta.post(room, **form).status_code == 409, "a device stands behind it already"
    with house.begin() as session:
        count = session.scalar(text("SELECT count(*) FROM kiosk WHERE name = 'By the door'"))
    assert count == 1
    for _ in range(2):
        again = ruta.post(room, **form | {"name": "By the window"})
        assert again.status_code == 201, "out of the browser's memory"
    for other in (str(bucharest.kiosks[0].id), "x"):
        assert ruta.post(room, **form | {"id": other}).status_code == 201, "an id that names no kiosk here"
    with house.begin() as session:
        named = text("SELECT count(*) FROM kiosk WHERE campaign_id = :c AND name = :name")
        counts = [
            session.scalar(named, {"c": vilnius.id, "name": f"By the {what}"}) for what in ("door", "window")
        ]
    assert counts == [3, 1]


def found_in(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]


def test_a_kiosk_that_cannot_be_is_refused_with_the_field(house: House, ruta: Browser, vilnius: Town) -> None:
    first = vilnius.edition.venues[0].slug
    ruta.get("/desk/c/vilnius/kiosks/")
    for name, venue in (("", first), ("  ", first), ("a\u202eb", first), ("Tablet", "x")):
        answer = ruta.post("/desk/c/vilnius/kiosks/", name=name, venue=venue)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.get_data(as_text=True)
    with house.begin() as session:
        assert (
            session.scalars(
                text("SELECT count(*) FROM kiosk WHERE campaign_id = :c"), {"c": vilnius.id}
            ).one()
            == 1
        )


def test_sealing_now_takes_what_is_ready_and_says_when_nothing_is(
    house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    with house.begin() as session:
        run = session.scalars(text("SELECT id FROM print_run WHERE run = 1")).one()
    stays = "One of them stays until somebody downloads the file of its print run."
    assert stays in ruta.get("/desk/c/vilnius/manifests/").get_data(as_text=True)
    assert ruta.get(f"/desk/c/vilnius/print-runs/{run}/file").status_code == 200, "one of the three is in it"
    assert stays not in ruta.get("/desk/c/vilnius/manifests/").get_data(as_text=True)
    ruta.post("/desk/c/vilnius/manifests/sealing")
    page = ruta.get("/desk/c/vilnius/manifests/").get_data(as_text=True)
    assert "3 cards are sealed, on manifest 3." in page
    ruta.post("/desk/c/vilnius/manifests/sealing")
    assert "No card is ready for the post" in ruta.get("/desk/c/vilnius/manifests/").get_data(as_text=True)
    with house.begin() as session:
        assert session.scalars(text("SELECT max(number) FROM manifest")).one() == 3


def test_a_print_run_is_asked_for_and_its_file_taken(
    app: Flask, house: House, ruta: Browser, whole: WholeCampaign
) -> None:
    ruta.get("/desk/c/vilnius/print-runs/")
    for fields in (
        {"sheet": "a0"},
        {"sheet": "a6", "first": "x"},
        {"sheet": "a6", "first": "5", "last": "2"},
    ):
        assert ruta.post("/desk/c/vilnius/print-runs/", **fields).status_code == 422
    assert ruta.post("/desk/c/vilnius/print-runs/", sheet="a4-4up").status_code == 303
    with house.begin() as session:
        ready, new = session.execute(
            text("SELECT id, run, sheet, cards, requested_by FROM print_run WHERE run IN (1, 3) ORDER BY run")
        ).all()
    assert (new.sheet, new.cards, new.requested_by[:6]) == ("a4-4up", 2, "staff:")
    ruta.post("/desk/c/vilnius/print-runs/", sheet="a4-4up")
    assert "No card is waiting for paper." in ruta.get("/desk/c/vilnius/print-runs/").get_data(as_text=True)

    answer = ruta.get(f"/desk/c/vilnius/print-runs/{ready.id}/file")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.content_length == len(answer.data)
    assert "vilnius-run-001.pdf" in answer.headers["Content-Disposition"]
    assert ruta.get(f"/desk/c/vilnius/print-runs/{new.id}/file").status_code == 404
    assert ruta.get(f"/desk/c/vilnius/print-runs/{uuid.uuid4()}/file").status_code == 404
    assert len(journal_of(house, "print_run.downloaded")) == 1
    auditor = at_desk(app, house, (whole.town.id, "auditor"), email="audra@example.org")
    assert auditor.get(f"/desk/c/vilnius/print-runs/{ready.id}/file").status_code == 403


def test_the_journal_is_read_page_by_page(house: House, ruta: Browser, whole: WholeCampaign) -> None:
    with house.begin() as session:
        told = session.scalars(
            text("SELECT count(*) FROM journal WHERE campaign_id = :c"), {"c": whole.town.id}
        ).one()
        session.execute(
            text(
                "INSERT INTO journal (campaign_id, at, by, action, subject) "
                "SELECT :c, :at, 'cli', 'campaign.cap', 'campaign:vilnius' FROM generate_series(1, 60)"
            ),
            {"c": whole.town.id, "at": house.at},
        )
    rows, path, pages = 0, "/desk/c/vilnius/journal/", 0
    while path:
        page = ruta.get(path).get_data(as_text=True)
        rows, pages = rows + page.count('<td data-label="When">'), pages + 1
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = further[1] if further else ""
    assert (rows, pages) == (told + 60, -(-(told + 60) // 50))


def test_the_desk_opens_in_every_language(ruta: Browser, whole: WholeCampaign) -> None:
    for language in ("lt", "pl", "ru", "uk", "ro", "en"):
        for room in (*ROOMS, f"cards/{whole.id('arrived')}"):
            page = ruta.get(f"/desk/c/vilnius/{room}?lang={language}")
            assert page.status_code == 200
            assert f'<html lang="{language}"' in page.get_data(as_text=True)
