"""The servers of a HOME for the time of a block: for one command, for a test session, for `up`."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from postcards.config import Settings
from postcards.embedded import holding as holdings
from postcards.embedded.home import make_home, socket_folder
from postcards.embedded.part import DidNotStart
from postcards.embedded.postgres import Postgres
from postcards.embedded.valkey import Valkey

#: How long a command waits for another one that holds the servers and has not said where they are.
PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the broker answer; `broker_url` is empty when none was wanted."""

    database_url: str
    broker_url: str


@contextlib.contextmanager
def servers(home: Path, *, broker: bool = True, durable: bool = True) -> Iterator[Servers]:
    """This will start the servers of HOME, and stop them at the end of the block.

    `durable=False` is for tests: faster, and a power cut may lose data. Other commands may use the servers
    meanwhile; the end waits for them. Raises `HomeTaken` when somebody else runs them, `DidNotStart`, and
    the refusals of `wheel` when the machine lacks what they need.
    """
    holding = holdings.hold_servers(home)
    try:
        with started(home, database=True, broker=broker, durable=durable) as running:
            urls = Servers(running[0].url, running[1].url if broker else "")
            holding.tell(holdings.RunningHome(os.getpid(), urls.database_url, urls.broker_url, ready=True))
            try:
                yield urls
            finally:
                holding.untell()
                holding.wait_for_guests()
    finally:
        holding.release()


@contextlib.contextmanager
def started(home: Path, *, database: bool, broker: bool, durable: bool) -> Iterator[list[Postgres | Valkey]]:
    """This will start those servers side by side, wait until they answer, and stop them in reverse order."""
    with socket_folder(home) as sockets, contextlib.ExitStack() as stops:
        running: list[Postgres | Valkey] = []
        if database:
            running.append(Postgres(home, sockets=sockets, durable=durable))
        if broker:
            running.append(Valkey(home, sockets=sockets, durable=durable))
        for server in running:
            stops.callback(server.stop)
            server.start()
        for server in running:
            server.wait()
        yield running


@contextlib.contextmanager
def attach_or_start(settings: Settings, *, broker: bool = False) -> Iterator[Servers]:
    """This will give a command its servers: those of the settings, else those that run, else its own.

    `broker` asks for one; without it `broker_url` is what is known, maybe empty. Two commands at once on a
    stopped HOME share the servers of the first, which stay until both are done.
    """
    if settings.database_url and (settings.broker_url or not broker):
        yield Servers(settings.database_url, settings.broker_url)
        return
    until = time.monotonic() + PATIENCE
    with contextlib.ExitStack() as stack:
        while True:
            make_home(settings.home)
            guest = stack.enter_context(contextlib.ExitStack())
            found = guest.enter_context(holdings.guest_of(settings.home))
            if found is not None and (found.broker_url or settings.broker_url or not broker):
                urls = Servers(found.database_url, found.broker_url)
                break
            guest.close()
            try:
                urls = stack.enter_context(servers(settings.home, broker=broker))
                break
            except holdings.HomeTaken as taken:
                if time.monotonic() > until:
                    raise DidNotStart(
                        f"{taken.message} It did not say where; try again in a moment."
                    ) from None
                time.sleep(0.1)
        yield Servers(settings.database_url or urls.database_url, settings.broker_url or urls.broker_url)
