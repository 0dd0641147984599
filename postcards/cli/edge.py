"""What every command needs: the tools, the clock, who is asking, and how to answer."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from postcards import config, db, embedded, jobs, logs
from postcards.config import Settings
from postcards.errors import Unavailable
from postcards.kit import Kit, assemble

#: How the journal names whoever sits at the operator's terminal.
BY = "cli"

as_json = click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")


def now() -> dt.datetime:
    """The command's clock."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def tools() -> Iterator[Kit]:
    """This will open the tools on the running `up`, on the servers that the settings name, or on our own."""
    settings = as_reached(embedded.with_secrets(config.load()))
    logs.configure("cli", level="warning")  # on standard error: the answer is for scripts too
    with embedded.attach_or_start(settings) as servers:
        settings = replace(settings, database_url=servers.database_url, broker_url=servers.broker_url)
        jobs.connect(settings.broker_url)
        made = assemble(settings, name="postcards-cli", pool_size=4)
        try:
            _migrated(made, ours=not config.load().database_url)
            yield made
        finally:
            jobs.disconnect()
            made.close()


def as_reached(settings: Settings) -> Settings:
    """This will let links and QR codes lead to the `up` that runs on this HOME, unless PUBLIC_URL says where."""
    house = None if public_url_is_given() else embedded.running(settings.home)
    return replace(settings, public_url=reachable(house.address)) if house and house.address else settings


def public_url_is_given() -> bool:
    """This will say whether the operator has set the address that people use."""
    return "POSTCARDS_PUBLIC_URL" in os.environ or "POSTCARDS_PUBLIC_URL_FILE" in os.environ


def reachable(address: str) -> str:
    """This will name this machine itself in the address of a server that listens on all of its addresses."""
    for every, here in (("://0.0.0.0:", "://127.0.0.1:"), ("://[::]:", "://[::1]:")):
        address = address.replace(every, here)
    return address


def _migrated(made: Kit, *, ours: bool) -> None:
    with made.engine.connect() as connection:
        if db.is_current(connection):
            return
        db.refuse_newer(connection)
    if not ours:
        raise Unavailable("The database is not at the newest migration. Run `postcards db upgrade` first.")
    db.upgrade(made.settings.database_url)


def cards_of(n: int) -> str:
    """This will say how many cards, "1 card" or "2 cards"."""
    return f"{n} card{'' if n == 1 else 's'}"


def answer(value: Any) -> None:
    """This will print data as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    """Times as ISO 8601 has them, as over HTTP; ids as they are written."""
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
