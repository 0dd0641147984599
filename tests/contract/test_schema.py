"""The OpenAPI document against itself, and every operation of it asked in ways that few ask: each answer is in it."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.contract.outside import Document
from tests.plugins.cast import Town, bearer

#: Bodies and media types that every operation with a body is sent.
BODIES: list[tuple[bytes, str]] = [
    (b"{}", "application/json"),
    (b"[]", "application/json"),
    (b"{", "application/json"),
    (b"\xff", "application/json"),
    (b'{"id": 7}', "text/plain"),
    (b'{"x": "' + b"x" * 3_000_000 + b'"}', "application/json"),
]
QUERIES = [
    "",
    "?limit=0",
    "?limit=1e9",
    "?after=%00",
    "?version=x",
    "?sheet=a0",
    "?language=%ff",
    "?more=1",
    "?version=1",
]
PATH_VALUES = {
    "string": ["vilnius", "DE", "%00", "%ff", "nothing", "manifest.csv"],
    "uuid": ["00000000-0000-4000-8000-000000000000", "x"],
    "integer": ["1", "0", "99999999999999999999999"],
}


@pytest.fixture
def document(client: FlaskClient) -> Document:
    return Document(json.loads(client.get("/api/v1/openapi.json").data))


def _operations(document: Document) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method.upper(), operation)
        for path, operations in document.document["paths"].items()
        for method, operation in operations.items()
    ]


def test_the_document_is_whole(document: Document) -> None:
    whole = document.document
    assert whole["openapi"].startswith("3.1")
    assert whole["info"].keys() >= {"title", "version"}
    schemas = whole["components"]["schemas"]
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert name.isidentifier(), name
    for ref in re.findall(r'"\$ref": "([^"]+)"', json.dumps(whole)):
        assert ref.removeprefix("#/components/schemas/") in schemas, ref
    summaries = []
    for path, method, operation in _operations(document):
        named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert named == set(re.findall(r"\{([^}]+)\}", path)), path
        names = [(one["in"], one["name"]) for one in operation["parameters"]]
        assert len(names) == len(set(names)), path
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")
        assert ("requestBody" in operation) <= (method in ("POST", "PATCH", "PUT")), path
        assert operation["responses"], path
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer["description"]
        for scheme in operation.get("security", []):
            assert set(scheme) <= set(whole["components"]["securitySchemes"])
        summaries.append(operation["summary"])
    assert len(summaries) == len(set(summaries))


def test_answers_may_grow_and_bodies_may_hold_nothing_unknown(document: Document) -> None:
    """A client made from the document goes on when an answer has a new member; a typo in a body is refused."""
    answered, sent = set(), set()
    for _, _, operation in _operations(document):
        for answer in operation["responses"].values():
            answered |= _reached(document, answer)
        sent |= _reached(document, operation.get("requestBody", {}))
    schemas = document.document["components"]["schemas"]
    assert {"CardOut", "StampOut", "ManifestItem", "TravelShape"} <= answered
    assert {"CardIn", "StockCardIn", "RefusedIn"} <= sent
    assert not answered & sent
    assert [name for name in answered if schemas[name].get("additionalProperties") is False] == []
    objects = [name for name in sent if "properties" in schemas[name]]
    assert [name for name in objects if schemas[name].get("additionalProperties") is not False] == []


def _reached(document: Document, part: Any) -> set[str]:
    """The names of the schemas that a part of the document leads to."""
    found: set[str] = set()
    ahead = [part]
    while ahead:
        names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(ahead.pop()))) - found
        found |= names
        ahead += [document.document["components"]["schemas"][name] for name in names]
    return found


def test_what_the_contract_names_is_in_the_document(document: Document) -> None:
    stand = {f"{method} {re.sub(r'{[^}]+}', '_', path)}" for path, method, _ in _operations(document)}
    assert stand >= {
        "POST /api/v1/kiosk/pairing",
        "GET /api/v1/kiosk",
        "POST /api/v1/kiosk/booklets",
        "POST /api/v1/kiosk/booklets/_/return",
        "POST /api/v1/kiosk/cards",
        "POST /api/v1/kiosk/batches",
        "GET /api/v1/kiosk/cards/_/postcard.pdf",
        "POST /api/v1/kiosk/cards/_/prints",
        "PATCH /api/v1/kiosk/cards/_",
        "POST /api/v1/kiosk/cards/_/void",
        "GET /api/v1/address-forms/_",
        "GET /api/v1/partner/manifests",
        "GET /api/v1/partner/manifests/_",
        "GET /api/v1/partner/manifests/_/files/_",
        "POST /api/v1/partner/manifests/_/receipts",
        "GET /api/v1/campaigns/_",
    }


def test_every_answer_of_every_operation_is_documented(
    client: FlaskClient, document: Document, vilnius: Town, bucharest: Town
) -> None:
    tokens = {"nobody": {}, "kiosk": bearer(vilnius.kiosks[0].token), "stranger": bearer("unknown")}
    asked = 0
    for path, method, operation in _operations(document):
        values = [_values(one["schema"]) for one in operation["parameters"] if one["in"] == "path"]
        targets = [_filled(path, chosen) for chosen in itertools.product(*values)]
        bodies: list[tuple[bytes | None, str | None]] = [(None, None)]
        if "requestBody" in operation:
            bodies += BODIES
        queries = (
            QUERIES if any(one["in"] == "query" for one in operation["parameters"]) else ["", "?more=%00"]
        )
        for headers in tokens.values():
            for target, query in itertools.product(targets, queries):
                for body, media_type in (
                    bodies if query == queries[0] and target == targets[0] else bodies[:2]
                ):
                    answer = client.open(
                        target + query, method=method, headers=headers, data=body, content_type=media_type
                    )
                    _holds(document, method, path, f"{target}{query}", answer)
                    asked += 1
    assert asked > 300


def _values(schema: dict[str, Any]) -> list[str]:
    kind = "uuid" if schema.get("format") == "uuid" else schema["type"]
    return PATH_VALUES[kind]


def _filled(path: str, values: tuple[str, ...]) -> str:
    names = re.findall(r"\{[^}]+\}", path)
    for name, value in zip(names, values, strict=True):
        path = path.replace(name, value)
    return path


def _holds(document: Document, method: str, path: str, target: str, answer: Any) -> None:
    shown = f"{method} {target[:200]} answered {answer.status_code}: {answer.get_data(as_text=True)[:300]}"
    assert answer.status_code < 500 or answer.status_code == 503, shown
    if answer.status_code == 404 and answer.json.get("detail") == "There is nothing at this address.":
        return  # a path that is not the operation's
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if media_type == "application/pdf":
        return
    faults = document.faults(
        method, re.sub(r"\{[^}]+\}", "x", path), answer.status_code, media_type, answer.text
    )
    assert not faults, f"{shown}\n" + "\n".join(faults)
