"""`postcards check` where the books differ: the exact rows in words and as JSON, and the exit code that cron sees."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from postcards import config
from postcards.cli.root import cli
from tests.plugins.cast import House


@pytest.fixture
def checks(settings: config.Settings) -> Any:
    """Types `check …` at the terminal; gives the exit code and what it printed."""
    env = {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner(env=env).invoke(cli, ["check", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout

    return run


def test_check_ends_with_1_and_names_the_rows_that_differ(checks: Any, house: House) -> None:
    today = replace(house, at=dt.datetime.now(dt.UTC))
    vilnius, bucharest = today.open_campaign("vilnius"), today.open_campaign("romania")
    bucharest.register(language="ro")
    assert checks() == (0, "The books agree.\n")
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text("DELETE FROM stamp WHERE campaign_id = :id AND number IN (7, 9)"), {"id": vilnius.id}
        )
    code, words = checks()
    told = words.splitlines()
    assert (code, told[-1]) == (1, f"{len(told) - 1} differences.")
    for number in (7, 9):
        assert [line for line in told if f"no stamp {number}" in line and "vilnius" in line], words
    code, words = checks("vilnius", "--json")
    found = json.loads(words)
    assert (code, found["ok"]) == (1, False)
    assert [f"{one['subject']}: {one['message']}" for one in found["findings"]] == told[:-1]
    assert {one["kind"] for one in found["findings"]} == {"stamp_missing"}
    assert checks("vilnius") == (1, "\n".join(told) + "\n")
    assert checks(bucharest.slug) == (0, "The books agree.\n")
    assert checks(bucharest.slug, "--json")[0] == 0
