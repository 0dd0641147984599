"""The real servers of the test session, and a fresh, migrated database for each test that asks for one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine, make_url

from postcards import db, embedded
from tests.plugins.memory import home_in_memory
from tests.watching.writing import log_kept

#: Hypothesis tries the same at every run, and gives a busy machine its time: a red run is the change's doing.
#: `pytest --hypothesis-profile wild` goes looking for what nobody has tried yet.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("wild", deadline=None, max_examples=2_000)
settings.load_profile("steady")

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """A test that runs a command in this process leaves the log as it was."""
    with log_kept():
        yield


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Servers]:
    """PostgreSQL and Valkey, made for this session and thrown away after it."""
    with home_in_memory(tmp_path_factory.mktemp("servers")) as home:
        try:
            with embedded.servers(home, durable=False) as running:
                yield running
        finally:
            embedded.remove_data(home)


@pytest.fixture(scope="session")
def migrated_template(servers: embedded.Servers) -> str:
    """The name of a database that stands at the newest migration, to be copied and never used itself."""
    name = "template_migrated"
    _run(servers, f"CREATE DATABASE {name}")
    db.upgrade(_url(servers, name))
    _run(servers, f"ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false")
    return name


@pytest.fixture
def database_url(servers: embedded.Servers, migrated_template: str) -> Iterator[str]:
    """A database of this test's own, empty and migrated."""
    name = f"test_{next(_numbers)}"
    # Copying files costs the server less than writing the template through the log.
    _run(servers, f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY file_copy")
    yield _url(servers, name)
    _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on this test's own database, as the web and the workers make theirs."""
    made = db.make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def broker_url(servers: embedded.Servers) -> str:
    """The broker, emptied before the test."""
    import redis

    with redis.Redis(unix_socket_path=servers.broker_url.removeprefix("redis+socket://")) as broker:
        broker.flushall()
    return servers.broker_url


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A HOME of this test's own, not there yet; what root keeps outside of it goes with it."""
    place = tmp_path / "home"
    yield place
    embedded.remove_data(place)


@contextmanager
def new_database(servers: embedded.Servers) -> Iterator[str]:
    """This will make an empty database, without tables, and drop it afterwards."""
    name = f"empty_{next(_numbers)}"
    _run(servers, f"CREATE DATABASE {name}")
    yield _url(servers, name)
    _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


def _url(servers: embedded.Servers, database: str) -> str:
    return make_url(servers.database_url).set(database=database).render_as_string(hide_password=False)


def _run(servers: embedded.Servers, statement: str) -> None:
    conninfo = servers.database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())
