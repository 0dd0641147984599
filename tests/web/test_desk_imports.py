"""Cards from a table, at the desk: seen first, registered on a yes, mended and chosen again, forgotten in an hour."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import FilePayload
from sqlalchemy import text
from werkzeug.test import TestResponse

from postcards.services import campaigns, import_waiting, key_rotation
from postcards.web.desk import imports
from postcards.web.desk.imports import FILE_LIMIT
from tests.plugins.browser import faults_of
from tests.plugins.cast import House, Town
from tests.web.signing_in import PASSWORD, Browser, at_desk, person

HEAD = "sender name,recipient name,street,postcode,town,country,consent\n"
GOOD = "Ona,Jonas,Hauptstraße 5,10115,Berlin,DE,2026-1\n"
BAD = "Ona,Marie,Rue 1,7500,Paris,Francja,2026-1\n"
DESK = "/desk/c/vilnius/import/"


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(imports, "AT_ONCE", 600.0)  # a busy machine is no long table
    return at_desk(app, house, (vilnius.id, "organiser"))


def upload(browser: Browser, content: bytes | str, *, name: str = "cards.csv", **fields: str) -> TestResponse:
    browser.get(DESK)
    data = content.encode() if isinstance(content, str) else content
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in {"csrf_token": browser.token, **fields}.items()
    ]
    head = f'--cut\r\nContent-Disposition: form-data; name="table"; filename="{name}"\r\n\r\n'
    body = b"".join([*parts, head.encode(), data, b"\r\n--cut--\r\n"])
    return browser.client.post(DESK, data=body, content_type="multipart/form-data; boundary=cut")


def say_yes(browser: Browser) -> str:
    page = browser.get(f"{DESK}waiting").get_data(as_text=True)
    token = page.split('name="token" value="')[1].split('"')[0]
    answer = browser.post(f"{DESK}cards", token=token)
    assert answer.status_code == 303
    return browser.get(f"{DESK}waiting").get_data(as_text=True)


def cards(house: House) -> int:
    with house.begin() as session:
        return int(session.scalar(text("SELECT count(*) FROM card")) or 0)


def test_a_table_is_seen_then_registered_then_mended(house: House, vilnius: Town, ruta: Browser) -> None:
    assert upload(ruta, HEAD + GOOD + BAD).location == f"{DESK}waiting"
    preview = ruta.get(f"{DESK}waiting").get_data(as_text=True)
    assert "One of the first 2 rows would be refused." in preview
    assert "This does not look like a postcode there." in preview
    assert '<td data-label="Field"><span>postcode</span></td>' in preview
    assert "Register 2 cards" in preview
    assert cards(house) == 0
    result = say_yes(ruta)
    assert "One row was refused." in result
    assert cards(house) == 1
    report = ruta.get(f"{DESK}report.csv")
    assert report.headers["Cache-Control"] == "no-store"
    assert "attachment" in report.headers["Content-Disposition"]
    assert upload(ruta, report.data.replace(b",7500,", b",75001,")).status_code == 303
    assert "Every row is a card now." in say_yes(ruta)
    assert "Cards already" in say_again(ruta)
    assert cards(house) == 2
    with house.begin() as session:
        found = session.execute(
            text("SELECT DISTINCT split_part(\"by\", ':', 1) FROM journal WHERE action LIKE 'card%'")
        )
        assert list(found.scalars()) == ["staff"]


def say_again(browser: Browser) -> str:
    assert upload(browser, HEAD + GOOD).status_code == 303
    return say_yes(browser)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "This file is a PNG picture"),
        (b"naem,country\n", "“naem” is no heading we know."),
        ((HEAD + GOOD).encode("utf-16-le"), "NUL bytes"),
        (HEAD.encode() + b"\xe0\xed\xff\n", "Line 2 is not UTF-8"),
        (HEAD.replace(",consent", "").encode(), "declare the consent for the whole file"),
    ],
)
def test_what_is_no_table_of_cards_is_refused_with_the_remedy(
    ruta: Browser, content: bytes, words: str
) -> None:
    answer = upload(ruta, content)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert ruta.get(f"{DESK}waiting").status_code == 303


def test_the_report_gives_its_reasons_in_the_language_of_the_page(ruta: Browser) -> None:
    upload(ruta, HEAD + BAD + ",Marie,Rue 1,75001,Paris,Francja,2026-1\n")
    ruta.get(f"{DESK}waiting?lang=pl")
    assert "Odrzucono" in say_yes(ruta)
    lines = ruta.get(f"{DESK}report.csv").get_data(as_text=True).splitlines()
    assert lines[0].lstrip("\ufeff").startswith("copy,line,field,code,reason,sender name")
    assert "postcode: " in lines[1]
    assert "sender name: Wypełnij to pole." in lines[2]


@pytest.fixture
def sixty_stamps(house: House, vilnius: Town) -> None:
    with house.begin() as session:
        campaigns.set_cap(session, slug=vilnius.slug, cap=60, by="test", at=house.at)


def good_rows(first: int, last: int) -> str:
    return "".join(GOOD.replace("Jonas", f"Jonas {n}.") for n in range(first, last + 1))


def test_every_row_is_looked_at_before_one_is_registered(
    house: House, sixty_stamps: None, ruta: Browser
) -> None:
    upload(ruta, HEAD + good_rows(1, 60))
    assert "0 of the first 60 rows would be refused." in ruta.get(f"{DESK}waiting").get_data(as_text=True)
    upload(ruta, HEAD + good_rows(1, 50) + BAD + good_rows(51, 61))
    preview = ruta.get(f"{DESK}waiting").get_data(as_text=True)
    assert "2 of the first 62 rows would be refused." in preview
    assert '<th scope="row" class="figure">52</th><td data-label="Field"><span>postcode</span>' in preview
    assert '<th scope="row" class="figure">63</th>' in preview  # no stamp is left for it
    assert cards(house) == 0


def test_of_many_that_would_be_refused_the_first_are_listed_and_all_counted(ruta: Browser) -> None:
    upload(ruta, HEAD + BAD * 60)
    preview = ruta.get(f"{DESK}waiting").get_data(as_text=True)
    assert (
        "None of the first rows can become a card as it is. 60 of the first 60 rows would be refused."
        in preview
    )
    assert "<caption>What would be refused (50 / 60)</caption>" in preview
    assert preview.count('<td data-label="Field"><span>postcode</span>') == 50


def test_a_long_table_goes_in_by_presses_each_row_once(
    house: House, sixty_stamps: None, ruta: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 0.0)
    table = HEAD + good_rows(1, 10) + BAD + good_rows(11, 59) + good_rows(5, 5) + BAD.replace("7500", "7501")
    upload(ruta, table)
    preview = ruta.get(f"{DESK}waiting").get_data(as_text=True)
    assert "One of the first 25 rows would be refused." in preview
    assert "Register 62 cards" in preview
    for seen in (25, 50):
        assert f"{seen} rows are seen to; press once more" in say_yes(ruta)
        assert cards(house) == seen - 1
    result = say_yes(ruta)
    assert "2 rows were refused." in result
    assert "Go on" not in result
    with house.begin() as session:
        numbers = session.scalars(text("SELECT number FROM card ORDER BY number"))
        assert list(numbers) == list(range(1, 61))
        noted = session.scalars(
            text("SELECT detail FROM journal WHERE action = 'cards.imported' ORDER BY id")
        )
        assert list(noted) == [
            {"cards": 24, "there": 0, "refused": 1},
            {"cards": 25, "there": 0, "refused": 0},
            {"cards": 11, "there": 0, "refused": 1},
        ]
    report = ruta.get(f"{DESK}report.csv").get_data(as_text=True).splitlines()
    assert [line.split(",")[1] for line in report] == ["line", "12", "63"]
    upload(ruta, table)
    for _ in range(3):
        result = say_yes(ruta)
    assert "Go on" not in result
    assert cards(house) == 60


def test_the_consent_is_declared_for_the_whole_table(house: House, ruta: Browser) -> None:
    without = HEAD.replace(",consent", "") + GOOD.replace(",2026-1", "")
    assert upload(ruta, without, consent="yes").status_code == 303
    assert "Every row is a card now." in say_yes(ruta)


def test_more_than_ten_megabytes_are_refused(ruta: Browser) -> None:
    rows = HEAD + "Ona,Jonas,Street 5,10115,Berlin,DE,2026-1\n" * 150_000
    assert upload(ruta, rows).status_code == 303
    assert upload(ruta, rows.ljust(FILE_LIMIT + 1)).status_code == 422
    assert upload(ruta, rows.ljust(FILE_LIMIT + 100_000)).status_code == 413


def test_only_an_organiser_comes_here_and_each_has_their_own(
    app: Flask, house: House, vilnius: Town, bucharest: Town, ruta: Browser
) -> None:
    upload(ruta, HEAD + GOOD)
    auditor = at_desk(app, house, (vilnius.id, "auditor"), email="audra@example.org")
    stranger = at_desk(app, house, (bucharest.id, "organiser"), email="ion@example.org")
    other = at_desk(app, house, (vilnius.id, "organiser"), email="jonas@example.org")
    for path in ("", "waiting", "report.csv", "empty.csv"):
        assert auditor.get(DESK + path).status_code == 403, path
        assert stranger.get(DESK + path).status_code == 404, path
    assert other.get(f"{DESK}waiting").status_code == 303
    assert other.get(f"{DESK}report.csv").location == DESK
    assert ruta.client.post(f"{DESK}cards", data={"token": "x"}).status_code == 403
    assert ruta.post(f"{DESK}cards", token="x").status_code == 409
    assert cards(house) == 1  # the stranger's own, of before


def test_a_waiting_table_is_sealed_and_gone_after_an_hour(house: House, vilnius: Town, ruta: Browser) -> None:
    upload(ruta, HEAD + GOOD)
    kept = [path for path in (house.kit.settings.home / "files" / "imports").rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert b"Jonas" not in kept[0].read_bytes()
    for minutes, left in ((50, 1), (70, 0)):
        with house.begin() as session:
            at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
            import_waiting.expire(session, files=house.kit.sealed_files, at=at)
        assert sum(path.exists() for path in kept) == left
    upload(ruta, HEAD + GOOD)
    assert ruta.post(f"{DESK}forgetting").status_code == 303
    assert not kept[0].exists()


def test_a_table_from_before_a_new_key_is_taken_away_too(house: House, vilnius: Town, ruta: Browser) -> None:
    upload(ruta, HEAD + GOOD)
    kept = list((house.kit.settings.home / "files" / "imports").glob("*/*"))
    assert len(kept) == 1
    key_rotation.rotate(
        house.kit.begin, campaign_id=vilnius.id, vault=house.kit.vault, by="cli", clock=lambda: house.at
    )
    with house.begin() as session:
        import_waiting.expire(session, files=house.kit.sealed_files, at=dt.datetime.now(dt.UTC))
    assert not kept[0].exists()


def test_an_empty_table_to_begin_with_is_understood(ruta: Browser) -> None:
    empty = ruta.get(f"{DESK}empty.csv?lang=lt").data
    assert "siuntėjo vardas".encode() in empty
    assert upload(ruta, empty).status_code == 303


def test_its_pages_are_readable_by_everybody(
    house: House, vilnius: Town, web_server: str, browser: Chromium
) -> None:
    person(house, "ruta@example.org", (None, "organiser"))
    wrong: list[str] = []
    page = browser.new_page(locale="en-GB")
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{web_server}/sign-in?next={DESK}")
    page.get_by_label("E-mail").fill("ruta@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    def look(stage: str) -> None:
        wrong.extend(faults_of(page, stage))

    file = FilePayload(name="cards.csv", mimeType="text/csv", buffer=(HEAD + GOOD + BAD).encode())
    page.get_by_label("CSV (UTF-8) or XLSX").wait_for()
    look("form")
    page.get_by_label("CSV (UTF-8) or XLSX").set_input_files(file)
    page.get_by_role("button", name="Look at the table").click()
    page.get_by_role("button", name="Register 2 cards").wait_for()
    look("preview")
    page.get_by_role("button", name="Register 2 cards").click()
    page.get_by_text("One row was refused").wait_for()
    look("result")
    assert wrong == []
