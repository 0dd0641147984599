"""A HOME of one machine: secrets made once, servers held by one, shared by many."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from postcards import config, embedded
from tests.embedded.processes import line_of, script

MAKE = """
import sys
from postcards import config, embedded
made = embedded.make_secrets(config.load({"POSTCARDS_HOME": sys.argv[1]}))
print("MADE", made.secret_key.read_text().strip(), made.master_key.read_text().strip(), flush=True)
"""
#: A command: says which server it has, uses it until it is given a line, says how many did so.
COMMAND = """
import sys
import psycopg
from postcards import config, embedded
with embedded.attach_or_start(config.load({"POSTCARDS_HOME": sys.argv[1]})) as servers:
    url = servers.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(1)")
        database.execute("CREATE TABLE IF NOT EXISTS seen (place text)")
        database.execute("SELECT pg_advisory_unlock(1)")
        started = database.execute("SELECT pg_postmaster_start_time()").fetchone()[0]
        print("HAS", started.isoformat(), flush=True)
        sys.stdin.readline()
        database.execute("INSERT INTO seen VALUES ('here')")
        print("DONE", database.execute("SELECT count(*) FROM seen").fetchone()[0], flush=True)
"""
HOLD_LOCK = """
import sys, time
from pathlib import Path
from postcards.embedded.holding import RunningHome, hold_servers
holding = hold_servers(Path(sys.argv[1]))
holding.tell(RunningHome(4711, "postgresql://x", "redis://x", "http://127.0.0.1:8000", 8000, ready=True))
print("HELD", flush=True)
time.sleep(600)
"""


def settings_of(home: Path) -> config.Settings:
    return config.load({"POSTCARDS_HOME": str(home)})


def test_secrets_are_private_and_made_once(home: Path) -> None:
    made = embedded.make_secrets(settings_of(home))
    first = made.secret_key.read_text(), made.master_key.read_text()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.secret_key, made.master_key)} == {0o600}
    again = embedded.make_secrets(settings_of(home))
    assert (again.secret_key.read_text(), again.master_key.read_text()) == first
    assert first[0] != first[1]
    full = embedded.with_secrets(settings_of(home))
    assert (full.secret_key, full.master_key) == (first[0].strip(), first[1].strip())
    config.load({"POSTCARDS_SECRET_KEY_FILE": str(made.secret_key), "POSTCARDS_MASTER_KEY": full.master_key})


def test_secrets_that_are_given_are_not_made(home: Path) -> None:
    given = config.load(
        {"POSTCARDS_HOME": str(home), "POSTCARDS_SECRET_KEY": "s" * 40, "POSTCARDS_MASTER_KEY": "0" * 64}
    )
    assert embedded.with_secrets(given) == given
    assert not home.exists()


def test_only_the_secret_that_is_not_given_is_made(home: Path) -> None:
    given = config.load({"POSTCARDS_HOME": str(home), "POSTCARDS_MASTER_KEY": "0" * 64})
    full = embedded.with_secrets(given)
    assert (full.master_key, len(full.secret_key)) == ("0" * 64, 64)
    assert not (home / "MASTER_KEY").exists()  # it would be taken for the one that the data hangs on


@pytest.mark.parametrize("holds", ["{}", '{"a": {"campaign": "vilnius"', ""])
def test_no_master_key_is_made_beside_the_data_keys_of_another(home: Path, holds: str) -> None:
    settings = settings_of(home)
    settings.keys_file.parent.mkdir(parents=True)
    settings.keys_file.write_text(holds)
    with pytest.raises(
        embedded.MasterKeyLost, match=r"Put it back .* `postcards keys recover FILE`"
    ) as refused:
        embedded.with_secrets(settings)
    assert str(settings.keys_file) in refused.value.message
    assert not (home / "MASTER_KEY").exists()
    given = config.load({"POSTCARDS_HOME": str(home), "POSTCARDS_MASTER_KEY": "0" * 64})
    assert embedded.with_secrets(given).master_key == "0" * 64
    (home / "MASTER_KEY").write_text("1" * 64)
    assert embedded.with_secrets(settings).master_key == "1" * 64


def test_no_master_key_is_made_beside_a_database_whose_keys_are_gone(home: Path) -> None:
    embedded.make_secrets(settings_of(home)).master_key.unlink()
    (home / "postgres").symlink_to(home / "outside")  # for root it is a link, and may point nowhere
    with pytest.raises(
        embedded.MasterKeyLost, match=r"sealed in the database .* `postcards keys recover FILE`"
    ):
        embedded.with_secrets(settings_of(home))
    assert not (home / "MASTER_KEY").exists()


@pytest.mark.parametrize("holds", [b"", b"12ab\n", b"\xff" * 64, b"g" * 64])
def test_a_master_key_that_the_disk_has_spoiled_is_refused(home: Path, holds: bytes) -> None:
    embedded.make_secrets(settings_of(home)).master_key.write_bytes(holds)
    with pytest.raises(embedded.MasterKeyLost, match="is damaged: it should hold 64"):
        embedded.with_secrets(settings_of(home))
    assert (home / "MASTER_KEY").read_bytes() == holds


def test_processes_at_once_make_one_pair_of_secrets(home: Path) -> None:
    with script(MAKE, home) as a, script(MAKE, home) as b, script(MAKE, home) as c:
        said = {line_of(one, "MADE") for one in (a, b, c)}
    assert len(said) == 1


def test_a_home_that_is_there_keeps_its_mode(home: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    embedded.make_secrets(settings_of(home))
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_whoever_holds_a_home_is_named_until_it_dies(home: Path) -> None:
    assert embedded.running(home) is None
    with script(HOLD_LOCK, home) as holder:
        line_of(holder, "HELD")
        running = embedded.running(home)
        assert running is not None
        assert (running.pid, running.port, running.broker_url) == (4711, 8000, "redis://x")
        with (
            pytest.raises(embedded.HomeTaken, match=r"4711 at http://127\.0\.0\.1:8000"),
            embedded.servers(home),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    # The note is still there, and names a process number that lives: ours. The lock is gone, which decides.
    note = home / "run" / "running.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"pid": os.getpid()}))
    assert embedded.running(home) is None


def test_commands_use_the_servers_that_are_given(home: Path) -> None:
    given = config.load(
        {
            "POSTCARDS_HOME": str(home),
            "POSTCARDS_DATABASE_URL": "postgresql://db.example/cards",
            "POSTCARDS_BROKER_URL": "redis://broker.example",
        }
    )
    with embedded.attach_or_start(given, broker=True) as servers:
        assert servers == embedded.Servers("postgresql+psycopg://db.example/cards", "redis://broker.example")
    assert not home.exists()


def test_two_commands_at_once_share_one_database(home: Path) -> None:
    with script(COMMAND, home) as first, script(COMMAND, home) as second:
        assert line_of(first, "HAS") == line_of(second, "HAS")
        go_on(first)
        assert line_of(first, "DONE") == "1"
        go_on(second)
        assert line_of(second, "DONE") == "2"
        assert [first.wait(30), second.wait(30)] == [0, 0]
    assert embedded.running(home) is None


def test_a_command_after_another_starts_its_own(home: Path) -> None:
    with script(COMMAND, home) as first:
        started = line_of(first, "HAS")
        go_on(first)
        assert first.wait(30) == 0
    with script(COMMAND, home) as second:
        assert line_of(second, "HAS") != started
        go_on(second)
        assert line_of(second, "DONE") == "2"
        assert second.wait(30) == 0


def test_a_command_uses_the_servers_of_whoever_runs_them(home: Path) -> None:
    with (
        embedded.servers(home, durable=False) as ours,
        embedded.attach_or_start(settings_of(home), broker=True) as found,
    ):
        assert found == ours


def test_servers_wait_for_the_command_that_uses_them(home: Path) -> None:
    with contextlib.ExitStack() as stack:
        with embedded.servers(home, broker=False, durable=False):
            guest = stack.enter_context(script(COMMAND, home))
            line_of(guest, "HAS")
            threading.Timer(1.0, go_on, [guest]).start()
            leaving = time.monotonic()
        assert time.monotonic() - leaving > 0.9
        assert line_of(guest, "DONE") == "1"
        assert guest.wait(30) == 0


def go_on(command: subprocess.Popen[str]) -> None:
    assert command.stdin is not None
    command.stdin.write("\n")
    command.stdin.flush()
