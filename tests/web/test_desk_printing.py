"""The print desk: a run is looked at, asked for, watched, stopped and handed out; printers measured, misprints told."""

from __future__ import annotations

import re
import uuid
from unittest.mock import Mock

import pypdfium2  # type: ignore[import-untyped]
import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import text

from postcards.gateways.files import FolderStore, StorageAway
from postcards.services import erasure, printing
from postcards.services.dispatch import NothingToSeal
from tests.plugins.cast import House, Town
from tests.services import print_desk
from tests.services.posting import seal
from tests.services.pressing import public_press
from tests.web.signing_in import PASSWORD, Browser, at_desk, person

DESK = "/desk/c/vilnius/"
RUNS = f"{DESK}print-runs/"


@pytest.fixture
def petras(app: Flask, house: House, vilnius: Town) -> Browser:
    """He prints, and is no organiser."""
    return at_desk(app, house, (vilnius.id, "printer"), email="petras@example.org")


def ask(browser: Browser, **fields: str) -> str:
    """This will ask for a run and give the address of its page."""
    browser.get(RUNS)
    answer = browser.post(RUNS, **{"sheet": "a4-4up", "order": "sheet"} | fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def run_of(address: str) -> uuid.UUID:
    return uuid.UUID(address.rstrip("/").rpartition("/")[2])


def drawn(house: House, address: str) -> None:
    """This will draw the run as a worker does."""
    printing.draw(
        house.kit.begin,
        run_id=run_of(address),
        press=public_press(house),
        worker="worker-1",
        clock=lambda: house.at,
    )


def words(browser: Browser, address: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(address).get_data(as_text=True)))


def statuses(house: House) -> list[str]:
    with house.begin() as session:
        return list(session.scalars(text("SELECT status FROM card ORDER BY campaign_id, number")))


def test_why_a_run_failed_is_said_in_the_language_of_the_page(
    house: House, vilnius: Town, petras: Browser
) -> None:
    made = [vilnius.register() for _ in range(4)]
    for card in made[1:3]:
        print_desk.spoil_words(vilnius, card)
    address = ask(petras)
    drawn(house, address)
    said = {
        "en": (
            "2 cards cannot be printed: No. 2, 3.",
            "Line 2 has a word that is too long for the card: “WWW",
        ),
        "lt": ("2 atvirukų negalima spausdinti: Nr. 2, 3.", "2 eilutėje yra atvirukui per ilgas žodis: „WWW"),
        "uk": ("2 листівки не можна надрукувати: № 2, 3.", "У рядку 2 є слово, задовге для листівки: «WWW"),
    }
    for language, (of_the_run, of_the_card) in said.items():
        assert of_the_run in words(petras, f"{RUNS}?lang={language}")
        assert of_the_card in words(petras, f"{address}?lang={language}")


def test_only_cards_that_a_run_would_take_wait_for_paper(
    house: House, vilnius: Town, petras: Browser
) -> None:
    for _ in range(6):
        vilnius.register()
    assert "6 cards wait for paper." in words(petras, RUNS)
    ask(petras, first="1", last="1")
    with house.begin() as session:
        session.execute(text("UPDATE card SET held = '{suspended}' WHERE number IN (5, 6)"))
    page = words(petras, RUNS)
    assert "3 cards wait for paper. One more is in a run already. 2 are held for the organisers." in page
    drawn(house, ask(petras))
    page = words(petras, RUNS)
    assert "0 cards wait for paper. One more is in a run already. 2 are held for the organisers." in page


def test_a_file_that_nobody_takes_is_called_out_until_somebody_does(
    house: House, vilnius: Town, petras: Browser
) -> None:
    vilnius.register()
    run = ask(petras)
    drawn(house, run)
    nobody = "Nobody has taken"
    assert [nobody in words(petras, page) for page in (RUNS, run)] == [False, False]
    with house.begin() as session:
        session.execute(text("UPDATE print_run SET ready_at = now() - interval '3 hours'"))
    first = words(petras, DESK)
    assert "Print run 1 was ready 3 hours ago, and nobody has taken its file." in first
    assert f'href="{run}"' in petras.get(DESK).get_data(as_text=True)
    assert [nobody in words(petras, page) for page in (RUNS, run)] == [True, True]
    assert "Print them, or cancel the run: then they wait for paper again." in words(petras, run)
    petras.get(f"{run}file")
    assert "nobody has taken" not in words(petras, DESK)
    assert [nobody in words(petras, page) for page in (RUNS, run)] == [False, False]


