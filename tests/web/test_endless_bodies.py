"""A body said to be ten gigabytes is refused at every address that takes one, and never read to its end."""

from __future__ import annotations

import io
import uuid

import pytest
from flask import Flask

from postcards.web.leftovers import AT_MOST
from tests.plugins.cast import House, Town, bearer
from tests.web.signing_in import Browser, at_desk

MEDIA_TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
)
SAID = 10 * 1024**3


class Endless(io.RawIOBase):
    """Gives as much as it is asked for, and counts."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.given += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def _addresses(app: Flask) -> list[tuple[str, str]]:
    values = {"slug": "vilnius", "number": 1, "code": "0000000000000", "country": "DE"}
    found = []
    for rule in app.url_map.iter_rules():
        given = {
            name: values.get(name, 1 if "int" in str(rule._converters[name]) else str(uuid.uuid4()))
            for name in rule.arguments
        }
        built = rule.build(given, append_unknown=False)
        methods = sorted((rule.methods or set()) & {"POST", "PATCH", "PUT"})
        found += [(method, built[1]) for method in methods if built is not None]
    return sorted(found)


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_nobody_reads_it(app: Flask, house: House, vilnius: Town, media_type: str) -> None:
    ruta = at_desk(app, house, (vilnius.id, "organiser"))
    asked = _addresses(app)
    assert len(asked) > 40
    for method, path in asked:
        browser = ruta if not path.startswith("/api/") else Browser(app)
        headers = bearer(vilnius.kiosks[0].token) if path.startswith("/api/") else {}
        body = Endless()
        answer = browser.client.open(
            path,
            method=method,
            headers=headers,
            environ_overrides={
                "wsgi.input": io.BufferedReader(body),
                "CONTENT_LENGTH": str(SAID),
                "CONTENT_TYPE": media_type,
            },
        )
        shown = f"{method} {path} answered {answer.status_code} after {body.given} bytes"
        assert 300 <= answer.status_code < 500 or path.endswith("/arrival"), shown
        assert body.given <= AT_MOST + 1024 * 1024, shown
