"""What nobody polite sends: it gets a clear refusal, never a failure of ours."""

from __future__ import annotations

import json

import pytest

from tests.contract.outside import Outside, Town, faults_of
from tests.contract.people import Person, browser

PATHS = [
    *(
        "/T/%00",
        "/c/%00",
        "/wall/%00",
        "/api/v1/campaigns/%00",
        "/c/%ff",
        "/T/%ff",
        "/api/v1/campaigns/%FF%FE",
    ),
    *(
        "/c/a%0d%0aSet-Cookie:x",
        "/../../etc/passwd",
        "/static/../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
    ),
    *("/static/%00", "/static/%ff", "/c/" + "x" * 5000, "/?lang=%ff", "/c/vilnius?lang=%ff&x=%zz", "/%zz"),
    *(
        "//evil.example/",
        "/sign-in/%00",
        "/sign-in/%ff",
        "/desk/c/%00/",
        "/S/%00",
        "/S/%ff",
        "/healthz/",
        "/api/v1/",
    ),
    *(
        "/api",
        "*",
        "/T/%E2%80%AE",
        "/t/abc%2Fdef",
        "/sign-in?next=%0d%0aX-Mine:%201",
        "/T/?code=%00",
        "/T/?code=%ff%fe",
    ),
    *("/?lang=%00", "/T/?code=" + "a" * 9000, "/api/v1/openapi.json/", "/api/v1/campaigns/vilnius/"),
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "INVENTED"])
def test_garbage_in_an_address_is_answered(outside: Outside, method: str, path: str) -> None:
    status, body = outside.raw(method, path)
    assert status < 500, body
    assert "root:" not in body


def test_a_header_cannot_be_injected(outside: Outside) -> None:
    with browser(outside) as visitor:
        for path in (
            "/T/?code=%0d%0aX-Mine:%201",
            "/desk/?x=%0d%0aX-Mine:%201",
            "/sign-in?next=%0d%0aX-Mine:%201",
        ):
            answer = visitor.http.get(path, follow_redirects=False)
            assert "X-Mine" not in answer.headers
        back = visitor.send("/sign-in", "/sign-in?next=//evil.example/", email="a@b.c\x00", password="x\x00")
        assert back.status_code in (400, 422)
        back = visitor.send("/sign-in", "/sign-in", email="x" * 100_000, password="y" * 100_000)
        assert back.status_code in (413, 422)


def test_an_invented_host_or_forwarded_header_changes_no_link(asked: Town) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    made = asked.kiosk.ask("POST", "kiosk/cards", json=asked.card(), headers=headers).json()
    assert "EVIL" not in made["tracking_url"].upper()


def test_a_deep_or_wide_json_is_refused(asked: Town) -> None:
    media_type = {"Content-Type": "application/json"}
    for depth in (100, 900, 985, 995, 2000):
        nested = '{"cards": [' + "[" * depth + "]" * depth + "]}"
        answer = asked.kiosk.ask("POST", "kiosk/batches", content=nested, headers=media_type)
        assert answer.status_code in (200, 400), depth
        card = json.dumps(asked.card())[:-1] + ', "more": ' + "[" * depth + "]" * depth + "}"
        answer = asked.kiosk.ask("POST", "kiosk/cards", content=card, headers=media_type)
        assert answer.status_code in (400, 422), depth
    card = json.dumps(asked.card())
    digits = card.replace('"printed_at": null', '"number": ' + "9" * 5000)
    assert asked.kiosk.ask("POST", "kiosk/cards", content=digits, headers=media_type).status_code in (
        400,
        422,
    )
    many = asked.card() | {f"field {n}": n for n in range(2000)}
    assert len(faults_of(asked.kiosk.register(many))) == 2000


def test_the_desk_takes_no_nul_and_no_impossible_number(organiser: Person) -> None:
    for query in (
        "q=%00",
        "q=" + "9" * 40,
        "q=%ff",
        "page=-1",
        "after=%00",
        "after=" + "9" * 40,
        "status=%00",
        "country=%00",
    ):
        for page in ("cards", "journal", "manifests", "print-runs", "kiosks"):
            assert organiser.http.get(f"/desk/c/vilnius/{page}/?{query}").status_code < 500
    for number in ("9" * 30, "0", "2147483648"):
        assert organiser.http.get(f"/partner/c/vilnius/manifests/{number}").status_code == 404
    kiosks = "/desk/c/vilnius/kiosks/"
    assert organiser.send(kiosks, kiosks, name="a\x00b", venue="town-hall").status_code == 400
    assert organiser.send(kiosks, kiosks, name="x" * 10_000, venue="nowhere").status_code in (404, 422)
    runs = "/desk/c/vilnius/print-runs/"
    wild = organiser.send(
        runs, runs, sheet="a6", numbers="9" * 30 + "-" + "9" * 31, first="-1", last="9" * 30
    )
    assert wild.status_code < 500
