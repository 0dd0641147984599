"""`postcards db …`."""

from __future__ import annotations

import click

from postcards import config, embedded
from postcards import db as database


@click.group()
def db() -> None:
    """The database: migrations."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest migration."""
    with embedded.attach_or_start(config.load()) as servers:
        database.upgrade(servers.database_url)
    click.echo("The database is at the newest migration.")
