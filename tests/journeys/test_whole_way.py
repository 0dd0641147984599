"""The whole way once, as people walk it: from `up` and its screen to a confirmed arrival, in a real browser."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from postcards import logs
from tests.journeys.newcomer import RunningUp, up
from tests.journeys.unsaid import lines_with


def _tablet(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1024, "height": 768}, locale="en-GB")


def _phone(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE", has_touch=True)


def _watched(context: BrowserContext, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    return page


def _register_at_the_kiosk(page: Page, house: RunningUp) -> tuple[str, str, str]:
    """Pair, register Ona's card for Jonas in Berlin, print it; gives the tracking and the slip code, and the kiosk's
    token."""
    page.goto(f"{house.url}/kiosk/")
    page.get_by_label("Pairing code").fill(house.after("pairing code"))
    page.get_by_label("Name of this device").fill("Tablet by the window")
    page.get_by_label("Your first name").fill("Rūta")
    with page.expect_response(lambda answer: answer.url.endswith("/kiosk/pairing")) as paired:
        page.get_by_role("button", name="Pair this device").click()
    token = paired.value.json()["token"]
    page.get_by_label("I have read this, and I agree.").check()
    page.get_by_label("Tell me by e-mail when the card has arrived.").check()
    page.get_by_label("Your e-mail").fill("ona@example.org")
    page.get_by_role("button", name="Begin my card").click()

    page.get_by_label("Your name").fill("Ona Petraitienė")
    page.get_by_role("region", name="To").get_by_label("Name").fill("Jonas Petraitis")
    page.get_by_role("combobox", name="Country").fill("germ")
    page.get_by_role("option", name="Germany").click()
    page.get_by_label("Street and number").fill("Hauptstraße 5")
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town").fill("Berlin")
    page.get_by_role("button", name="Read it back").click()
    expect(page.get_by_text("VOKIETIJA / GERMANY")).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/kiosk/cards")) as made:
        page.get_by_role("button", name=re.compile("take a stamp")).click()
    card = made.value.json()
    assert made.value.status == 201
    assert card["number"] == 1
    expect(page.get_by_text("00001").first).to_be_visible()
    with page.expect_response(lambda answer: "postcard.pdf" in answer.url) as drawn:
        page.get_by_role("button", name="Print card").click()
    assert drawn.value.status == 200
    with page.expect_response(lambda answer: answer.url.endswith("/prints")) as printed:
        page.get_by_role("button", name="Yes, it is good").click()
    assert printed.value.json()["status"] == "printed"
    return card["tracking_code"], card["slip_code"], token


def _nothing_personal_in(logs: Path, *secrets: str) -> None:
    """No log line of the whole run holds a name, an address, a mail address or a secret."""
    people = ("Petrait", "Hauptstra", "10115", "ona@example", "Rūta", "organiser@example", "partner@example")
    assert '"route":"/T/<code>/arrival"' in (logs / "web.log").read_text()
    assert min(map(len, secrets)) >= 8
    assert lines_with(logs, [*people, *secrets]) == []


def _cookies(*pages: Page) -> list[str]:
    """What the browsers of people who signed in hold of us."""
    held = [cookie["value"] for page in pages for cookie in page.context.cookies()]
    assert len(held) >= len(pages)
    return [value for value in held if len(value) >= 16]


def _lines_hang_together(logs_folder: Path) -> None:
    """Web, worker and beat write one form; a job's lines bear the id of the request that set it off."""
    told = {
        part: [
            json.loads(line)
            for line in (logs_folder / f"{part}.log").read_text().splitlines()
            if line.strip()
        ]
        for part in ("web", "worker", "beat")
    }
    for part, lines in told.items():
        assert lines, part
        for line in lines:
            assert tuple(line)[:5] == logs.PLACES, line
            assert line["part"] in (part, "worker"), line
            assert not line.keys() - {*logs.PLACES, *logs.FIELDS, "logger"}, line
    asked = {line["request_id"]: line["route"] for line in told["web"] if line["event"] == "request"}
    routes = {asked.get(line["request_id"]) for line in told["worker"] if line["event"] == "job"}
    assert routes >= {"/desk/c/<slug>/manifests/sealing", "/T/<code>/arrival"}, routes
    assert not [line for lines in told.values() for line in lines if line["event"] == "surprise"]


