"""Commands beside a running `up` send people to its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from postcards import config
from postcards.cli.edge import as_reached, cards_of, tools
from postcards.db import NewerDatabase
from postcards.embedded.holding import RunningHome, hold_servers
from postcards.errors import Unavailable
from tests.plugins.cast import MASTER_KEY, House


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


@pytest.mark.parametrize(
    ("stands_at", "refusal", "words"),
    [("9999", NewerDatabase, "made by a newer version"), ("0001", Unavailable, "Run `postcards db upgrade`")],
)
def test_a_command_says_whether_the_database_is_newer_or_older(
    house: House, monkeypatch: pytest.MonkeyPatch, stands_at: str, refusal: type[Exception], words: str
) -> None:
    here = house.kit.settings
    given = {"HOME": str(here.home), "DATABASE_URL": here.database_url, "MASTER_KEY": MASTER_KEY}
    for name, value in (given | {"SECRET_KEY": here.secret_key}).items():
        monkeypatch.setenv(f"POSTCARDS_{name}", value)
    with house.kit.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": stands_at})
    with pytest.raises(refusal, match=words), tools():
        pass


def test_one_card_is_one_card() -> None:
    assert [cards_of(n) for n in (0, 1, 2)] == ["0 cards", "1 card", "2 cards"]
