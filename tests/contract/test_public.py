"""What everybody may see, sentence by sentence of the contract."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.outside import Outside, Town, refused
from tests.contract.people import Posted

JSON = {"Accept": "application/json"}


def test_a_code_is_read_as_people_type_it(asked: Town, posted: Posted) -> None:
    get = asked.outside.http.get
    code = posted.card["tracking_code"]
    typed = [
        code,
        code.lower(),
        f"{code[:4]}-{code[4:8]} {code[8:]}",
        code.replace("1", "I").replace("0", "O"),
        code.replace("1", "l").replace("0", "o"),
    ]
    for one in typed:
        for letter in ("T", "t"):
            page = get(f"/{letter}/{one}")
            assert page.status_code == 200, one
            assert "text/html" in page.headers["Content-Type"]
            for word in ("Petraitis", "Hauptstra", "Petraiti", "ona@", "Jonas"):
                assert word not in page.text
    slip = posted.card["slip_code"]
    for one in (slip, slip.lower(), f"{slip[:5]}-{slip[5:]}"):
        assert get(f"/S/{one}").status_code == 200
    assert slip not in get(f"/T/{code}").text


def test_a_mistyped_and_an_unknown_code(asked: Town, posted: Posted) -> None:
    get = asked.outside.http.get
    code = posted.card["tracking_code"]
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    refused(get(f"/T/{wrong}", headers=JSON), 404, "mistyped")
    assert get(f"/T/{wrong}", headers={"Accept": "text/html"}).status_code == 404
    for garbage in ("0", "x" * 200, "%F0%9F%92%8C", "%ff", "%00", "' OR 1=1"):
        answer = get(f"/T/{garbage}", headers=JSON)
        assert answer.status_code == 404, garbage
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert get("/S/" + posted.card["slip_code"][:-1] + "!").status_code == 404
    assert get(f"/S/{code}").status_code == 404
    assert get(f"/T/{posted.card['slip_code']}").status_code == 404


def test_an_arrival_is_taken_from_sealed_on_and_once(asked: Town, posted: Posted) -> None:
    post = asked.outside.http.post
    early = asked.kiosk.register(asked.card()).json()
    assert post(f"/T/{early['tracking_code']}/arrival").status_code == 409
    code = posted.odd_card["tracking_code"]
    with httpx.Client(base_url=asked.outside.up.url) as bare:  # no body, no cookie
        for _ in range(2):
            told = bare.post(f"/t/{code.lower()}/arrival")
            assert (told.status_code, told.json()) == (200, {"status": "arrived"})
    page = f"/T/{code}/thanks"
    for bad in ("", " ", "\x00", "x" * 20_000, "\u202e", 7, None):
        assert post(page, json={"text": bad}).status_code == 422, repr(bad)
    assert post(page, content=b"{").status_code == 415
    assert post(page, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert post(page, data={"text": "a\x00b"}).status_code in (400, 422)
    assert post(page, json={"text": "Ačiū!"}).status_code == 200
    assert asked.outside.http.get(f"/S/{posted.odd_card['slip_code']}").status_code == 200
    assert asked.outside.http.get(f"/T/{code}").status_code == 200


def test_the_counts_add_up_and_point_at_nobody(asked: Town, neighbour: Town, tiny: Town) -> None:
    for iso, code, place in (
        ("LV", "LV-1010", "Rīga"),
        ("EE", "10111", "Tallinn"),
        ("JP", "100-0001", "Chiyoda"),
    ):
        address = {
            "country": iso,
            "postal_code": code,
            "city": place,
            "lines": ["1-1"],
            "region": "Tokyo" if iso == "JP" else None,
        }
        assert tiny.outside.http is asked.outside.http
        answer = asked.kiosk.register(asked.card(recipient=address))
        assert answer.status_code == 201, answer.text
    for town in (asked, neighbour, tiny):
        found = town.counts()
        assert found.keys() >= {"cap", "registered", "remaining", "lent", "by_status", "by_country", "travel"}
        living = sum(n for status, n in found["by_status"].items() if status != "void")
        assert living == found["registered"]
        assert all(cards >= 5 for cards in found["by_country"].values()), found["by_country"]
        for word in ("Petraitis", "ona@example.org", "Berlin"):
            assert word not in str(found)


@pytest.mark.parametrize(
    "path", ["/healthz", "/metrics", "/", "/c/vilnius", "/wall/vilnius", "/kiosk/", "/sign-in", "/T/"]
)
def test_these_pages_are_there(outside: Outside, path: str) -> None:
    assert outside.http.get(path).status_code == 200
    assert outside.http.head(path).status_code == 200


def test_readiness_names_its_parts(outside: Outside) -> None:
    ready = outside.http.get("/readyz")
    assert ready.status_code == 200, ready.text
    assert ready.json().keys() >= {"database", "broker", "storage", "migrations", "beat", "jobs"}


def test_metrics_speak_prometheus(outside: Outside) -> None:
    told = outside.http.get("/metrics")
    assert told.headers["Content-Type"].startswith("text/plain")
    assert 'postcards_stamps{campaign="vilnius",status="free"}' in told.text
