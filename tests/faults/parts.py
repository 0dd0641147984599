"""Real workers and servers for the tests of faults: started by us, held at a point, ended by pid, by nobody else."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from postcards import config
from postcards.embedded.children import answers, web_arguments
from postcards.services import cards, dispatch
from postcards.services.checking import check_books
from tests.plugins.cast import House, Town


def environment(settings: config.Settings, broker_url: str) -> dict[str, str]:
    """This will give the environment in which a child knows what these settings say."""
    return os.environ | {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_BROKER_URL": broker_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }


@contextmanager
def worker(
    settings: config.Settings, broker_url: str, log: Path, *, more: Mapping[str, str] = {}
) -> Iterator[subprocess.Popen[bytes]]:
    """This will run a Celery worker with two processes, and beat in it, until the block ends."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--beat", "--concurrency", "2"]
    command += ["--schedule", str(settings.home / f"beat-{time.monotonic_ns()}"), "--loglevel", "info"]
    command += ["--without-gossip", "--without-mingle"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env=environment(settings, broker_url) | dict(more),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_until(lambda: b"ready." in log.read_bytes(), "the worker is ready", seconds=40)
        yield process
    finally:
        _end(process)


@contextmanager
def web(settings: config.Settings, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """This will run the real web server, two processes, in a group of its own, until the block ends."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", *web_arguments(settings, host="127.0.0.1", port=port)]
    env = environment(settings, "") | {"POSTCARDS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_until(lambda: answers("127.0.0.1", port, "/healthz", tls=False), "the web answers", seconds=60)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            kill_group(process)


@contextmanager
def held(house: House, table: str) -> Iterator[Callable[[], int | None]]:
    """This will keep everybody from a table until the block ends: whoever comes to it stands there.

    The function given tells the database's process that serves whoever stands there, or None.
    """
    url = sa.make_url(house.kit.settings.database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())

        def who_waits() -> int | None:
            row = holder.execute(
                "SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
            ).fetchone()
            return row[0] if row else None

        yield who_waits
        holder.rollback()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """This will end a process and its children at once, as a power cut would (it leads a group of its own)."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def wait_until(sees: Callable[[], object], what: str, *, seconds: float = 30) -> None:
    """This will wait until `sees()` is true; it fails naming `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not sees():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.1)


def now() -> dt.datetime:
    """The machine's own clock, as workers read it."""
    return dt.datetime.now(dt.UTC)


def value(house: House, statement: str) -> object:
    """This will give the one value of a query."""
    with house.begin() as session:
        return session.scalar(sa.text(statement))


def books(house: House) -> list[str]:
    """This will give what `check` finds: nothing, when the books agree."""
    with house.kit.snapshot() as session:
        findings = check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)
    return [f"{finding.subject}: {finding.message}" for finding in findings]


def print_cards(house: House, town: Town, cards_wanted: int) -> None:
    """This will register cards and record that they came out of the kiosk's printer."""
    for _ in range(cards_wanted):
        made = town.register()
        with house.begin() as session:
            cards.record_print(
                session,
                campaign_id=town.id,
                card_id=made.id,
                print_id=uuid.uuid4(),
                printed_at=house.at,
                reason=None,
                public_url=None,
                by="test",
                at=house.at,
            )


def seal(house: House, town: Town) -> None:
    """This will seal everything that is free to go."""
    dispatch.seal_all(
        house.kit.begin,
        campaign_id=town.id,
        edition=town.edition,
        vault=house.kit.vault,
        by="test",
        clock=now,
    )


def a_lease_later(begin: Callable[[], AbstractContextManager[Session]]) -> None:
    """This will let every lease be over, as it is when a minute or five have passed without a word."""
    leased = sa.text(
        "SELECT table_name FROM information_schema.columns"
        " WHERE column_name = 'claimed_until' AND table_schema = 'public'"
    )
    with begin() as session:
        for table in session.scalars(leased).all():
            session.execute(
                sa.text(f"UPDATE {table} SET claimed_until = now() WHERE claimed_until IS NOT NULL")
            )
