"""Power cuts: jobs that stand still at their worst moment, and all processes of a house that end in one sweep."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import sqlalchemy as sa

from postcards import config, embedded, jobs, kit
from postcards.queries import campaigns
from tests.faults.parts import now, wait_until
from tests.plugins.cast import House, Town

#: The first key of the advisory locks that jobs stand at.
STANDING = 4711


@contextmanager
def inside(home: Path, slug: str = "vilnius") -> Iterator[Town]:
    """This will give a campaign of a running `up`, through tools of our own on its servers."""
    known = embedded.running(home)
    assert known is not None
    told = {"HOME": str(home), "DATABASE_URL": known.database_url, "BROKER_URL": known.broker_url}
    settings = embedded.with_secrets(config.load({f"POSTCARDS_{name}": what for name, what in told.items()}))
    tools = kit.assemble(settings, name="test", pool_size=4)
    jobs.connect(settings.broker_url)
    try:
        house = House(tools, now())
        with house.begin() as session:
            campaign_id = session.scalar(
                sa.text("SELECT id FROM campaign WHERE slug = :slug"), {"slug": slug}
            )
            assert campaign_id is not None
            edition = campaigns.edition(session, campaign_id)
        yield Town(house, campaign_id, slug, edition, [])
    finally:
        jobs.disconnect()
        tools.close()


class Standing:
    """Whoever files a list, logs a print or writes down that a mail was sent stands there, until the power goes.

    The trigger stays in the database and lets everybody through when this has ended.
    """

    TABLES = ("manifest_file", "print_log", "mail")

    def __init__(self, house: House) -> None:
        url = sa.make_url(house.kit.settings.database_url).set(drivername="postgresql")
        self._line = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
        self._line.execute(
            "CREATE FUNCTION stand() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_advisory_xact_lock_shared({STANDING}, TG_RELID::int); RETURN NEW; END $$".encode()
        )
        for table in self.TABLES:
            when = "UPDATE ON mail FOR EACH ROW WHEN (NEW.status = 'sent')"
            if table != "mail":
                when = f"INSERT ON {table} FOR EACH ROW"
            self._line.execute(f"SELECT pg_advisory_lock({STANDING}, '{table}'::regclass::int)".encode())
            self._line.execute(f"CREATE TRIGGER stand BEFORE {when} EXECUTE FUNCTION stand()".encode())

    def wait_for(self, table: str) -> None:
        """This will wait until somebody has come to this table, and hold the process that serves them."""
        wait_until(lambda: self._holds(table), f"somebody comes to {table}", seconds=90)

    def _holds(self, table: str) -> bool:
        served_by = self._who_waits(table)
        if served_by is None:
            return False
        os.kill(served_by, signal.SIGSTOP)  # a wait for a lock ends after five seconds, this one does not
        if self._who_waits(table) == served_by:
            return True
        os.kill(served_by, signal.SIGCONT)
        return False

    def _who_waits(self, table: str) -> int | None:
        row = self._line.execute(
            "SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND classid = %s"
            " AND objid = %s::regclass",
            [STANDING, table],
        ).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """This will end our own line to the database, which is dead by then."""
        self._line.close()


def power_cut(*roots: subprocess.Popen[bytes] | subprocess.Popen[str]) -> list[str]:
    """This will end these processes and all below them, and give their command lines.

    All are held before the first one ends: nobody sees another fall, so nobody is asked to stop or says goodbye.
    """
    held: dict[int, str] = {}
    while fresh := {pid: line for root in roots for pid, line in below(root.pid).items() if pid not in held}:
        for pid in fresh:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        held |= fresh
    for pid in held:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for root in roots:
        assert root.wait(timeout=60) == -signal.SIGKILL
    return list(held.values())


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """This will let a process of ours do nothing until the block ends."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def kill_below(parent: int, name: str) -> None:
    """Ends them at once. The guard above one falls, too, and may take it down before its own turn comes."""
    found = [pid for pid, line in below(parent).items() if pid != parent and name in line]
    assert found, name
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def below(parent: int) -> dict[int, str]:
    """The process `parent` and all below it, with their command lines; ours, for `parent` is."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = (int(status.rpartition(")")[2].split()[1]), command)
    found = {parent}
    while grown := {pid for pid, (above, _) in parents.items() if above in found} - found:
        found |= grown
    return {pid: parents[pid][1] for pid in found if pid in parents}