def test_a_part_that_an_erasure_took_away_is_named_with_the_way_on(
    house: House, vilnius: Town, petras: Browser
) -> None:
    made = [vilnius.register() for _ in range(6)]
    run = print_desk.ask(vilnius, part_sheets=1)
    print_desk.draw(vilnius, run, with_press=public_press(house))
    address = f"{RUNS}{run.id}/"
    with house.begin() as session:
        session.execute(text("UPDATE print_run SET ready_at = now()"))
        erasure.erase(
            session, campaign_id=vilnius.id, card_id=made[5].id, tools=house.kit.forgetting(), asked="desk",
            by="staff:1", at=house.at,
        )  # fmt: skip
    deleted = "Part 2 was deleted: somebody in it asked us to forget them."
    assert f"{deleted} Cancel the run and start it anew" in words(petras, address)
    cover = pypdfium2.PdfDocument(petras.get(f"{address}cover-sheet").data)[0].get_textpage().get_text_range()
    assert "ištrinta" in cover
    assert f'href="{address}file"' not in petras.get(address).get_data(as_text=True)
    assert petras.get(f"{address}file").status_code == 409
    assert f"{deleted} Cancel the run and start it anew" in words(petras, f"{address}file")
    assert taken(house) == (None, 0)
    with house.begin() as session:  # somebody took it before
        session.execute(text("UPDATE print_run SET taken_at = now(), taken_by = 'staff:1'"))
    assert petras.get(f"{address}file").data.startswith(b"%PDF-")
    page = words(petras, address)
    assert f"{deleted} If it is on paper, only their card must not travel." in page
    assert "its time was over" not in page
    again = f"{RUNS}?first=5&amp;last=6&amp;again={run.run}"
    assert f'href="{again}"' in petras.get(address).get_data(as_text=True)
    form = petras.get(again.replace("&amp;", "&")).get_data(as_text=True)
    assert 'value="Its file in run 1 was deleted"' in form
    other = ask(petras, first="5", last="6", reason="Its file in run 1 was deleted")
    drawn(house, other)
    assert "one card" in words(petras, other)
    with house.begin() as session:
        session.execute(text("UPDATE print_run SET ready_at = now() - interval '31 days'"))
    assert "asked us to forget them" not in words(petras, address)


def test_the_first_sheet_is_looked_at_and_nothing_is_claimed(
    house: House, vilnius: Town, petras: Browser
) -> None:
    for _ in range(5):
        vilnius.register()
    petras.get(RUNS)
    sheet = petras.post(f"{RUNS}first-sheet", sheet="a4-4up")
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    assert sheet.headers["Content-Disposition"].startswith("inline")
    assert numbers_on(sheet.data) == [1, 2, 3, 4]
    stack = petras.post(f"{RUNS}first-sheet", sheet="a4-4up", order="stack")
    assert numbers_on(stack.data) == [1, 3, 5], "two sheets, cut and laid on each other"
    assert petras.post(f"{RUNS}first-sheet", sheet="a0").status_code == 422
    with house.begin() as session:
        assert session.scalars(text("SELECT count(*) FROM print_run")).one() == 0
        told = session.execute(
            text("SELECT by, detail FROM journal WHERE action = 'print_run.previewed' ORDER BY id")
        ).all()
    assert all(line.by.startswith("staff:") for line in told)
    assert [line.detail for line in told] == [{"cards": 4}, {"cards": 3}]


def numbers_on(pdf: bytes) -> list[int]:
    """This will give the numbers of the cards on the first page, in order."""
    said = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    return sorted(int(number) for number in re.findall(r"No\. (\d+)", said))


def test_a_run_is_watched_handed_out_and_not_cancelled_after_that(
    house: House, vilnius: Town, petras: Browser
) -> None:
    for _ in range(3):
        vilnius.register()
    run = ask(petras)
    assert "Waits for a worker" in words(petras, run)
    assert "0 of 3 cards drawn" in words(petras, f"{run}state")
    drawn(house, run)
    state = words(petras, f"{run}state")
    assert "Ready" in state
    assert "Cancel the run" in state, "nobody has taken its file yet"
    file, cover = petras.get(f"{run}file"), petras.get(f"{run}cover-sheet")
    assert file.data.startswith(b"%PDF-")
    assert cover.data.startswith(b"%PDF-")
    assert "Cancel the run" not in words(petras, run), "there may be paper now"
    petras.post(f"{run}cancellation")
    assert "there may be paper" in words(petras, run)
    assert statuses(house) == ["printed"] * 3


