"""Style sheets and scripts: packed where the caller unpacks, the same bytes inside, and 304 for who has them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def sheet(app: Flask) -> str:
    """The address of the style sheet."""
    built = json.loads((Path(app.static_folder or "") / "manifest.json").read_text())
    return f"/static/{built['styles/site.css']}"


def test_a_browser_gets_a_third_of_the_bytes_and_the_same_sheet(client: FlaskClient, sheet: str) -> None:
    plain, packed = client.get(sheet, buffered=True), client.get(sheet, buffered=True, headers=GZIP)
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert plain.content_type == packed.content_type == "text/css; charset=utf-8"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "max-age=31536000" in plain.headers["Cache-Control"] == packed.headers["Cache-Control"]
    assert plain.headers["ETag"] != packed.headers["ETag"]


@pytest.mark.parametrize("accepted", [{}, GZIP], ids=["plain", "packed"])
def test_who_has_it_is_told_so(client: FlaskClient, sheet: str, accepted: dict[str, str]) -> None:
    first = client.get(sheet, buffered=True, headers=accepted)
    again = client.get(sheet, buffered=True, headers=accepted | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_parts_come_unpacked(client: FlaskClient, sheet: str) -> None:
    whole = client.get(sheet, buffered=True).data
    part = client.get(sheet, buffered=True, headers=GZIP | {"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize(
    "path", ["../manifest.json", "nothing.css", "styles/../../../config.py", "nothing/../manifest.json"]
)
def test_nothing_else_is_there(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}", headers=GZIP).status_code == 404


def test_a_file_has_one_address(client: FlaskClient, sheet: str) -> None:
    for folder in ("nothing", "styles"):
        path = sheet.replace("/static/", f"/static/{folder}/../")
        assert client.get(path, headers=GZIP).status_code == 404, path
