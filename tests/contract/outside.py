"""The stranger outside: speaks to a running `up` by HTTP and the command line alone, and holds each answer of the
API against the OpenAPI document that the server itself gives."""

from __future__ import annotations

import copy
import datetime as dt
import http.client
import json
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.journeys.newcomer import RunningUp

#: Statuses that any address may answer: a method it does not take, and a part that is away just now.
EVERYWHERE = {405, 429, 503}


def load_of(text: str) -> Any:
    """This will read JSON as a strict reader does: no NaN, no Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


class Document:
    """An OpenAPI document, asked whether an answer keeps its word."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._closed = _closed(document["components"]["schemas"])
        self._checkers: dict[str, Draft202012Validator] = {}
        self._routes = []
        for path, operations in document["paths"].items():
            pattern = "".join(
                "[^/]+" if part.startswith("{") else re.escape(part)
                for part in re.split(r"(\{[^}]+\})", path)
            )
            self._routes.append((re.compile(pattern), operations))

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """This will give the operation that stands behind a path; literal paths come first."""
        found = [operations for pattern, operations in self._routes if pattern.fullmatch(path)]
        for operations in sorted(found, key=lambda one: sum("{" in parameter for parameter in one)):
            if method.lower() in operations:
                operation: dict[str, Any] = operations[method.lower()]
                return operation
        return None

    def faults(self, method: str, path: str, status: int, media_type: str, text: str) -> list[str]:
        """This will say where an answer differs from the document; nothing when it keeps to it."""
        operation = self.operation(method, path)
        if operation is None:
            return [] if status in (404, 405) else [f"{status} from an operation that is not in the document"]
        if status in EVERYWHERE and str(status) not in operation["responses"]:
            return []
        declared = operation["responses"].get(str(status))
        if declared is None:
            return [f"{status} is not documented"]
        content = declared.get("content", {})
        if status == 304:
            return [] if not text else ["304 with a body"]
        if "*/*" in content:
            return []
        if media_type not in content:
            return [
                f"{status} came as {media_type or 'nothing'}, documented is {', '.join(content) or 'nothing'}"
            ]
        if not media_type.endswith("json"):
            return []
        return self.faults_in(content[media_type]["schema"], load_of(text))

    def faults_in(self, schema: dict[str, Any], value: Any) -> list[str]:
        """This will hold a value against a schema of the document."""
        name = json.dumps(schema, sort_keys=True)
        if name not in self._checkers:  # making one takes longer than the look itself
            whole = {**schema, "components": {"schemas": self._closed}}
            formats = Draft202012Validator.FORMAT_CHECKER
            self._checkers[name] = Draft202012Validator(whole, format_checker=formats)
        checker = self._checkers[name]
        return [
            f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in checker.iter_errors(value)
        ]


def _closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """The document leaves answers open, for they may grow; what grew without the document's knowledge is found here."""
    return {
        name: schema if name == "Problem" else {"additionalProperties": False} | schema
        for name, schema in schemas.items()
    }


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return load_of(self.out)


@dataclass
class Outside:
    """A running `up`, seen from outside."""

    up: RunningUp
    http: httpx.Client = field(init=False)
    document: Document = field(init=False)

    def __post_init__(self) -> None:
        with httpx.Client(base_url=self.up.url) as plain:
            self.document = Document(plain.get("/api/v1/openapi.json").json())
        self.http = httpx.Client(base_url=self.up.url, timeout=30, event_hooks={"response": [self.look_at]})

    def close(self) -> None:
        self.http.close()

    def look_at(self, answer: httpx.Response) -> None:
        """Every answer of the whole check comes by here."""
        answer.read()
        request = answer.request
        path = request.url.path
        shown = f"{request.method} {request.url} answered {answer.status_code}: {answer.text[:400]}"
        assert answer.status_code < 500 or answer.status_code == 503, shown
        if answer.status_code == 503 and path.startswith("/api/"):
            assert int(answer.headers["Retry-After"]) >= 1, shown
        assert answer.headers["X-Content-Type-Options"] == "nosniff", shown
        if request.method in ("HEAD", "OPTIONS") or not path.startswith("/api/v1/"):
            return
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        if answer.status_code >= 400:
            assert media_type == "application/problem+json", shown
            assert_problem(answer)
        faults = self.document.faults(request.method, path, answer.status_code, media_type, answer.text)
        assert not faults, f"{shown}\n" + "\n".join(faults)

    def run(self, *arguments: str, code: int = 0, stdin: str | None = None) -> Done:
        """This will run `postcards …` beside the running `up`; its exit code must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "postcards", *arguments],
            env=self.up.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        if code == 1:
            assert_one_clear_line(done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)

    def raw(self, method: str, target: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """This will send a request line exactly as it is written, as no tidy client would."""
        connection = http.client.HTTPConnection(urlsplit(self.up.url).netloc, timeout=30)
        try:
            connection.putrequest(method, "/", skip_accept_encoding=True)
            connection._buffer[0] = f"{method} {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


@dataclass(frozen=True)
class Device:
    """A paired kiosk, as its device knows itself."""

    outside: Outside
    id: str
    token: str

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """This will ask the kiosk API with this device's token."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.outside.http.request(method, f"/api/v1/{path}", headers=headers, **more)

    def register(self, card: dict[str, Any]) -> httpx.Response:
        return self.ask("POST", "kiosk/cards", json=card)

    def lend(self, stamps: int, booklet_id: str | None = None) -> httpx.Response:
        body = {"id": booklet_id or new_id(), "stamps": stamps}
        return self.ask("POST", "kiosk/booklets", json=body)

    def faults(self, card: dict[str, Any]) -> dict[str, str]:
        """This will give the faulty fields of a card that must be refused with 422: field -> code."""
        return faults_of(self.register(card))