def test_a_download_that_gives_no_byte_takes_nothing(
    house: House, vilnius: Town, petras: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut-off must not seal cards without paper, and the run can be cancelled still."""
    vilnius.register()
    run = ask(petras)
    assert petras.client.head(f"{run}file").status_code == 404, "it is not drawn yet"
    drawn(house, run)
    head = petras.client.head(f"{run}file")
    assert (head.status_code, head.mimetype, taken(house)) == (200, "application/pdf", (None, 0))
    with monkeypatch.context() as storage:
        storage.setattr(FolderStore, "size", Mock(side_effect=StorageAway("The storage cannot be reached.")))
        assert (petras.get(f"{run}file").status_code, taken(house)) == (503, (None, 0))
    with house.begin() as session:
        [key] = session.scalars(text("UPDATE print_part SET key_id = 'lost' RETURNING file_key"))
    assert (petras.get(f"{run}file").status_code, taken(house)) == (404, (None, 0))
    house.kit.sealed_files.delete(key)
    assert (petras.get(f"{run}file").status_code, taken(house)) == (404, (None, 0))
    with pytest.raises(NothingToSeal):
        seal(vilnius)
    petras.post(f"{run}cancellation")
    assert "Its cards wait for paper again." in words(petras, run)
    assert statuses(house) == ["registered"]


def taken(house: House) -> tuple[object, int]:
    """When the one run was taken, and how often the journal says so."""
    with house.begin() as session:
        at = session.scalars(text("SELECT taken_at FROM print_run")).one()
        told = session.scalars(text("SELECT count(*) FROM journal WHERE action = 'print_run.downloaded'"))
        return at, told.one()


def test_a_run_is_paused_goes_on_and_is_cancelled(house: House, vilnius: Town, petras: Browser) -> None:
    vilnius.register()
    run = ask(petras)
    for deed, said in (("pause", "Somebody paused this run"), ("resumption", "Waits for a worker")):
        assert petras.post(f"{run}{deed}").status_code == 303
        assert said in words(petras, run)
    petras.post(f"{run}cancellation")
    assert "Its cards wait for paper again." in words(petras, run)
    assert "This run was cancelled" in words(petras, run)
    petras.post(f"{run}pause")
    assert "cannot be paused" in words(petras, run)
    assert run_of(ask(petras)) != run_of(run), "its card is free for another run"


def test_what_another_run_has_taken_is_said(vilnius: Town, petras: Browser) -> None:
    vilnius.register()
    ask(petras)
    assert ask(petras).endswith(RUNS)
    assert "Print run 1 has taken the card already" in words(petras, RUNS)


def test_printed_ones_are_printed_again_with_a_reason(house: House, vilnius: Town, petras: Browser) -> None:
    vilnius.register()
    drawn(house, ask(petras))
    petras.get(RUNS)
    refused = petras.post(RUNS, sheet="a6", order="sheet", first="1")
    assert refused.status_code == 422
    assert "Say why they are printed again" in refused.get_data(as_text=True)
    assert 'name="reason"' in refused.get_data(as_text=True)
    again = ask(petras, sheet="a6", first="1", reason="The guillotine slipped")
    assert "The guillotine slipped" in words(petras, again)


def test_a_card_given_up_meanwhile_is_to_be_pulled(house: House, vilnius: Town, petras: Browser) -> None:
    cards = [vilnius.register() for _ in range(6)]
    run = ask(petras)
    drawn(house, run)
    assert "Pull this card" not in words(petras, run)
    petras.get(f"{DESK}print-log/")
    spoiled = petras.post(f"{DESK}print-log/misprints", numbers=str(cards[5].number), reason="jam")
    assert spoiled.status_code == 303
    said = words(petras, run)
    assert "Pull this card" in said
    assert re.search(rf"No\. {cards[5].number} has a new code 1 2 1 2 ", said), said


def test_a_misprint_gets_a_new_code_and_the_log_says_so(
    app: Flask, house: House, vilnius: Town, petras: Browser
) -> None:
    card = vilnius.register()
    drawn(house, ask(petras))
    log = f"{DESK}print-log/"
    for numbers, reason, said in (
        ("", "jam", "Numbers of cards"),
        ("1 x", "jam", "Numbers of cards"),
        ("999", "jam", "There is no card No. 999"),
        ("1", "rain", "Say what happened."),
    ):
        petras.get(log)
        refused = petras.post(f"{log}misprints", numbers=numbers, reason=reason)
        assert refused.status_code == 422
        assert said in refused.get_data(as_text=True)
    assert petras.post(f"{log}misprints", numbers=f" {card.number},", reason="smudged").status_code == 303
    assert "One card waits for paper again, with a new code." in words(petras, RUNS)
    assert statuses(house) == ["registered"]
    assert app.test_client().get(f"/T/{card.tracking_code}").status_code == 410
    assert "Spoiled" in words(petras, f"{log}?number={card.number}")
    assert "This card was never printed" in words(petras, f"{log}?number=7")


def test_the_log_says_which_paper_has_an_old_code(house: House, vilnius: Town, petras: Browser) -> None:
    card, other = vilnius.register(), vilnius.register()
    drawn(house, ask(petras))
    print_desk.move_house(vilnius, card)
    assert "Old code" in words(petras, f"{DESK}print-log/?number={card.number}")
    assert "Old code" not in words(petras, f"{DESK}print-log/?number={other.number}")


def test_the_log_goes_further_back(house: House, vilnius: Town, petras: Browser) -> None:
    vilnius.register()
    drawn(house, ask(petras))
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by) "
                "SELECT gen_random_uuid(), campaign_id, card_id, number, code, printed_at, "
                "recorded_at + n * interval '1 min', by FROM print_log, generate_series(1, 59) AS n"
            )
        )
    path, rows = f"{DESK}print-log/", []
    while path:
        page = petras.get(path).get_data(as_text=True)
        rows.append(page.count('<td data-label="Printed">'))
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = further[1].replace("&amp;", "&") if further else ""
    assert rows == [50, 10]


def test_a_printer_is_measured_and_its_runs_are_drawn_for_it(
    house: House, vilnius: Town, petras: Browser
) -> None:
    printers = f"{DESK}printers/"
    petras.get(printers)
    wrong = petras.post(printers, name="", duplex="long-edge", front_x="a bit", back_y="99")
    assert wrong.status_code == 422
    assert "Millimetres, such as" in wrong.get_data(as_text=True)
    fields = {
        "name": "Copier",
        "duplex": "short-edge",
        "front_x": "0,5",
        "front_y": "-1",
        "back_x": "−0.25 mm",
    }
    assert petras.post(printers, **fields).status_code == 303
    petras.post(printers, **fields | {"front_x": "0.75"})
    assert words(petras, printers).count("Copier") > 1
    assert 'value="0.75"' in petras.get(f"{printers}?name=Copier").get_data(as_text=True)
    vilnius.register()
    run = ask(petras, printer="Copier")
    with house.begin() as session:
        laid = session.execute(
            text("SELECT printer, duplex, front_x, front_y, back_x, back_y FROM print_run")
        ).one()
    assert tuple(laid) == ("Copier", "short-edge", 0.75, -1.0, -0.25, 0.0)
    assert "Turn on the short edge" in words(petras, run)
    for sheet in ("a6", "sra3-8up"):
        assert petras.get(f"{printers}calibration/{sheet}.pdf").data.startswith(b"%PDF-")
    assert petras.get(f"{printers}calibration/a0.pdf").status_code == 404
    petras.get(printers)
    for _ in range(2):
        assert petras.post(f"{printers}removal", name="Copier").status_code == 303
    assert "No printer yet" in words(petras, printers)


def test_a_run_tells_by_itself_when_it_is_ready(
    house: House, vilnius: Town, web_server: str, browser: Chromium
) -> None:
    vilnius.register()
    person(house, "petras@example.org", (vilnius.id, "printer"))
    page = browser.new_page(locale="en-GB")
    surprises: list[str] = []
    page.on("pageerror", lambda error: surprises.append(str(error)))
    page.goto(f"{web_server}/sign-in?next={RUNS}")
    page.get_by_label("E-mail").fill("petras@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    drawn(house, page.url)
    expect(page.get_by_role("link", name="Download to print (PDF)")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-live-voice]")).to_have_text("Ready")
    # A form that came later asks too, and is sent once.
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("This run was cancelled")).to_be_visible()
    assert surprises == []
