"""The web dies in the middle of a registration, or its answer is lost: the same request again, and one card."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from postcards import config
from tests.faults.parts import books, held, kill_group, value, wait_until, web
from tests.plugins.cast import House, Town, bearer
from tests.plugins.sharing import free_port

#: Connections that a dead web process has left.
LEFT_BEHIND = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postcards-web'"
CARDS = "/api/v1/kiosk/cards"


def _send(url: str, token: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{url}{CARDS}", json=body, headers=bearer(token), timeout=30)


def _lost_answer(port: int, token: str, body: dict[str, Any], seen: Any) -> None:
    """Sends a registration and hangs up before the answer, when `seen` says that the card is there."""
    content = json.dumps(body).encode()
    head = [f"POST {CARDS} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall("\r\n".join(head).encode() + content)
        wait_until(seen, "the card is there")


@pytest.mark.timeout(180)
def test_a_visitor_who_asks_again_has_one_card(
    house: House, vilnius: Town, settings: config.Settings, tmp_path: Path
) -> None:
    port, token = free_port(), vilnius.kiosks[0].token
    url = f"http://127.0.0.1:{port}"
    body, other = vilnius.body(), vilnius.body()
    with web(settings, port, tmp_path / "web.log") as process, held(house, "journal") as who_waits:
        cut: list[httpx.HTTPError] = []

        def ask() -> None:
            try:
                _send(url, token, body)
            except httpx.HTTPError as error:
                cut.append(error)

        visitor = threading.Thread(target=ask)
        visitor.start()
        wait_until(who_waits, "the registration is under way", seconds=60)
        kill_group(process)
        visitor.join(timeout=30)
        assert cut, "the line was cut without an answer"
    # The database may have finished what it was told, or not: in any case all of it or nothing.
    wait_until(lambda: value(house, LEFT_BEHIND) == 0, "the database has seen that the web is gone")
    done = value(house, "SELECT count(*) FROM card")
    assert value(house, "SELECT count(*) FROM stamp WHERE status = 'used'") == done
    assert books(house) == []

    with web(settings, port, tmp_path / "web.log"):
        first, again = _send(url, token, body), _send(url, token, body)
        assert (first.status_code, again.status_code) == (200 if done else 201, 200)
        assert first.json()["number"] == again.json()["number"]
        _lost_answer(port, token, other, lambda: value(house, "SELECT count(*) FROM card") == 2)
        assert _send(url, token, other).status_code == 200
    assert value(house, "SELECT count(*) FROM stamp WHERE status = 'used'") == 2
    assert books(house) == []
