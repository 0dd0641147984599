"""What follows a commit is tried to the last, also when some of it fails; of a rollback nothing follows."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from postcards.db import after_commit
from tests.plugins.cast import House


def failing(word: str) -> None:
    raise OSError(word)


def test_each_is_tried_and_the_first_failure_is_told(house: House) -> None:
    """A mail's letters and a destroyed key must go also when the line in the ledger could not be written."""
    done: list[str] = []

    def work() -> None:
        with house.begin() as session:
            session.execute(text("INSERT INTO heartbeat (name, at) VALUES ('beat', now())"))
            after_commit(session, lambda: done.append("one"))
            after_commit(session, lambda: failing("the first"))
            after_commit(session, lambda: done.append("two"))
            after_commit(session, lambda: failing("the second"))
            after_commit(session, lambda: done.append("three"))

    with pytest.raises(OSError, match="the first"):
        work()
    assert done == ["one", "two", "three"]
    with house.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM heartbeat")) == 1, "the work stays committed"


def test_after_a_rollback_nothing_follows(house: House) -> None:
    done: list[str] = []

    def work() -> None:
        with house.begin() as session:
            after_commit(session, lambda: done.append("one"))
            failing("no")

    with pytest.raises(OSError, match="no"):
        work()
    assert done == []
