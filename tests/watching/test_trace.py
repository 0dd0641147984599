"""A surprise is told by types, places and lines of code; what people typed stays out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from postcards.errors import Unavailable
from postcards.logs import trace
from postcards.logs.trace import CAUSES, kind, place

PLANTED = "Ona Petraitienė"


def caught(broken) -> BaseException:
    try:
        broken()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look at
        return error
    raise AssertionError("nothing was raised")


def test_the_detail_of_a_database_error_is_left_out(engine: Engine) -> None:
    """PostgreSQL quotes the row, `Key (name)=(…) already exists`; its words for the schema remain."""

    def twice() -> None:
        with engine.begin() as connection:
            for _ in range(2):
                connection.execute(
                    text("INSERT INTO heartbeat (name, at) VALUES (:name, now())"), {"name": PLANTED}
                )

    error = caught(twice)
    assert PLANTED in str(error), "else this proves nothing"
    told = trace(error)
    assert PLANTED not in told
    assert "sqlstate=23505" in told
    assert "table=heartbeat" in told
    assert "constraint=pk_heartbeat" in told
    assert "tests/watching/test_trace.py" in told
    assert "in twice" in told


def test_a_value_that_a_database_could_not_read_is_left_out(engine: Engine) -> None:
    def read() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT CAST(:name AS int)"), {"name": PLANTED})

    error = caught(read)
    assert isinstance(error, DBAPIError)
    assert PLANTED in str(error.orig)
    assert PLANTED not in trace(error)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: dict[str, str]()[PLANTED],
        lambda: int(PLANTED),
        Path(f"/nowhere/{PLANTED}").read_text,
        lambda: getattr(1, PLANTED),
    ],
    ids=["key", "value", "file", "attribute"],
)
def test_the_words_of_an_exception_and_its_variables_are_left_out(broken) -> None:
    def with_a_variable() -> None:
        name = PLANTED
        broken()
        raise AssertionError(name)

    error = caught(with_a_variable)
    assert PLANTED in str(error)
    assert PLANTED not in trace(error)
    assert trace(error).startswith(type(error).__name__)


def test_causes_are_told_in_turn_and_only_so_many() -> None:
    def chain() -> None:
        try:
            int(PLANTED)
        except ValueError as error:
            raise Unavailable(PLANTED, code="busy") from error

    told = trace(caught(chain))
    assert told.splitlines()[0] == "postcards.errors.Unavailable code=busy"
    assert "because of\nValueError" in told
    assert PLANTED not in told

    endless = ValueError()
    for _ in range(50):
        later = ValueError()
        later.__cause__ = endless
        endless = later
    assert trace(endless).count("because of") == CAUSES - 1


def test_it_names_the_place_and_the_number_of_a_fault_of_the_machine() -> None:
    error = caught(Path("/nowhere/at/all").read_text)
    assert kind(error) == "FileNotFoundError errno=2"
    assert "pathlib.py:" in place(error)
