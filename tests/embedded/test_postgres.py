"""The embedded database: ours alone, durable where it should be, the same data after each start."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from postcards import embedded
from postcards.embedded import wheel
from postcards.embedded.home import SOCKET_PATH_BYTES
from tests.embedded.processes import alive, line_of, script, until

#: Starts the servers of a HOME, says the pids of both, and waits to be killed.
HOLD = """
import sys, time
from pathlib import Path
import psycopg, redis
from postcards import embedded
with embedded.servers(Path(sys.argv[1]), durable=False) as servers:
    folder = servers.database_url.partition("host=")[2]
    socket = servers.broker_url.removeprefix("redis+socket://")
    print("PIDS", (Path(sys.argv[1]) / "postgres/postmaster.pid").read_text().split()[0],
          redis.Redis(unix_socket_path=socket).info()["process_id"], flush=True)
    time.sleep(600)
"""


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_each_test_gets_a_database_of_its_own(engine: Engine) -> None:
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT current_database()"))
    assert isinstance(name, str)
    assert name.startswith("test_")


def test_data_stays_from_one_start_to_the_next(home: Path) -> None:
    with embedded.servers(home, durable=False) as servers, connect(servers.database_url) as first:
        first.execute("CREATE TABLE kept AS SELECT 'Vilnius' AS place")
    with embedded.servers(home, durable=False) as servers, connect(servers.database_url) as second:
        assert second.execute("SELECT place FROM kept").fetchall() == [("Vilnius",)]


def test_a_database_for_use_is_durable_and_sorts_by_code_point(home: Path) -> None:
    with embedded.servers(home, broker=False) as servers, connect(servers.database_url) as database:
        shown = {
            name: database.execute(f"SHOW {name}").fetchone()
            for name in (
                "fsync",
                "synchronous_commit",
                "full_page_writes",
                "listen_addresses",
                "data_checksums",
            )
        }
        provider = database.execute(
            "SELECT datlocprovider::text, datlocale, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
        upper = database.execute("SELECT upper('šiaulių 5 ß'), 'Š' ~ '[[:alpha:]]'").fetchone()
    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "full_page_writes": ("on",),
        "listen_addresses": ("",),
        "data_checksums": ("on",),
    }
    assert provider == ("b", "C.UTF-8", "UTF8")
    assert upper == ("ŠIAULIŲ 5 ß", True)
    assert servers.broker_url == ""


def test_only_the_servers_user_enters_its_folders_and_nobody_elses_mode_changes(tmp_path: Path) -> None:
    parent = tmp_path / "strict"
    parent.mkdir(mode=0o700)
    home = parent / "inner" / "home"
    try:
        with embedded.servers(home, durable=False) as servers, connect(servers.database_url):
            sockets = Path(servers.database_url.partition("host=")[2])
            data = (home / "postgres").resolve()
            expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
            for folder in (sockets, data):
                assert stat.S_IMODE(folder.stat().st_mode) == 0o700
                assert folder.stat().st_uid == expected
            broker = Path(servers.broker_url.removeprefix("redis+socket://"))
            assert stat.S_IMODE(broker.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(broker.stat().st_mode) == 0o700
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert {stat.S_IMODE(log.stat().st_mode) for log in (home / "logs").iterdir()} == {0o600}
    finally:
        embedded.remove_data(home)


def test_a_home_deep_down_still_gets_a_socket_and_cleans_up_after_itself(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 4)
    try:
        with embedded.servers(home, durable=False) as servers, connect(servers.database_url):
            broker = Path(servers.broker_url.removeprefix("redis+socket://"))
            assert len(os.fsencode(home / "run" / broker.name)) > SOCKET_PATH_BYTES
            assert len(os.fsencode(broker)) <= SOCKET_PATH_BYTES
            assert broker.parent.stat().st_uid == os.geteuid()
            assert stat.S_IMODE(broker.parent.stat().st_mode) == 0o700
        assert not broker.parent.exists()
    finally:
        embedded.remove_data(home)


def test_servers_follow_a_killed_parent_and_start_again(home: Path) -> None:
    with script(HOLD, home) as holder:
        pids = [int(pid) for pid in line_of(holder, "PIDS").split()]
        assert [alive(pid) for pid in pids] == [True, True]
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert until(lambda: not any(map(alive, pids)), seconds=8)
    with embedded.servers(home, durable=False) as servers, connect(servers.database_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_servers_start_at_once_after_a_killed_parent(home: Path) -> None:
    with script(HOLD, home) as holder:
        line_of(holder, "PIDS")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with embedded.servers(home, durable=False) as servers, connect(servers.database_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_the_pid_of_a_dead_server_may_be_somebody_elses_by_now(home: Path) -> None:
    """Even a program's of the same user, which PostgreSQL itself would take for the server."""
    with (
        embedded.servers(home, broker=False, durable=False) as servers,
        connect(servers.database_url) as database,
    ):
        folder = database.execute("SHOW unix_socket_directories").fetchone()
        lock = Path(str(folder[0] if folder else "")) / ".s.PGSQL.5432.lock"
        left = {path: path.read_text() for path in (home / "postgres" / "postmaster.pid", lock)}
    user = wheel.runner()
    as_user = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
    with subprocess.Popen(["sleep", "600"], **as_user) as somebody:  # type: ignore[call-overload]
        try:
            for path, words in left.items():
                path.write_text("\n".join([str(somebody.pid), *words.splitlines()[1:]]) + "\n")
            with (
                embedded.servers(home, broker=False, durable=False) as servers,
                connect(servers.database_url) as database,
            ):
                assert database.execute("SELECT 1").fetchone() == (1,)
        finally:
            somebody.kill()


def test_a_database_that_cannot_start_says_why(home: Path) -> None:
    with embedded.servers(home, broker=False, durable=False):
        pass
    (home / "postgres" / "PG_VERSION").write_text("9.1\n")
    with pytest.raises(embedded.DidNotStart, match="incompatible with server"), embedded.servers(home):
        pass
    assert embedded.running(home) is None


def test_a_half_made_cluster_is_made_anew(home: Path) -> None:
    with embedded.servers(home, broker=False, durable=False):
        pass
    data = (home / "postgres").resolve()
    data.rename(data.with_name(data.name + ".new"))  # as if killed before the last step
    with (
        embedded.servers(home, broker=False, durable=False) as servers,
        connect(servers.database_url) as database,
    ):
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_a_home_made_anew_never_meets_the_old_data(home: Path) -> None:
    with (
        embedded.servers(home, broker=False, durable=False) as servers,
        connect(servers.database_url) as first,
    ):
        first.execute("CREATE TABLE old AS SELECT 1 AS one")
    embedded.remove_data(home)
    with (
        embedded.servers(home, broker=False, durable=False) as servers,
        connect(servers.database_url) as second,
    ):
        assert second.execute("SELECT to_regclass('old')").fetchone() == (None,)


def test_the_wheels_programs_are_there_for_backups() -> None:
    assert {embedded.postgres_program(name).exists() for name in ("pg_dump", "pg_restore", "psql")} == {True}
    assert wheel.valkey_program().exists()
