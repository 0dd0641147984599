"""`postcards db …`: migrations, backup, restore."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from postcards import config, embedded
from postcards import db as database
from postcards.cli import backup as backups
from postcards.cli.edge import BY, cards_of, now, tools
from postcards.errors import Denied
from postcards.gateways.erasure_ledger import LedgerDamaged, Line
from postcards.services import erasure_replay, overs

LEDGER_HELP = "A copy of erasures.ledger from elsewhere; may be given more than once."


@click.group()
def db() -> None:
    """The database: migrations, backup, restore."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest migration."""
    settings = config.load()
    if not settings.database_url:
        # First in a new HOME: no database of ours stands there without its MASTER_KEY.
        settings = embedded.with_secrets(settings)
    with embedded.attach_or_start(settings) as servers:
        database.upgrade(servers.database_url)
    click.echo("The database is at the newest migration.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of database and files to FILE, without the data keys; also on a live system."""
    began = time.monotonic()
    with tools() as kit:
        made = backups.make_backup(kit, file.absolute())
    counted = made["counts"]
    click.echo(
        f"{file}: {counted['cards']} cards of {counted['campaigns']} campaigns, {len(made['members']) - 2} files, "
        f"{file.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.1f} s."
    )
    click.echo(
        "People's data in it opens only with MASTER_KEY and the data keys: `postcards keys escrow` puts those away, "
        "to another place than this file."
    )


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--ledger", "ledgers", type=click.Path(path_type=Path), multiple=True, help=LEDGER_HELP)
def restore(file: Path, ledgers: tuple[Path, ...]) -> None:
    """Bring a backup back into an empty POSTCARDS_HOME or database, without those erased since; prove the books."""
    settings = backups.with_master_key(config.load())
    if embedded.running(settings.home) is not None:
        raise Denied(
            "`postcards up` runs on this POSTCARDS_HOME. Stop it, or name a new folder.", code="home_taken"
        )
    if not (settings.master_key or settings.database_url):
        # What cannot be restored leaves no database without its MASTER_KEY behind: `up` would refuse to begin there.
        backups.looked_through(settings, file.absolute(), ledgers=ledgers)
    with embedded.attach_or_start(settings) as servers:
        settings = replace(settings, database_url=servers.database_url)
        manifest, replayed = backups.load_backup(settings, file.absolute(), ledgers=ledgers)
        counted = manifest["counts"]
        click.echo(
            f"Restored what stood there at {manifest['made_at']}: {counted['cards']} cards of "
            f"{counted['campaigns']} campaigns, {len(manifest['members']) - 1} files."
        )
        click.echo(
            f"Everybody at the desk was signed out. Shut out again whoever was shut out since {manifest['made_at']}: "
            "kiosks, staff, the Post's tokens. The backup knows nothing of it, so they can come in."
        )
        if replayed.again:
            click.echo(
                f"The ledger says who was erased after that: {cards_of(replayed.again)}, now erased again."
            )
        if replayed.wishes:
            click.echo(
                f"The ledger says who wanted no other card after that: {_people(replayed.wishes)}, now known again."
            )
        if not backups.ledger_of(settings).exists:
            click.echo(
                f"No ledger of erasures lies beside the keys. If anybody was erased after {manifest['made_at']}, they "
                "are back: bring erasures.ledger and run `postcards db replay-erasures --ledger FILE`."
            )
        missing = backups.missing_keys(settings, manifest)
        if missing:
            click.echo(
                "People's data and files cannot be read yet. These data keys are not here: "
                f"{', '.join(missing)}.\nBring them with `postcards keys recover FILE`, or copy MASTER_KEY to "
                f"{settings.home} and the keys file to {settings.keys_file}; then run `postcards check`.",
                err=True,
            )
            return
        findings = backups.proved(settings)
    for finding in findings:
        click.echo(f"{finding.subject}: {finding.message}")
    click.echo("The books agree." if not findings else f"{len(findings)} differences.")
    if findings:
        sys.exit(1)


@db.command("replay-erasures")
@click.option("--ledger", "ledgers", type=click.Path(path_type=Path), multiple=True, help=LEDGER_HELP)
def replay_erasures(ledgers: tuple[Path, ...]) -> None:
    """Erase again whom a backup brought back that was restored without the ledger."""
    damage: LedgerDamaged | None = None
    with tools() as kit:
        lines: list[Line] = []
        sources: list[Callable[[], list[Line]]] = [
            kit.ledger.read,
            *(partial(backups.read_copy, copy) for copy in ledgers),
        ]
        for read in sources:
            try:
                lines += read()
            except LedgerDamaged as damaged:  # what can be read is not lost for it
                lines += damaged.good
                damage = damage or damaged
        with kit.begin() as session:
            done = erasure_replay.replay(
                session, lines=lines, files=kit.files, outbox=kit.outbox, by=BY, at=now()
            )
            known = overs.ledger_lines(session)
        if lines or known:
            kit.ledger.add([*lines, *known])
    click.echo(
        f"Erased again: {cards_of(done.again)}. Known already: {done.known}. Not of this house: {done.elsewhere}. "
        f"Want no other card, known again: {_people(done.wishes)}."
    )
    if damage is not None:
        raise damage


def _people(n: int) -> str:
    return "1 recipient" if n == 1 else f"{n} recipients"
