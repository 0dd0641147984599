"""Every form of every page, filled in as nobody should: an answer in words, never a failure; no markup comes back."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from flask import Flask

from postcards.web.app import FORM_LIMIT
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import whole_campaign
from tests.web.forms_found import Form, forms_from
from tests.web.signing_in import Browser, at_desk

MARKUP = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
WORDS: dict[str, str] = {
    "nothing": "",
    "ten thousand letters": "a" * 10_000,
    "right to left": "\u202eשלום\u202c مرحبا \u2067x\u2069",
    "emoji": "🎉👩\u200d🚀",
    "half a character": "Ona \ud800 \udfff",
    "NUL and bells": "a\x00b\x07\x1b[31m",
    "a spreadsheet's command": "=cmd|' /C calc'!A0",
    "markup": MARKUP,
    "a long number": "9" * 400,
    "another digit": "²٣-1e999",
    "lines": "a\r\nb\nc\x85d\u2028e",
    "a path": "../../../etc/passwd",
}
HTML = "application/x-www-form-urlencoded"


def _filled(form: Form, words: str) -> bytes:
    fields = form.values | dict.fromkeys(form.typed, words)
    return _encoded(list(fields.items()))


def _encoded(fields: list[tuple[str, str]]) -> bytes:
    """As a browser does, and also what no browser would send."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields
    ).encode()


#: Bodies that are no form as we drew it: a name, and how to make it.
BODIES: dict[str, Callable[[Form], tuple[bytes, str]]] = {
    "empty": lambda _: (b"", HTML),
    "the form token alone": lambda form: (_encoded([("csrf_token", form.values.get("csrf_token", ""))]), HTML),
    "each field twice": lambda form: (_encoded([*form.values.items()] * 2), HTML),
    "two thousand fields": lambda form: (
        _encoded([*form.values.items(), *((f"field {n}", "x") for n in range(2_000))]), HTML,
    ),
    "broken encoding": lambda form: (_filled(form, "x") + b"&note=%ff%fe%zz&%00=%", HTML),
    "JSON": lambda _: (b'{"csrf_token": 7}', "application/json"),
    "no boundary": lambda form: (_filled(form, "x"), "multipart/form-data"),
    "a part cut off": lambda _: (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', "multipart/form-data; boundary=b",
    ),
    "more than a form may be": lambda form: (_filled(form, "x") + b"&more=" + b"x" * FORM_LIMIT, HTML),
}  # fmt: skip


def _attack(browser: Browser, form: Form) -> None:
    for name, words in WORDS.items():
        _send(browser, form, f"{form.action} {name}", _filled(form, words), HTML)
    for name, make in BODIES.items():
        body, media_type = make(form)
        _send(browser, form, f"{form.action} {name}", body, media_type)


def _send(browser: Browser, form: Form, shown: str, body: bytes, media_type: str) -> None:
    if form.method == "GET":
        if media_type != HTML or len(body) > 20_000:
            return
        answer = browser.client.get(f"{form.action.partition('?')[0]}?{body.decode()}")
    else:
        answer = browser.client.post(form.action, data=body, content_type=media_type)
    assert answer.status_code < 500, shown
    if len(body) > FORM_LIMIT and "/import/" not in form.action:  # tables may be larger
        assert answer.status_code in (303, 413), shown
    assert b"<script>alert" not in answer.get_data(), shown  # bytes: some answers are PDFs
    assert b"onerror=alert(1)>" not in answer.get_data(), shown


def _attack_all(browser: Browser, *starts: str) -> set[str]:
    met = set()
    for form in forms_from(browser, *starts):
        if "sign-out" not in form.action:
            _attack(browser, form)
            met.add(form.kind.partition(" [")[0])
    return met


@pytest.mark.timeout(180)
def test_the_desk(app: Flask, house: House, vilnius: Town) -> None:
    whole_campaign(vilnius)
    met = _attack_all(at_desk(app, house, (vilnius.id, "organiser")), "/desk/c/vilnius/")
    assert len(met) >= 15, sorted(met)


def test_the_posts_room(app: Flask, house: House, vilnius: Town) -> None:
    whole_campaign(vilnius)
    met = _attack_all(at_desk(app, house, (vilnius.id, "partner")), "/partner/c/vilnius/")
    assert any("/manifests/*" in kind for kind in met), sorted(met)


def test_what_everybody_sees(app: Flask, vilnius: Town) -> None:
    made = whole_campaign(vilnius)
    card = made.cards["sealed"]
    starts = ("/", "/sign-in", f"/T/{card.tracking_code}", f"/S/{card.slip_code}", "/T/", "/kiosk/")
    met = _attack_all(Browser(app), *starts)
    assert any("/T/*" in kind for kind in met), sorted(met)
    assert any("/sign-in" in kind for kind in met), sorted(met)
