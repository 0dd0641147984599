"""What every command needs: the tools, the clock, who is asking, and how to answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from postcards import config, db, embedded, jobs
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
    settings = embedded.with_secrets(config.load())
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


def _migrated(made: Kit, *, ours: bool) -> None:
    with made.engine.connect() as connection:
        current = db.is_current(connection)
    if current:
        return
    if not ours:
        raise Unavailable("The database is not at the newest migration. Run `postcards db upgrade` first.")
    db.upgrade(made.settings.database_url)


def answer(value: Any) -> None:
    """This will print data as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
