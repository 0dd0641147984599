"""People at the desk and at the Post's page, as browsers without scripts; and two manifests that went to the Post."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from tests.contract.outside import Outside, Town, load_of, new_id, now

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_LINK = re.compile(r'(?:href|action)="(/(?:desk|partner)/[^"#]*)"')


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    http: httpx.Client

    def send(self, path: str, page: str, **form: str) -> httpx.Response:
        """This will fill in a form of `page` and send it to `path`."""
        found = _TOKEN.search(self.http.get(page).text)
        assert found is not None, page
        return self.http.post(path, data={"csrf_token": found[1], **form})

    def walk(self, *starts: str, at_most: int = 60) -> dict[str, int]:
        """This will follow every link of the desk and the Post's pages: address -> status."""
        seen: dict[str, int] = {}
        ahead = list(starts)
        while ahead and len(seen) < at_most:
            path = ahead.pop(0)
            if path in seen:
                continue
            answer = self.http.get(path)
            seen[path] = answer.status_code
            if "html" in answer.headers.get("Content-Type", ""):
                ahead += [unescape(link) for link in _LINK.findall(answer.text)]
        return seen


@contextmanager
def browser(outside: Outside) -> Iterator[Person]:
    """A browser with a cookie jar of its own."""
    hooks = {"response": [outside.look_at]}
    with httpx.Client(
        base_url=outside.up.url,
        timeout=30,
        follow_redirects=True,
        event_hooks=hooks,
        headers={"Accept": "text/html"},
    ) as client:
        yield Person(client)


@contextmanager
def signed_in_by_link(outside: Outside, email: str) -> Iterator[Person]:
    """This will use the one-time sign-in that the screen shows."""
    link = outside.up.after(email).removeprefix(outside.up.url)
    with browser(outside) as person:
        answer = person.send(link, link)
        assert answer.status_code == 200, answer.text
        yield person


@contextmanager
def signed_in_by_password(outside: Outside, email: str, password: str) -> Iterator[Person]:
    """This will sign in through the form."""
    with browser(outside) as person:
        answer = person.send("/sign-in", "/sign-in", email=email, password=password)
        assert answer.status_code == 200, answer.text
        yield person


@dataclass(frozen=True)
class Posted:
    """What was sealed: the command's answers, and one card of each manifest."""

    first: dict[str, Any]
    second: dict[str, Any]
    card: dict[str, Any]
    odd_card: dict[str, Any]


def print_at_the_kiosk(town: Town, n: int) -> list[dict[str, Any]]:
    """This will register and print cards; their answers."""
    made = []
    for _ in range(n):
        answer = town.kiosk.register(town.card()).json()
        printed = {"id": new_id(), "printed_at": now(), "reason": None}
        assert town.kiosk.ask("POST", f"kiosk/cards/{answer['id']}/prints", json=printed).status_code == 201
        made.append(answer)
    return made


def post_cards(outside: Outside, town: Town, organiser: Person) -> Posted:
    """This will seal twice by the command line."""
    card = print_at_the_kiosk(town, 3)[0]
    first = load_of(outside.run("manifest", "seal", town.slug, "--json").out)
    stamp = town.kiosk.lend(1).json()["stamps"][0]["number"]
    odd = town.card(
        number=stamp,
        printed_at="9999-12-31T23:59:59-12:00",
        registered_at="0001-01-01T00:00:00+14:00",
        recipient={"name": "=cmd()", "postal_code": "=cmd('\x00\x0b\ud7ff\uffff')\r\n;\"", "lines": ["\x00"]},
    )
    odd_card = town.kiosk.register(odd).json()
    assert odd_card["held"], odd_card
    page = f"/desk/c/{town.slug}/cards/{odd['id']}"
    assert organiser.send(f"{page}/release", page).status_code == 200
    print_at_the_kiosk(town, 2)
    second = load_of(outside.run("manifest", "seal", town.slug, "--json").out)
    assert len(first) >= 1
    assert len(second) == 1
    return Posted(first[-1], second[0], card, odd_card)
