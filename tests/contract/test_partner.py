"""The partner API, sentence by sentence of the contract."""

from __future__ import annotations

import csv
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.outside import Town, faults_of, new_id, now, refused
from tests.contract.people import Posted

FILES = {
    "manifest.csv",
    "manifest.machine.csv",
    "manifest.json",
    "manifest.xlsx",
    "manifest.pdf",
    "SHA256SUMS",
}


def answer_of(number: int, town: Town, **changes: Any) -> dict[str, Any]:
    """A receipt that accepts every card of the manifest."""
    lines = town.partner("GET", f"/{number}").json()["lines"]
    return {
        "id": new_id(),
        "accepted": lines,
        "refused": [],
        "received_at": now(),
        "difference": 0,
        "note": "",
    } | changes


def test_the_list_goes_by_pages(asked: Town, posted: Posted) -> None:
    whole = asked.partner("GET").json()
    assert set(whole) == {"items", "next"}
    assert whole["next"] is None
    assert [one["number"] for one in whole["items"]] == list(range(1, len(whole["items"]) + 1))
    for item in whole["items"]:
        assert item.keys() >= {"number", "version", "status", "sealed_at", "lines"}
    items, after = [], None
    while True:
        query = {"limit": 1} | ({"after": after} if after else {})
        page = asked.partner("GET", params=query).json()
        assert len(page["items"]) <= 1
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    assert items == whole["items"]
    sealed = asked.partner("GET", "?status=sealed").json()["items"]
    assert {one["status"] for one in sealed} <= {"sealed"}


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=-1",
            "limit=1e9",
            "limit=1000000000",
            "limit=x",
            "limit=",
            "status=lost",
            "nonsense=1",
        ),
        *("after=x", "after=-1", "after=%00", "after=999999999999999999999.1", "after=1.1%27"),
    ],
)
def test_a_query_that_makes_no_sense_is_422_by_its_field(asked: Town, query: str) -> None:
    assert query.partition("=")[0] in faults_of(asked.partner("GET", f"?{query}"))


@pytest.mark.parametrize("number", ["0", "99999", "2147483648", "9" * 30, "-1", "x", "1.5", "%00"])
def test_a_manifest_that_is_none_is_not_found(asked: Town, posted: Posted, number: str) -> None:
    for method, rest in (("GET", ""), ("GET", "/files/manifest.csv")):
        assert asked.partner(method, f"/{number}{rest}").status_code == 404
    body = {"id": new_id(), "accepted": 1, "refused": [], "received_at": now()}
    assert asked.partner("POST", f"/{number}/receipts", json=body).status_code == 404


def test_a_manifest_says_all_about_its_files(asked: Town, posted: Posted) -> None:
    number = posted.second["number"]
    shown = asked.partner("GET", f"/{number}").json()
    assert (shown["lines"], shown["version"]) == (posted.second["lines"], 1)
    assert shown["header"]["number"] == number
    assert sum(total["cards"] for total in shown["totals"]) == shown["lines"]
    assert {file["name"] for file in shown["files"]} >= FILES
    for file in shown["files"]:
        path = f"/{number}/files/{file['name']}"
        got = asked.partner("GET", path)
        assert got.status_code == 200
        assert hashlib.sha256(got.content).hexdigest() == file["sha256"]
        assert len(got.content) == file["bytes"]
        assert got.headers["Content-Type"].partition(";")[0] == file["media_type"].partition(";")[0]
        assert asked.partner("GET", path).content == got.content
    sums = asked.partner("GET", f"/{number}/files/SHA256SUMS").text.splitlines()
    named = {name: sha256 for sha256, _, name in (line.partition("  ") for line in sums)}
    assert named == {file["name"]: file["sha256"] for file in shown["files"] if file["name"] != "SHA256SUMS"}
    one = asked.partner("GET", f"/{number}?version=1").json()
    assert one == shown
    assert asked.partner("GET", f"/{number}?version=2").status_code == 404
    assert "version" in faults_of(asked.partner("GET", f"/{number}?version=0"))


def test_manifests_are_chained(asked: Town, posted: Posted) -> None:
    last = posted.second["number"]
    for number in range(1, last + 1):
        shown = asked.partner("GET", f"/{number}").json()
        if number == 1:
            assert shown["previous_sha256"] is None
            continue
        before = asked.partner("GET", f"/{number - 1}/files/SHA256SUMS").content
        assert shown["previous_sha256"] == hashlib.sha256(before).hexdigest()


