"""The embedded database: ours alone, durable where it should be, the same data after each start."""

from __future__ import annotations

from sqlalchemy import Engine, text

from postcards import embedded


def test_each_test_gets_a_database_of_its_own(engine: Engine, servers: embedded.Servers) -> None:
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT current_database()"))
    assert isinstance(name, str)
    assert name.startswith("test_")
