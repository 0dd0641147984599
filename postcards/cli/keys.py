"""`postcards keys …`: the data keys, which never travel with the data."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from postcards import config
from postcards.cli.backup import with_master_key
from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.config import Settings
from postcards.embedded.home import make_home, write_private
from postcards.errors import Denied
from postcards.gateways import key_escrow
from postcards.queries import data_keys
from postcards.services import campaigns, key_rotation
from postcards.vault import Vault, WrongMasterKey


@click.group()
def keys() -> None:
    """The data keys: list, rotate, destroy, put into escrow, recover."""


@keys.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the data keys, and what hangs on each."""
    with tools() as kit:
        with kit.begin() as session:
            used = {use.key_id: use for use in data_keys.used(session)}
        here = {key.id: key for key in kit.vault.data_keys()}
    rows = []
    for key_id in [*used, *(key_id for key_id in here if key_id not in used)]:
        use, key = used.get(key_id), here.get(key_id)
        state = "missing" if key is None else "in force" if use and use.is_current else "retired"
        rows.append(
            {
                "key": key_id,
                "campaign": use.slug if use else key.campaign if key else "",
                "state": state,
                "needed_by": use.words() if use else "nothing",
            }
        )
    if as_json:
        return answer(rows)
    for row in rows:
        click.echo(f"{row['key']}  {row['campaign']:20} {row['state']:9} {row['needed_by']}")
    if not rows:
        click.echo("No data key yet: the first campaign makes the first one.")
    return None


@keys.command()
@click.argument("slug")
def rotate(slug: str) -> None:
    """Give SLUG a new data key and seal people's data with it; again, it takes up what was broken off."""
    with tools() as kit:
        with kit.begin() as session:
            campaign_id = campaigns.find(session, slug=slug).id
        done = key_rotation.rotate(kit.begin, campaign_id=campaign_id, vault=kit.vault, by=BY, clock=now)
    began = "The rotation that was broken off is finished" if done.resumed else "A new key is in force"
    click.echo(
        f"{began}: {done.key_id}. Sealed anew: people's data of {done.people} cards, {done.thanks} replies."
    )
    if done.lost:
        click.echo(
            f"{done.lost} rows cannot be read, for their key is gone; they were left as they are. `postcards check` "
            "names their cards.",
            err=True,
        )
    if done.lists:
        click.echo(
            f"Lists that nobody could open any more: {', '.join(map(str, done.lists))}. Each has a new version now, "
            "without postcodes; a worker makes its files.",
            err=True,
        )
    click.echo("Put the keys into escrow again: `postcards keys escrow FILE`.")


@keys.command()
@click.argument("key_id")
@click.confirmation_option(
    prompt="What hangs on this key can never be read again, in backups neither. Destroy it?"
)
def destroy(key_id: str) -> None:
    """Destroy a key that nothing hangs on any more, an hour after a newer one took its place."""
    with tools() as kit, kit.begin() as session:
        key_rotation.destroy(session, key_id=key_id, vault=kit.vault, by=BY, at=now())
    click.echo(f"Key {key_id} is destroyed. Older escrow files still hold it: destroy those too.")


@keys.command()
@click.argument("file", type=click.Path(path_type=Path))
def escrow(file: Path) -> None:
    """Write master key and data keys to FILE, under a passphrase from standard input."""
    settings = with_master_key(config.load())
    if not settings.master_key or not settings.keys_file.is_file():
        raise Denied(
            f"There are no keys in {settings.home} yet: the first campaign makes them.", code="no_keys"
        )
    vault = _vault(settings)
    vault.key_ids()  # proves that the two belong together
    entries = vault.wrapped_keys()
    key_escrow.write(
        file, {"master_key": settings.master_key, "data_keys": entries}, passphrase=_passphrase(confirm=True)
    )
    click.echo(
        f"{file}: {len(entries)} data keys and the master key. Keep it away from the backups of the data."
    )


@keys.command()
@click.argument("file", type=click.Path(path_type=Path))
def recover(file: Path) -> None:
    """Bring the keys of FILE back to this POSTCARDS_HOME; the passphrase comes from standard input."""
    given = config.load()
    found = key_escrow.read(file, passphrase=_passphrase(confirm=False))
    settings = with_master_key(given)
    if settings.master_key != found["master_key"]:
        if given.master_key:
            raise Denied("POSTCARDS_MASTER_KEY is another one. Leave it unset: recover writes it to HOME.")
        # A master key that opens nothing here gives way to the one that does; any other guards somebody's data.
        brought = _vault(replace(settings, master_key=found["master_key"]))
        try:
            brought.key_ids()
        except WrongMasterKey as other:
            raise Denied(
                f"{settings.home} has keys of its own. Name a new POSTCARDS_HOME.", code="other_keys"
            ) from other
        make_home(settings.home)
        _put_aside(settings.home / "MASTER_KEY")
        write_private(settings.home / "MASTER_KEY", found["master_key"] + "\n")
    recovered = _vault(with_master_key(given))
    recovered.key_ids()  # nothing is written beside keys that cannot be read
    new = recovered.adopt(found["data_keys"])
    click.echo(
        f"{len(new)} data keys are back in {settings.keys_file}. Now `postcards check` can read everything."
    )


def _put_aside(path: Path) -> None:
    """Keeps a master key that gives way: whether it is the right one, the data in the database alone could tell."""
    if not path.exists():
        return
    aside = path.rename(path.with_name(f"{path.name}.before-{now():%Y%m%dT%H%M%S%fZ}"))
    click.echo(
        f"The MASTER_KEY that was there is kept as {aside}. If it is the right one after all, move it back; destroy it "
        "when `postcards check` can read everything."
    )


def _vault(settings: Settings) -> Vault:
    return Vault(master_key=bytes.fromhex(settings.master_key), keys_file=settings.keys_file)


def _passphrase(*, confirm: bool) -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
    return sys.stdin.readline().rstrip("\r\n")