@pytest.mark.timeout(240)
def test_from_up_to_a_confirmed_arrival(browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    with up(tmp_path / "home") as house:
        kiosk = _watched(_tablet(browser), complaints)
        tracking_code, slip_code, kiosk_token = _register_at_the_kiosk(kiosk, house)

        desk = _watched(_tablet(browser), complaints)
        desk.goto(house.after("organiser@example.org"))
        desk.get_by_role("button", name="Sign in now").click()
        expect(desk.get_by_text("10,000").first).to_be_visible()
        desk.goto(f"{house.url}/desk/c/vilnius/manifests/")
        desk.on("dialog", lambda asked: asked.accept())
        desk.get_by_role("button", name="Seal now").click()
        expect(desk.get_by_text(re.compile("sealed", re.IGNORECASE)).first).to_be_visible()

        partner = _watched(
            browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB"), complaints
        )
        partner.goto(house.after("partner@example.org"))
        partner.get_by_role("button", name="Sign in now").click()
        partner.wait_for_url("**/partner/**")
        partner.goto(f"{house.url}/partner/")
        partner.get_by_role("link", name="List 1").click()
        for_machines = partner.get_by_role("link", name="Table for machines (CSV)", include_hidden=True)
        deadline = time.monotonic() + 30
        while not for_machines.count():
            assert time.monotonic() < deadline, "no files of the manifest"
            partner.wait_for_timeout(500)
            partner.reload()
        partner.get_by_text("All files and their checksums").click()
        with partner.expect_download() as download:
            for_machines.click()
        lines = Path(download.value.path()).read_text().splitlines()
        assert lines == ["line,card_number,country,postal_code,bundle", "1,1,DE,10115,DE-01"]
        partner.get_by_label("Cards accepted").fill("1")
        partner.get_by_role("button", name="Send the answer").click()
        expect(partner.get_by_text("Accepted").first).to_be_visible()

        phone = _watched(_phone(browser), complaints)
        phone.goto(f"{house.url}/t/{tracking_code.lower()}")
        phone.get_by_role("button", name="It has arrived").click()
        expect(phone.get_by_text(re.compile("thank", re.IGNORECASE)).first).to_be_visible()

        outbox = house.home / "outbox"
        deadline = time.monotonic() + 30
        while not (outbox.is_dir() and list(outbox.glob("*.eml"))):
            assert time.monotonic() < deadline, "no mail to the sender"
            time.sleep(0.2)
        letter = next(outbox.glob("*.eml")).read_text()
        assert "ona@example.org" in letter
        assert slip_code in letter

        sender = _watched(_phone(browser), complaints)
        sender.goto(f"{house.url}/S/{slip_code}")
        expect(sender.get_by_text(re.compile("arrived", re.IGNORECASE)).first).to_be_visible()

        shown = json.loads(house.command("campaign", "show", "vilnius", "--json"))
        assert shown["cards"] == {"arrived": 1}
        assert shown["stamps"] == {"used": 1, "lent": 0, "free": 9999, "held": 0, "withdrawn": 0}
        assert "agree" in house.command("check")
        links = [house.after(f"{role}@example.org").rpartition("/")[2] for role in ("organiser", "partner")]
        codes = [tracking_code, tracking_code.lower(), slip_code, house.after("pairing code"), kiosk_token]
        _nothing_personal_in(house.home / "logs", *codes, *links, *_cookies(desk, partner))
        _lines_hang_together(house.home / "logs")
    assert complaints == []
