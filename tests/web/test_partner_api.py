"""The Post's API: what it lists and hands out is the same every time, counted once, and nobody else's."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from postcards.queries import partner_tokens as listed
from postcards.services import partner_tokens
from postcards.web.app import create_app
from tests.plugins.cast import AT, Town
from tests.services.posting import make_all, one, printed, seal, status_of


class Post:
    """The partner of one campaign, with a token."""

    def __init__(self, town: Town) -> None:
        self.town = town
        with town.house.begin() as session:
            self.token = partner_tokens.make_token(session, campaign_id=town.id, by="test", at=AT)
        self.client: FlaskClient = create_app(town.house.kit).test_client()

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(
            f"/api/v1/partner/manifests{path}",
            headers={"Authorization": f"Bearer {self.token}"}
            | {k.replace("_", "-"): v for k, v in headers.items()},
        )

    def answer(self, number: int = 1, **changes: Any) -> Any:
        body = {
            "id": str(uuid.uuid4()),
            "accepted": 2,
            "refused": [],
            "received_at": "2026-12-14T15:00:00+02:00",
            "difference": 0,
            "note": "",
        }
        return self.client.post(
            f"/api/v1/partner/manifests/{number}/receipts",
            json=body | changes,
            headers={"Authorization": f"Bearer {self.token}"},
        )


@pytest.fixture
def post(vilnius: Town) -> Post:
    """The Post of Vilnius, with two cards on manifest 1."""
    printed(vilnius)
    printed(vilnius, "NO")
    seal(vilnius)
    make_all(vilnius)
    return Post(vilnius)


def test_the_list_leads_on_page_by_page(post: Post) -> None:
    for _ in range(2):
        printed(post.town)
        seal(post.town)
    found = post.get("?limit=2").get_json()
    assert [item["number"] for item in found["items"]] == [1, 2]
    assert set(found["items"][0]) >= {"number", "version", "status", "sealed_at", "lines"}
    last = post.get(f"?limit=2&after={found['next']}").get_json()
    assert ([item["number"] for item in last["items"]], last["next"]) == ([3], None)
    assert post.get("?status=reconciled").get_json()["items"] == []
    assert post.get("?status=lost").status_code == 422
    assert post.get("?limit=0").status_code == 422


def test_one_manifest_says_what_goes_where(post: Post) -> None:
    found = post.get("/1").get_json()
    assert (found["number"], found["version"], found["status"], found["lines"]) == (1, 1, "sealed", 2)
    assert found["totals"] == [
        {"country": "DE", "cards": 1, "weight_mg": 3900},
        {"country": "NO", "cards": 1, "weight_mg": 3900},
    ]
    assert found["previous_sha256"] is None
    assert found["header"]["post"]["name"] == "Lietuvos paštas"
    assert [file["name"] for file in found["files"]][-1] == "SHA256SUMS"


def test_files_are_the_same_bytes_every_time(post: Post) -> None:
    for file in post.get("/1").get_json()["files"]:
        first, second = (post.get(f"/1/files/{file['name']}") for _ in range(2))
        assert first.status_code == 200
        assert first.data == second.data
        assert hashlib.sha256(first.data).hexdigest() == file["sha256"]
        assert (len(first.data), first.headers["Content-Length"]) == (file["bytes"], str(file["bytes"]))
        assert first.headers["ETag"] == f'"{file["sha256"]}"'
    assert one(post.town, "SELECT count(*) FROM journal WHERE action = 'manifest.downloaded'") == 14
    assert one(post.town, "SELECT DISTINCT by FROM journal WHERE action = 'manifest.downloaded'").startswith(
        "partner:"
    )


def test_a_second_look_costs_nothing(post: Post) -> None:
    etag = post.get("/1/files/manifest.pdf").headers["ETag"]
    again = post.get("/1/files/manifest.pdf", If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert post.get("/1/files/manifest.pdf", If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-5", -5, None)]
)
def test_a_part_can_be_had(post: Post, asked: str, start: int, end: int | None) -> None:
    whole = post.get("/1/files/manifest.json").data
    part = post.get("/1/files/manifest.json", Range=asked)
    assert (part.status_code, part.data) == (206, whole[start:end])
    begin = start % len(whole) if start < 0 else start
    assert part.headers["Content-Range"] == f"bytes {begin}-{begin + len(part.data) - 1}/{len(whole)}"


def test_a_part_beyond_the_end_cannot(post: Post) -> None:
    size = len(post.get("/1/files/manifest.json").data)
    beyond = post.get("/1/files/manifest.json", Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert post.get("/1/files/manifest.json", Range="lines=1-2").status_code == 200
    assert post.get("/1/files/manifest.json", Range="bytes=0-3", If_Range='"other"').status_code == 200


def test_files_that_are_not_made_yet_and_names_that_do_not_exist(post: Post) -> None:
    printed(post.town)
    seal(post.town)
    waiting = post.get("/2/files/manifest.pdf")
    assert (waiting.status_code, waiting.get_json()["code"]) == (503, "files_not_ready")
    assert "Retry-After" in waiting.headers
    for path in ("/1/files/passwd", "/1/files/..%2f..%2fsecret", "/9", f"/{10**20}", "/1?version=2"):
        assert post.get(path).status_code == 404


def test_after_retention_the_files_are_gone_and_their_hashes_stay(post: Post) -> None:
    with post.town.house.begin() as session:
        session.execute(text("UPDATE manifest SET content = NULL"))
    assert post.get("/1/files/manifest.csv").status_code == 410
    assert len(post.get("/1").get_json()["files"]) == 7


def test_a_version_that_never_got_files_says_so(post: Post) -> None:
    printed(post.town)
    seal(post.town)
    with post.town.house.begin() as session:
        session.execute(text("UPDATE manifest SET content = NULL WHERE files_at IS NULL"))
    gone = post.get("/2/files/manifest.pdf")
    assert (gone.status_code, gone.get_json()["code"]) == (410, "file_gone")
    assert "never got files" in gone.get_json()["detail"]
    assert post.get("/2").get_json()["files"] == []


def test_a_damaged_or_missing_file_is_said_before_the_answer_begins(post: Post) -> None:
    with post.town.house.begin() as session:
        key = session.execute(
            text("SELECT file_key FROM manifest_file WHERE name = 'manifest.csv'")
        ).scalar_one()
    store = post.town.house.kit.files
    store.put(key, store.get(key)[:-1] + b"x")
    damaged = post.get("/1/files/manifest.csv")
    assert (damaged.status_code, damaged.get_json()["code"]) == (404, "file_damaged")
    store.delete(key)
    missing = post.get("/1/files/manifest.csv")
    assert (missing.status_code, missing.get_json()["code"]) == (404, "file_missing")


def test_an_answer_counts_once(post: Post) -> None:
    same = str(uuid.uuid4())
    first, again = post.answer(id=same), post.answer(id=same)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert first.get_json()["status"] == "accepted"
    other = post.answer(id=same, accepted=1, refused=[{"number": 1, "reason": "torn", "note": ""}])
    assert (other.status_code, other.get_json()["code"]) == (409, "id_reused")
    late = post.answer()
    assert (late.status_code, late.get_json()["code"]) == (409, "already_answered")


def test_a_difference_must_be_said_and_is_disputed(post: Post) -> None:
    unsaid = post.answer(accepted=1)
    assert unsaid.status_code == 422
    assert [error["field"] for error in unsaid.get_json()["errors"]] == ["difference"]
    said = post.answer(accepted=1, difference=-1)
    assert (said.status_code, said.get_json()["status"]) == (201, "disputed")
    assert post.get("/1").get_json()["status"] == "disputed"
    assert post.answer(accepted=2).status_code == 201
    assert len(post.get("/1").get_json()["receipts"]) == 2


def test_an_answer_may_have_two_mebibytes(post: Post) -> None:
    """It is read and looked at, though a form may have one only."""

    def of(size: int) -> Any:
        return [{"number": 9, "reason": "torn", "note": "x" * 500}] * (size // 550)

    read = post.answer(accepted=1, refused=of(1_500_000))
    assert (read.status_code, read.get_json()["code"]) == (422, "invalid")
    assert post.answer(accepted=1, refused=of(2_400_000)).status_code == 413


def test_the_document_says_how_long_an_answers_texts_may_be(post: Post) -> None:
    schemas = post.client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    number = one(post.town, "SELECT min(card_number) FROM manifest_line")

    def sent(texts: dict[str, int], **of_refused: int) -> set[str]:
        refused = {"number": number} | {name: "x" * length for name, length in of_refused.items()}
        whole: dict[str, Any] = {name: "x" * length for name, length in texts.items()}
        answer = post.answer(accepted=1, refused=[refused], **whole)
        faults = answer.get_json().get("errors", [])
        assert answer.status_code == (422 if faults else 201), answer.text
        return {fault["field"] for fault in faults}

    refused, whole = schemas["RefusedIn"]["properties"], schemas["ReceiptIn"]["properties"]
    reason, note, notes = refused["reason"], refused["note"]["maxLength"], whole["note"]["maxLength"]
    too_long = sent({"note": notes + 1}, reason=reason["maxLength"] + 1, note=note + 1)
    assert too_long == {"note", "refused.0.reason", "refused.0.note"}
    assert sent({}, reason=reason["minLength"] - 1) == {"refused.0.reason"}
    assert sent({"note": notes}, reason=reason["maxLength"], note=note) == set()


def test_refused_cards_are_named_by_number(post: Post) -> None:
    refused = [{"number": 1, "reason": "illegible", "note": ""}]
    assert post.answer(accepted=1, refused=[*refused, *refused]).status_code == 422
    assert post.answer(accepted=1, refused=[{"number": 9, "reason": "torn", "note": ""}]).status_code == 422
    assert post.answer(accepted=1, refused=refused).status_code == 201
    assert (status_of(post.town, 1), status_of(post.town, 2)) == ("refused", "handed_over")


@pytest.mark.parametrize(
    "wrong",
    [
        {"accepted": "2"},
        {"accepted": -1},
        {"id": "7"},
        {"refused": None},
        {"received_at": "2026-12-14T15:00:00"},
        {"received_at": "0001-01-01T00:00:00+14:00"},
        {"comment": "typo"},
        {"refused": [{"number": 1}]},
    ],
)
def test_answers_are_read_strictly(post: Post, wrong: dict[str, Any]) -> None:
    refused = post.answer(**wrong)
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["field"].startswith(next(iter(wrong)))
    assert one(post.town, "SELECT count(*) FROM receipt WHERE true") == 0


def test_another_campaigns_post_sees_nothing(post: Post, bucharest: Town) -> None:
    stranger = Post(bucharest)
    assert stranger.get().get_json()["items"] == []
    for answer in (stranger.get("/1"), stranger.get("/1/files/manifest.csv"), stranger.answer()):
        assert answer.status_code == 404
    assert status_of(post.town, 1) == "sealed"


def test_only_a_good_token_opens(post: Post) -> None:
    assert post.client.get("/api/v1/partner/manifests").status_code == 401
    wrong = post.client.get("/api/v1/partner/manifests", headers={"Authorization": "Bearer guess"})
    assert (wrong.status_code, wrong.mimetype) == (401, "application/problem+json")
    with post.town.house.begin() as session:
        [token] = listed.partner_tokens(session, campaign_id=post.town.id)
        partner_tokens.revoke(session, campaign_id=post.town.id, token_id=token.id, by="test", at=AT)
    assert post.get().status_code == 401


def test_the_token_is_kept_hashed(post: Post) -> None:
    assert one(post.town, "SELECT octet_length(token_hash) FROM partner_token WHERE true") == 32


def test_the_operator_sees_when_a_token_was_last_used_for_a_deed(post: Post) -> None:
    Post(post.town)  # a newer token, which nobody uses
    assert post.get().status_code == 200
    assert post.get("/1/files/manifest.csv").status_code == 200
    with post.town.house.begin() as session:
        newer, used = listed.partner_tokens(session, campaign_id=post.town.id)
    assert newer.last_deed_at is None
    assert used.last_deed_at is not None
