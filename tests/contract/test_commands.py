"""The commands beside a running `up`, sentence by sentence of the contract."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from tests.contract.outside import Outside, Town
from tests.contract.people import Posted, signed_in_by_password

KEYS = {"slug", "name", "status", "cap", "stamps", "venues", "cards"}


def test_a_campaign_is_created_as_a_draft_and_its_cap_set(outside: Outside) -> None:
    created = outside.run("campaign", "create", "ukraine", "--cap", "3", "--slug", "short", "--json").json
    assert set(created) == KEYS
    assert (created["slug"], created["status"], created["cap"], created["cards"]) == ("short", "draft", 3, {})
    assert created["stamps"] == {"used": 0, "lent": 0, "free": 3, "held": 0, "withdrawn": 0}
    assert all(set(venue) == {"slug", "name"} for venue in created["venues"])
    raised = outside.run("campaign", "set-cap", "short", "5", "--json").json
    assert (raised["cap"], raised["stamps"]["free"]) == (5, 5)
    assert outside.run("campaign", "close", "short", "--json").json["status"] == "closed"
    listed = outside.run("campaign", "list", "--json").json
    assert {"slug": "short", "name": created["name"], "status": "closed", "cap": 5} in listed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("campaign create nowhere", 1),
        ("campaign create vilnius --slug B! --cap -1", 1),
        ("campaign create vilnius --cap many", 2),
        ("campaign show nowhere", 1),
        ("campaign set-cap vilnius 0", 1),
        ("print vilnius --sheet a6 --out /no/such/folder/x.pdf", 1),
        ("print calibration --sheet a6 --out /no/such/folder/x.pdf", 1),
    ],
)
def test_a_command_that_cannot_be_says_why(outside: Outside, arguments: str, code: int) -> None:
    done = outside.run(*arguments.split(), code=code)
    assert "Traceback" not in done.err
    assert done.err.strip()


def test_a_kiosk_has_a_name_that_a_person_can_read(outside: Outside) -> None:
    outside.run("kiosk", "add", "vilnius", "--venue", "town-hall", "--name", " ", code=1)


def test_staff_sign_in_with_the_password_from_standard_input(outside: Outside) -> None:
    outside.run(
        *("staff", "add", "--all", "auditor@example.org", "--role", "auditor", "--password-stdin"),
        stdin="correct horse battery\n",
    )
    with signed_in_by_password(outside, "auditor@example.org", "correct horse battery") as auditor:
        assert auditor.http.get("/desk/c/vilnius/").status_code == 200
    with pytest.raises(AssertionError), signed_in_by_password(outside, "auditor@example.org", "wrong"):
        pass


@pytest.mark.timeout(240)
def test_print_runs_on_every_sheet(outside: Outside, neighbour: Town, tmp_path: Path) -> None:
    numbers = [neighbour.kiosk.register(neighbour.card()).json()["number"] for _ in range(2)]
    ids = [neighbour.card() for _ in range(2)]
    for card in ids:
        neighbour.kiosk.register(card)
    status = {"printed": 0}
    for sheet, pages in (("sra4-4up", 4), ("sra3-8up", 2)):
        out = tmp_path / f"{sheet}.pdf"
        outside.run("print", neighbour.slug, "--sheet", sheet, "--out", str(out), "--draft")
        with pikepdf.open(out) as drawn:
            assert len(drawn.pages) == pages
    shown = outside.run("campaign", "show", neighbour.slug, "--json").json
    assert shown["cards"].get("printed", 0) == status["printed"]
    out = tmp_path / "a6.pdf"
    one = f"{numbers[0]}-{numbers[0]}"
    for _ in range(2):  # printed ones are printed again when they are named
        outside.run("print", neighbour.slug, "--sheet", "a6", "--out", str(out), "--numbers", one)
    with pikepdf.open(out) as drawn:
        assert len(drawn.pages) == 2
    out = tmp_path / "rest.pdf"
    outside.run("print", neighbour.slug, "--sheet", "a4-4up", "--out", str(out))
    shown = outside.run("campaign", "show", neighbour.slug, "--json").json
    assert "registered" not in shown["cards"]
    assert shown["stamps"]["used"] == sum(shown["cards"].values()) == 5
    outside.run("print", neighbour.slug, "--sheet", "a6", "--out", str(out), code=1)
    assert neighbour.kiosk.register(ids[0]).json()["status"] == "printed"
    outside.run("print", "calibration", "--sheet", "sra3-8up", "--out", str(out))
    assert out.read_bytes()[:5] == b"%PDF-"


def test_nothing_to_seal_makes_no_manifest(outside: Outside, tiny: Town, asked: Town, posted: Posted) -> None:
    outside.run("manifest", "seal", "tiny", code=1)
    listed = outside.run("manifest", "list", "vilnius", "--json").json
    assert [one["number"] for one in listed] == list(range(1, len(listed) + 1))
    assert posted.second["number"] in [one["number"] for one in listed]
    assert all(one.keys() >= {"number", "version", "status", "sealed_at", "lines"} for one in listed)


def test_the_books_agree_after_all_of_this(outside: Outside, posted: Posted) -> None:
    outside.run("db", "upgrade")
    checked = outside.run("check", "--json").json
    assert checked["ok"] is True, checked
