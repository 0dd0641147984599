"""The files of a manifest: made once, in order, chained, the same bytes again after a crash, and readable."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Sequence

import openpyxl
import pikepdf
import pytest

from postcards.errors import Unavailable
from postcards.gateways.files import StorageAway
from postcards.paper.manifest_files import make_files
from postcards.paper.manifest_words import weight
from postcards.queries import manifests as manifest_queries
from postcards.queries.manifests import ManifestFound
from postcards.rules.manifest import Content, MadeFile
from postcards.services import manifest_files
from postcards.services.checking import check_books
from postcards.services.manifest_files import LEASE, ClaimLost
from postcards.texts import catalogue
from tests.plugins.cast import AT, Town
from tests.services.posting import make_all, one, printed, seal

NAMES = [
    "manifest.pdf",
    "manifest.xlsx",
    "manifest.csv",
    "manifest.machine.csv",
    "manifest.json",
    "header.json",
    "SHA256SUMS",
]


def detail(town: Town, number: int = 1) -> ManifestFound:
    with town.house.begin() as session:
        return manifest_queries.detail(session, campaign_id=town.id, number=number)


def kept(town: Town, number: int = 1) -> dict[str, bytes]:
    found = detail(town, number)
    files = town.house.kit.sealed_files
    return {file.name: files.get(file.file_key, key_id=found.key_id) for file in found.files}


def claim(town: Town, worker: str, at: dt.datetime = AT) -> manifest_files.Claim | None:
    with town.house.begin() as session:
        return manifest_files.claim_next(
            session, campaign_id=town.id, vault=town.house.kit.vault, worker=worker, at=at
        )


def test_all_files_are_kept_with_their_hashes(vilnius: Town) -> None:
    numbers = [printed(vilnius, country) for country in ("DE", "IE")]
    seal(vilnius)
    assert detail(vilnius).files == ()
    assert make_all(vilnius) == 1
    found, files = detail(vilnius), kept(vilnius)
    assert [file.name for file in found.files] == NAMES
    for file in found.files:
        assert hashlib.sha256(files[file.name]).digest() == file.sha256
        assert len(files[file.name]) == file.bytes
    assert found.sums_sha256 == hashlib.sha256(files["SHA256SUMS"]).digest()
    assert files["SHA256SUMS"].decode().splitlines() == [
        f"{file.sha256.hex()}  {file.name}" for file in found.files[:-1]
    ]
    assert files["manifest.machine.csv"].decode() == (
        "line,card_number,country,postal_code,bundle\r\n"
        f"1,{numbers[0]},DE,10115,DE-01\r\n2,{numbers[1]},IE,D02 AF30,IE-01\r\n"
    )
    rows = list(csv.reader(io.StringIO(files["manifest.csv"].decode("utf-8-sig"))))
    assert files["manifest.csv"].startswith(b"\xef\xbb\xbf")
    assert rows[2] == ["2", str(numbers[1]), "IE", "Airija", "D02 AF30", "IE-01"]
    whole = json.loads(files["manifest.json"])
    assert Content.read(files["manifest.json"]).sha256 == found.content_sha256
    assert json.loads(files["header.json"]) == {key: whole[key] for key in whole if key != "lines"}


def test_weights_are_said_in_the_units_of_the_language() -> None:
    gap = "\N{NO-BREAK SPACE}"
    assert weight(catalogue("ru"), 4_500) == f"4,5{gap}г"
    assert weight(catalogue("uk"), 2_340_000) == f"2,34{gap}кг"
    assert weight(catalogue("en"), 2_340_000) == f"2.34{gap}kg"


def test_the_spreadsheet_reads_back(vilnius: Town) -> None:
    number = printed(vilnius, "IE")
    seal(vilnius)
    make_all(vilnius)
    book = openpyxl.load_workbook(io.BytesIO(kept(vilnius)["manifest.xlsx"]), read_only=True)
    assert book.sheetnames == ["Eilutės", "Suvestinė", "Antraštė"]
    lines = list(book["Eilutės"].iter_rows(values_only=True))
    assert lines[1] == (1, number, "IE", "Airija", "D02 AF30", "IE-01")
    totals = list(book["Suvestinė"].iter_rows(values_only=True))
    assert totals[1][:3] == ("IE", "Airija", 1)
    assert totals[2][2] == 1
    assert "Lietuvos paštas" in {row[1] for row in book["Antraštė"].iter_rows(values_only=True)}
    book.close()


def test_the_list_to_sign_is_a4_with_its_fonts_inside(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    with pikepdf.open(io.BytesIO(kept(vilnius)["manifest.pdf"])) as pdf:
        for page in pdf.pages:
            assert [round(float(edge)) for edge in page.mediabox] == [0, 0, 595, 842]
            for font in page.Resources.Font.values():
                assert "/FontFile2" in font.FontDescriptor


def test_each_manifest_names_the_sums_of_the_one_before(vilnius: Town) -> None:
    for _ in range(3):
        printed(vilnius)
        seal(vilnius)
    assert make_all(vilnius) == 3
    first, second, third = (detail(vilnius, number) for number in (1, 2, 3))
    assert first.previous_sha256 is None
    assert second.previous_sha256 == first.sums_sha256
    assert third.previous_sha256 == second.sums_sha256
    assert json.loads(kept(vilnius, 3)["header.json"])["previous_sha256"] == (second.sums_sha256 or b"").hex()
    tools = vilnius.house.kit
    with tools.snapshot() as session:
        assert check_books(session, files=tools.sealed_files, vault=tools.vault) == []


def test_they_are_made_in_the_order_of_sealing_by_one_worker_at_a_time(vilnius: Town) -> None:
    for _ in range(2):
        printed(vilnius)
        seal(vilnius)
    first = claim(vilnius, "a")
    assert first is not None
    assert first.number == 1
    assert claim(vilnius, "b") is None
    assert claim(vilnius, "b", AT + LEASE) is None
    taken_over = claim(vilnius, "b", AT + LEASE + dt.timedelta(seconds=1))
    assert taken_over is not None
    assert (taken_over.number, taken_over.worker) == (1, "b")


def test_who_lost_the_claim_records_nothing(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    slow = claim(vilnius, "slow")
    assert slow is not None
    later = AT + LEASE * 2
    assert make_all(vilnius, later) == 1
    before = kept(vilnius)
    files = [(file, manifest_files.file_key(slow, file)) for file in make_files(slow.content, None)]
    for attempt in (
        lambda session: manifest_files.renew(session, claim=slow, at=later),
        lambda session: manifest_files.record(session, claim=slow, files=files, at=later),
    ):
        with pytest.raises(ClaimLost), vilnius.house.begin() as session:
            attempt(session)
    assert kept(vilnius) == before


def test_killed_between_keeping_and_recording_the_same_bytes_are_made_again(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    killed = claim(vilnius, "killed")
    assert killed is not None
    put = {}
    for file in make_files(killed.content, killed.previous_sha256):
        key = manifest_files.file_key(killed, file)
        vilnius.house.kit.sealed_files.put(key, file.content, key_id=killed.key_id)
        put[file.name] = key
    assert make_all(vilnius) == 0  # the claim still stands
    assert make_all(vilnius, AT + LEASE * 2) == 1
    found = detail(vilnius)
    assert {file.name: file.file_key for file in found.files} == put
    assert [hashlib.sha256(content).digest() for content in kept(vilnius).values()] == [
        file.sha256 for file in found.files
    ]


def test_made_once_they_are_never_made_again(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    before = detail(vilnius)
    assert make_all(vilnius, AT + dt.timedelta(days=1)) == 0
    assert detail(vilnius) == before
    assert one(vilnius, "SELECT count(*) FROM journal WHERE action = 'manifest.files_made'") == 1


def test_a_storage_that_is_away_leaves_the_manifest_waiting(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)

    class Away:
        def put(self, key: str, source: bytes, *, key_id: str) -> object:
            raise StorageAway(f"The storage cannot take {key} ({len(source)} bytes, key {key_id}).")

    def run(files: manifest_files.Keeps) -> bool:
        return manifest_files.make_next(
            vilnius.house.begin,
            campaign_id=vilnius.id,
            draw=make_files,
            files=files,
            vault=vilnius.house.kit.vault,
            worker="w",
            clock=lambda: AT,
        )

    with pytest.raises(Unavailable):
        run(Away())
    assert run(vilnius.house.kit.sealed_files) is True
    assert detail(vilnius).files_at == AT


def test_whoever_waits_is_told_when_the_other_worker_stays_away(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    claim(vilnius, "gone")
    pauses: list[float] = []
    with pytest.raises(Unavailable):
        manifest_files.make_all(
            vilnius.house.begin,
            campaign_id=vilnius.id,
            draw=make_files,
            files=vilnius.house.kit.sealed_files,
            vault=vilnius.house.kit.vault,
            worker="w",
            clock=lambda: AT,
            pause=pauses.append,
        )
    assert sum(pauses) > LEASE.total_seconds()


def test_the_same_content_gives_the_same_bytes(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    mine = claim(vilnius, "a")
    assert mine is not None

    def made(previous: bytes | None) -> Sequence[MadeFile]:
        return make_files(mine.content, previous)

    assert made(None) == made(None)
    assert {a.name for a, b in zip(made(None), made(b"x" * 32), strict=True) if a != b} == {
        "manifest.json",
        "header.json",
        "SHA256SUMS",
    }
