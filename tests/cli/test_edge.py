"""Commands beside a running `up` send people to its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from postcards import config
from postcards.cli.edge import as_reached, cards_of
from postcards.embedded.holding import RunningHome, hold_servers


@pytest.mark.parametrize(
    ("listens", "told"),
    [
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("http://0.0.0.0:8001", "http://127.0.0.1:8001"),
        ("http://[::]:8001", "http://[::1]:8001"),
        ("", "http://127.0.0.1:8000"),  # a mere command runs the servers
    ],
)
def test_links_lead_to_the_up_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: str, told: str
) -> None:
    monkeypatch.delenv("POSTCARDS_PUBLIC_URL", raising=False)
    settings = config.load({"POSTCARDS_HOME": str(tmp_path / "home")})
    assert as_reached(settings).public_url == "http://127.0.0.1:8000"
    holding = hold_servers(settings.home)
    try:
        holding.tell(RunningHome(1, "", "", address=listens, ready=True))
        assert as_reached(settings).public_url == told
        monkeypatch.setenv("POSTCARDS_PUBLIC_URL", "https://cards.example.org")
        assert as_reached(config.load()).public_url == "https://cards.example.org"
    finally:
        holding.release()


def test_one_card_is_one_card() -> None:
    assert [cards_of(n) for n in (0, 1, 2)] == ["0 cards", "1 card", "2 cards"]
