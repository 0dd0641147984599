"""The one place that opens transactions and commits them; what must follow a commit is told here."""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from postcards.errors import Denied, Unavailable

#: Server-side bounds of each of our connections, so that a hung client holds nothing for long (DESIGN idea 1).
BOUNDS = {
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "20s",
    "transaction_timeout": "120s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

#: SQLSTATE classes after which the same request may succeed: connection lost, resources, operator intervention,
#: lock not available, serialization and deadlock (PostgreSQL manual, appendix A).
LOCK_NOT_AVAILABLE = "55P03"
_PASSING = ("08", "53", "57", LOCK_NOT_AVAILABLE, "40001", "40P01", "25P03", "25P04")


def make_engine(url: str, *, pool_size: int = 10, max_overflow: int = 10, name: str = "postcards") -> Engine:
    """This will make a pooled engine on PostgreSQL, with our bounds set on every connection."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=2,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,  # what people typed stays out of error texts and logs
        connect_args=_bounded(name),
    )


def _bounded(name: str) -> dict[str, Any]:
    """What every connection of ours is opened with."""
    return {
        "options": " ".join(f"-c {key}={value}" for key, value in BOUNDS.items()),
        "application_name": name,
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "prepare_threshold": 2,
    }


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """This will open one READ COMMITTED transaction, commit it at the end, then run what waits for the commit.

    Raises `Unavailable` when the database is away or busy; everything is rolled back then.
    """
    with _passing_as_unavailable(), Session(engine, expire_on_commit=False) as session:
        with session.begin():
            yield session
        _run_after_commit(session)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """This will open one REPEATABLE READ, read-only transaction: every query in it sees the same instant."""
    with _passing_as_unavailable(), engine.connect() as connection:
        fixed = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with Session(fixed, expire_on_commit=False) as session, session.begin():
            yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """This will open a session on an AUTOCOMMIT engine, for look-ups that need no common instant."""
    with _passing_as_unavailable(), Session(engine, expire_on_commit=False) as session:
        yield session


class AtOnce:
    """Runs statements that are whole transactions by themselves, straight on the driver's connections.

    For registering alone: there an engine's connection around the one statement cost 0.2 ms, a sixth of the whole
    request, and a new cursor for each another 0.05 ms, for a cursor that stays remembers the statement it ran last.
    As many connections are open as threads ever asked at the same moment; `close` closes them.
    """

    def __init__(self, engine: Engine, *, name: str) -> None:
        self._where = {**engine.dialect.create_connect_args(engine.url)[1], **_bounded(name)}
        self._idle: deque[psycopg.Cursor[tuple[Any, ...]]] = deque()  # each the one cursor of its connection

    def one(self, statement: bytes, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """This will run and commit the statement, and give its one row, None when it gave none.

        Raises `Unavailable` when the database is away or busy, `Clash` when a constraint forbids it.
        """
        cursor = None
        try:
            cursor = self._kept() or psycopg.connect(**self._where, autocommit=True).cursor()
            return cursor.execute(statement, values).fetchone()
        except psycopg.IntegrityError as error:
            raise Clash from error
        except psycopg.Error as error:
            if is_passing(error):
                raise _away() from error
            raise
        finally:
            if cursor is None or cursor.connection.closed:
                self.close()  # its neighbours are as dead: the next to ask opens one anew
            else:
                self._idle.append(cursor)

    def close(self) -> None:
        """This will close the connections that nobody uses just now."""
        while cursor := self._kept():
            cursor.connection.close()

    def _kept(self) -> psycopg.Cursor[tuple[Any, ...]] | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


class Clash(Exception):
    """A constraint of the database forbade the statement, so nothing of it was done."""


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """This will run `action` once this session's transaction is committed, and never when it is not.

    What it raises comes out of `transaction`, after all the others were tried; the work stays committed.
    """
    session.info.setdefault("after_commit", []).append(action)


def _run_after_commit(session: Session) -> None:
    """Each is tried, for none knows of the others; the first that failed is raised at the end, the rest are logged."""
    failures: list[Exception] = []
    for action in session.info.pop("after_commit", []):
        try:
            action()
        except Exception as failure:  # noqa: BLE001 - told below, when all were tried
            failures.append(failure)
    for other in failures[1:]:
        structlog.get_logger().error("after_commit_failed", exc_info=other)
    if failures:
        raise failures[0]


@contextmanager
def _passing_as_unavailable() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("Very busy just now. Please try again in a moment.", code="busy") from error
    except DBAPIError as error:
        if is_passing(error):
            raise _away() from error
        raise


def _away() -> Unavailable:
    return Unavailable(
        "The database is away for a moment. Nothing was lost; please try again.",
        code="database_away",
        retry_after=2,
    )


def is_passing(error: DBAPIError | psycopg.Error) -> bool:
    """This will tell whether the same work may succeed when it is tried again."""
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    if state is None:
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        return lost or isinstance(error, OperationalError | psycopg.OperationalError)
    return str(state).startswith(_PASSING)


def alembic_config(connection: Connection | None = None) -> Config:
    """This will give Alembic's configuration for our migrations, on `connection` when it is given."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


class NewerDatabase(Denied):
    """A version newer than this one has migrated the database: we do not know what stands in it."""

    code = "newer_database"


#: How long a migration waits for a table that somebody holds. All who come after it wait behind it, kiosks too, so it
#: is less than what a kiosk waits for a lock (BOUNDS), and the next try comes after a pause that lets them pass.
MIGRATION_LOCK_WAIT = dt.timedelta(seconds=2)
MIGRATION_PAUSE = dt.timedelta(seconds=5)
MIGRATION_TRIES = 12


def upgrade(
    url: str,
    revision: str = "head",
    *,
    lock_wait: dt.timedelta = MIGRATION_LOCK_WAIT,
    pause: dt.timedelta = MIGRATION_PAUSE,
    tries: int = MIGRATION_TRIES,
) -> None:
    """This will bring the database at `url` to `revision`, all or nothing; two at once wait for each other. Raises
    `Unavailable` when others hold a table at every try, `NewerDatabase`; then nothing has changed."""
    engine = create_engine(url)
    try:
        for left in reversed(range(tries)):
            try:
                return _upgrade(engine, revision, lock_wait)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                    raise
                if not left:
                    raise Unavailable(
                        "Others hold a table that the migration changes: a backup, a report, a session left open. "
                        "Nothing was changed. End it, then run `postcards db upgrade` again.",
                        code="migration_waits",
                    ) from error
            time.sleep(pause.total_seconds())
    finally:
        engine.dispose()


def _upgrade(engine: Engine, revision: str, lock_wait: dt.timedelta) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('postcards migrations'))"))
        wait = f"{lock_wait // dt.timedelta(milliseconds=1)}ms"
        connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": wait})
        refuse_newer(connection)
        command.upgrade(alembic_config(connection), revision)


def is_current(connection: Connection) -> bool:
    """This will tell whether the database stands at our newest migration."""
    from alembic.script import ScriptDirectory

    return _stands_at(connection) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def refuse_newer(connection: Connection) -> None:
    """This will raise `NewerDatabase` when the database stands at a migration that we do not know."""
    if unknown := _stands_at(connection) - revisions():
        raise NewerDatabase(
            f"This database was made by a newer version (its migration is {', '.join(sorted(unknown))}). "
            "Start that version, or restore the backup made before the upgrade."
        )


def _stands_at(connection: Connection) -> set[str]:
    from alembic.migration import MigrationContext

    return set(MigrationContext.configure(connection).get_current_heads())


def revisions() -> set[str]:
    """This will give the migrations that we know."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
