"""`postcards manifest …`."""

from __future__ import annotations

import time

import click

from postcards.cli.edge import BY, answer, as_json, cards_of, now, tools
from postcards.kit import worker_name
from postcards.paper.manifest_files import make_files
from postcards.queries import campaigns as queries
from postcards.queries import manifests
from postcards.services import campaigns, dispatch, manifest_files


@click.group()
def manifest() -> None:
    """Manifests for the postal partner."""


@manifest.command()
@click.argument("slug")
@as_json
def seal(slug: str, as_json: bool) -> None:
    """Seal everything that is printed and free to go; returns when the files are ready."""
    with tools() as kit:
        with kit.begin() as session:
            campaign = campaigns.find(session, slug=slug)
            edition = queries.edition(session, campaign.id)
        sealed = dispatch.seal_all(
            kit.begin, campaign_id=campaign.id, edition=edition, vault=kit.vault, by=BY, clock=now
        )
        manifest_files.make_all(
            kit.begin,
            campaign_id=campaign.id,
            draw=make_files,
            files=kit.sealed_files,
            vault=kit.vault,
            worker=worker_name("cli"),
            clock=now,
            pause=time.sleep,
        )
    if as_json:
        return answer([{"number": one.number, "version": one.version, "lines": one.lines} for one in sealed])
    for one in sealed:
        click.echo(f"Manifest {one.number} is sealed: {cards_of(one.lines)}.")
    if not sealed:
        click.echo("Nothing to seal: no printed card is free to go.")
    return None


@manifest.command("list")
@click.argument("slug")
@as_json
def list_(slug: str, as_json: bool) -> None:
    """List the manifests."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        found = manifests.page(session, campaign_id=campaign.id, limit=1_000_000)
    if as_json:
        return answer(
            [
                {
                    "number": one.number,
                    "version": one.version,
                    "status": one.status,
                    "sealed_at": one.sealed_at.isoformat(),
                    "lines": one.lines,
                }
                for one in found
            ]
        )
    for one in found:
        click.echo(
            f"{one.number:>4}.{one.version}  {one.status:12} {cards_of(one.lines):>12}  {one.sealed_at:%Y-%m-%d %H:%M}"
        )
    if not found:
        click.echo("No manifest yet.")
    return None
