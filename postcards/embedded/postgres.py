"""PostgreSQL 18 for one machine: a cluster of our own, on a unix socket in a folder that only we enter."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from postcards.embedded import home as homes
from postcards.embedded import wheel
from postcards.embedded.part import DidNotStart, Part
from postcards.embedded.process import Process, Runner, open_log

ROLE = "postcards"
DATABASE = "postcards"
#: initdb takes 1-4 s on a small machine; recovery after a crash replays at most `max_wal_size`.
START_SECONDS = 120.0
#: How long the servers of a killed `up` may take to leave.
LEAVE_SECONDS = 15.0

#: What every cluster runs with, besides the two sizes of durability. Errors are logged without the DETAIL
#: line and without the statement, for both may quote what people entered.
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
#: For tests: what a power cut would lose is thrown away anyway.
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
            "max_wal_senders": "0"}  # fmt: skip


class Postgres(Part):
    """The cluster of one HOME. `sockets` is the folder for ours; root's has its own beside the data."""

    name = "database"
    start_seconds = START_SECONDS

    def __init__(self, home: Path, *, sockets: Path, durable: bool) -> None:
        self.home = home
        self.durable = durable
        self.runner = wheel.runner()
        self.data = _place(home, self.runner)
        self.sockets = sockets if self.runner is None else self.data.parent / "run"

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the database."""
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={quote(str(self.sockets))}"

    def launch(self) -> Process:
        """This will start the server, making the cluster the first time, and return before it answers."""
        lock = homes.open_lock(self.home, "postgres")
        try:
            # The server and all its children inherit this lock, so a free lock means that none is left.
            if not homes.take_within(lock, LEAVE_SECONDS):
                raise DidNotStart(
                    f"The database of {self.home} is still in use by an earlier run; try again."
                )
            programs = wheel.server_programs(self.runner)
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster(programs / "initdb", lock)
            self._forget_the_dead()
            _own_folder(self.sockets, self.runner)
            options = OPTIONS | (DURABLE if self.durable else FLEETING)
            options["unix_socket_directories"] = str(self.sockets)
            return Process(
                [programs / "postgres", "-D", self.data, *(f"--{k}={v}" for k, v in options.items())],
                log=self.home / "logs" / "postgres.log",
                env=_environment(),
                cwd=self.data.parent,
                stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
                grace=4,
                runner=self.runner,
                keep=[lock],
            )
        finally:
            os.close(lock)

    def wait(self) -> None:
        """This will return when our database is there and answers."""
        super().wait()
        self._make_database()

    def is_ready(self) -> bool:
        """This will say whether the server takes connections."""
        try:
            psycopg.connect(self._conninfo("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _conninfo(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self.sockets), user=ROLE, dbname=database, connect_timeout=10
        )

    def _make_cluster(self, initdb: Path, lock: int) -> None:
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)  # of one that was killed halfway
        _own_folder(fresh, self.runner)
        user = {} if self.runner is None else {
            "user": self.runner.uid, "group": self.runner.gid, "extra_groups": []
        }  # fmt: skip
        with open_log(self.home / "logs" / "postgres.log") as log:
            made = subprocess.run(
                [
                    *(initdb, "-D", fresh, "--username", ROLE, "--auth", "trust", "--encoding", "UTF8"),
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                    *("--no-instructions", *(() if self.durable else ("--no-sync",))),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd=fresh.parent,
                pass_fds=[lock],
                check=False,
                **user,  # type: ignore[call-overload]
            )
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            words = made.stderr.decode("utf-8", "replace").strip()
            raise DidNotStart(f"The database could not be made in {self.data}:\n{words}")
        fresh.rename(self.data)

    def _forget_the_dead(self) -> None:
        """A killed server leaves its pid behind, and after a reboot that number may be somebody else's."""
        left = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(left.read_text(encoding="utf-8").splitlines()[0])
            if _program_of(pid).startswith("postgres"):
                raise DidNotStart(
                    f"The database in {self.data} is in use by process {pid}, which is not ours."
                )
        left.unlink(missing_ok=True)
        # PostgreSQL believes the one beside its socket while any process of the same user has that number, be it
        # another program by now or a dead one that nobody has waited for yet.
        (self.sockets / f"{homes.LONGEST_SOCKET}.lock").unlink(missing_ok=True)


def remove_data(home: Path) -> None:
    """This will delete the cluster of a stopped HOME, also the part that root keeps outside. For tests."""
    place = home / "postgres"
    if place.is_symlink():
        outside = place.resolve().parent
        if outside.parent == wheel.OUTSIDE:
            shutil.rmtree(outside, ignore_errors=True)
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _place(home: Path, user: Runner | None) -> Path:
    """This will return the data folder: HOME/postgres, for root a link from there to `OUTSIDE`.

    The name outside is random, and the link in HOME is what remembers it: a HOME made anew never meets
    the data of an earlier one at the same path, whose keys are gone, and a HOME that is moved keeps its own.
    """
    place = home / "postgres"
    if user is None:
        if place.is_symlink() and not os.access(place, os.R_OK | os.X_OK):
            raise wheel.NotPossible(f"The database of {home} was made by root: run this as root as well.")
        return place
    if place.is_symlink():
        return place.readlink()
    if place.exists():
        raise wheel.NotPossible(
            f"The database of {home} was made by an ordinary user: run this as that user, not as root."
        )
    folder = wheel.outside() / secrets.token_hex(8)
    folder.mkdir()
    folder.chmod(0o711)  # its parts have their own locks; the database's user passes through
    (folder / "HOME").write_text(f"{home}\n", encoding="utf-8")  # for whoever wonders whose this is
    place.symlink_to(folder / "data")
    return folder / "data"


def _own_folder(folder: Path, user: Runner | None) -> None:
    """This will make a folder of mode 0700 that belongs to the server's user; one that is there stays."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)


def _environment() -> dict[str, str]:
    """Nothing of ours: a stray PGDATA or LANG must not change what we start."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _program_of(pid: int) -> str:
    """This will return the name of the program that a process runs, empty when there is no such process."""
    if Path("/proc/self/cmdline").exists():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return ""
        return Path(os.fsdecode(words[0])).name
    found = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()).name