def test_the_machine_copy_has_its_columns_and_no_guard_and_no_names(asked: Town, posted: Posted) -> None:
    path = f"/{posted.second['number']}/files"
    machine = asked.partner("GET", f"{path}/manifest.machine.csv").content
    rows = list(csv.DictReader(io.StringIO(machine.decode("utf-8"), newline="")))
    assert machine.decode().splitlines()[0] == "line,card_number,country,postal_code,bundle"
    assert [int(row["line"]) for row in rows] == list(range(1, len(rows) + 1))
    odd = next(row for row in rows if int(row["card_number"]) == posted.odd_card["number"])
    for_people = asked.partner("GET", f"{path}/manifest.csv").content
    assert for_people.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(for_people.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row
    for content in (machine, for_people, asked.partner("GET", f"{path}/manifest.json").content):
        assert b"Petraitis" not in content
        assert b"Hauptstra" not in content
    assert odd["country"] == "DE"


def test_etag_and_ranges(asked: Town, posted: Posted) -> None:
    path = f"/{posted.first['number']}/files/manifest.pdf"
    whole = asked.partner("GET", path)
    etag = whole.headers["ETag"]
    assert asked.partner("GET", path, headers={"If-None-Match": etag}).status_code == 304
    assert asked.partner("GET", path, headers={"If-None-Match": "*"}).status_code == 304
    assert asked.partner("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200
    size = len(whole.content)
    for part_of, wanted in (("0-9", slice(0, 10)), ("5-", slice(5, None)), ("-7", slice(size - 7, None))):
        part = asked.partner("GET", path, headers={"Range": f"bytes={part_of}"})
        assert part.status_code == 206
        assert part.content == whole.content[wanted]
        assert part.headers["Content-Range"].endswith(f"/{size}")
    assert asked.partner("GET", path, headers={"Range": f"bytes={size}-"}).status_code == 416
    for odd in ("bytes=x", "lines=1-2", "bytes=9-1", "bytes=0-1,3-4", "bytes=-0", "bytes=" + "9" * 40 + "-"):
        assert asked.partner("GET", path, headers={"Range": odd}).status_code in (200, 206, 416)
    head = asked.partner("HEAD", path)
    assert (head.status_code, head.headers["ETag"], head.content) == (200, etag, b"")


@pytest.mark.parametrize(
    "name",
    [
        "nothing.csv",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "manifest.csv%00",
        "MANIFEST.CSV",
        "%ff",
        "a" * 5000,
    ],
)
def test_a_file_that_is_none_is_not_found(asked: Town, posted: Posted, name: str) -> None:
    assert asked.partner("GET", f"/{posted.first['number']}/files/{name}").status_code == 404


def test_receipts_count_once_and_are_never_overwritten(asked: Town, posted: Posted) -> None:
    number = posted.first["number"]
    path = f"/{number}/receipts"
    lines = posted.first["lines"]
    short = answer_of(number, asked, accepted=lines - 1)
    assert list(faults_of(asked.partner("POST", path, json=short))) == ["difference"]
    wrong = [
        ({"refused": [{"number": 9_999, "reason": "illegible"}], "accepted": lines - 1}, "refused.0.number"),
        ({"accepted": "7"}, "accepted"),
        ({"accepted": -1}, "accepted"),
        ({"received_at": "2026-12-18"}, "received_at"),
        ({"note": "\x00"}, "note"),
        ({"typo": 1}, "typo"),
        ({"id": "x"}, "id"),
    ]
    for changes, field in wrong:
        answer = asked.partner("POST", path, json=answer_of(number, asked, **changes))
        assert field in faults_of(answer), (changes, answer.text)
    card = posted.card["number"]
    twice = answer_of(
        number, asked, accepted=lines - 2, refused=[{"number": card, "reason": "illegible"}] * 2
    )
    assert "refused.1.number" in faults_of(asked.partner("POST", path, json=twice))

    disputed = answer_of(number, asked, accepted=lines - 1, difference=1, note="one short\nsecond line")
    first = asked.partner("POST", path, json=disputed)
    assert (first.status_code, first.json()["status"]) == (201, "disputed")
    again = asked.partner("POST", path, json=disputed)
    assert (again.status_code, again.json()) == (200, first.json())
    refused(asked.partner("POST", path, json={**disputed, "note": "else"}), 409, "id_reused")

    agreed = answer_of(
        number, asked, accepted=lines - 1, refused=[{"number": card, "reason": "illegible", "note": ""}]
    )
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: asked.partner("POST", path, json=agreed), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    kept = {one["id"]: one for one in asked.partner("GET", f"/{number}").json()["receipts"]}
    assert kept[disputed["id"]]["status"] == "disputed"
    assert kept[agreed["id"]]["refused"][0]["number"] == card
    late = asked.partner("POST", path, json=answer_of(number, asked))
    assert late.status_code == 409
    assert asked.partner("POST", path, json=disputed).status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_impossible_day_of_receipt_is_named(asked: Town, posted: Posted, moment: str) -> None:
    number = posted.second["number"]
    answer = asked.partner("POST", f"/{number}/receipts", json=answer_of(number, asked, received_at=moment))
    assert list(faults_of(answer)) == ["received_at"]