@dataclass(frozen=True)
class Town:
    """A campaign, its paired devices and the token of its partner's system."""

    outside: Outside
    slug: str
    venue: str
    language: str
    consent: str
    devices: tuple[Device, ...]
    partner_token: str

    @property
    def kiosk(self) -> Device:
        return self.devices[0]

    def card(self, **changes: Any) -> dict[str, Any]:
        """This will give the JSON of a new card; a dict changes parts of parts, "gone" leaves a member out."""
        card = card_for(self.language, self.consent)
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(card.get(key), dict):
                card[key] = {k: v for k, v in (card[key] | value).items() if v != "gone"}
            else:
                card[key] = value
        return {key: value for key, value in card.items() if value != "gone"}

    def partner(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        """This will ask the partner API with this campaign's token."""
        headers = {"Authorization": f"Bearer {self.partner_token}", **more.pop("headers", {})}
        return self.outside.http.request(method, f"/api/v1/partner/manifests{path}", headers=headers, **more)

    def counts(self) -> dict[str, Any]:
        """This will give the public counts, whose stamps must add up at every moment."""
        found: dict[str, Any] = self.outside.http.get(f"/api/v1/campaigns/{self.slug}").json()
        parts = ("registered", "lent", "remaining", "held", "withdrawn")
        assert sum(found[part] for part in parts) == found["cap"], found
        return found


def open_town(
    outside: Outside, edition: str, *, slug: str, cap: int, devices: int, partner: bool = False
) -> Town:
    """This will create and open a campaign by the command line and pair devices with it over HTTP."""
    created = outside.run("campaign", "create", edition, "--slug", slug, "--cap", str(cap), "--json").json
    assert created["status"] == "draft"
    outside.run("campaign", "open", slug)
    venue = created["venues"][0]["slug"]
    paired = tuple(pair(outside, slug, venue, f"Kiosk {n + 1}") for n in range(devices))
    token = outside.run("partner", "token", slug, "--json").json["token"] if partner else ""
    seen = paired[0].ask("GET", "kiosk").json()["campaign"]
    return Town(outside, slug, venue, seen["languages"][0], seen["consent"]["version"], paired, token)


def town_on_the_screen(outside: Outside) -> Town:
    """This will take the campaign that `up` made, with the pairing code of its screen, and a second kiosk."""
    body = {"pairing_code": outside.up.after("pairing code"), "device_name": "Planšetė"}
    made = outside.http.post("/api/v1/kiosk/pairing", json=body).json()
    first = Device(outside, made["kiosk"], made["token"])
    seen = first.ask("GET", "kiosk").json()
    slug, venue = seen["campaign"]["slug"], seen["venue"]["slug"]
    second = pair(outside, slug, venue, "Kiosk 2")
    token = outside.run("partner", "token", slug, "--json").json["token"]
    return Town(outside, slug, venue, "en", seen["campaign"]["consent"]["version"], (first, second), token)


def pair(outside: Outside, slug: str, venue: str, name: str) -> Device:
    """This will add a kiosk by the command line and pair it as its device does."""
    added = outside.run("kiosk", "add", slug, "--venue", venue, "--name", name, "--json").json
    body = {"pairing_code": added["pairing_code"], "device_name": name}
    answer = outside.http.post("/api/v1/kiosk/pairing", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["kiosk"] == added["kiosk"]
    assert answer.json()["campaign"] == slug
    return Device(outside, added["kiosk"], answer.json()["token"])


_CARD: dict[str, Any] = {
    "printed_at": None,
    "sender": {"name": "Ona Petraitienė", "email": "ona@example.org"},
    "recipient": {
        "name": "Jonas Petraitis",
        "country": "DE",
        "lines": ["Hauptstraße 5"],
        "postal_code": "10115",
        "city": "Berlin",
        "region": None,
    },
    "message": None,
    "volunteer": "Rūta",
}


def card_for(language: str, consent: str) -> dict[str, Any]:
    """This will give the contract's own example of a card, new and without a number."""
    return copy.deepcopy(_CARD) | {
        "id": new_id(),
        "registered_at": now(),
        "language": language,
        "consent": {"version": consent, "arrival_notice": True},
    }


def new_id() -> str:
    return str(uuid.uuid4())


def now(**ahead: float) -> str:
    """This will give this moment as a device writes it."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**ahead)).isoformat()


def assert_problem(answer: httpx.Response) -> None:
    """This will hold an answer against the shape of every error."""
    problem = load_of(answer.text)
    for member, kind in {"type": str, "title": str, "status": int, "code": str, "detail": str}.items():
        assert isinstance(problem[member], kind), problem
        assert problem[member], problem
    assert problem["status"] == answer.status_code, problem
    assert problem["type"].startswith("urn:"), problem
    for fault in problem.get("errors", ()):
        assert set(fault) == {"field", "code", "message"}, fault
        assert all(isinstance(word, str) and word for word in fault.values()), fault
    if answer.status_code == 422:
        assert problem["errors"], problem


def faults_of(answer: httpx.Response) -> dict[str, str]:
    """This will give the faulty fields of a 422: field -> code."""
    assert answer.status_code == 422, (answer.status_code, answer.text)
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """This will make sure of a refusal's status and code, and give the problem."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    return problem


def assert_one_clear_line(err: str) -> None:
    """This will make sure that a refused command says why, in one line."""
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert lines[0].startswith("postcards: "), err
    assert len(lines[0]) > 20, err
