"""`postcards printer …`: the printers of a campaign's print desk, each with its own calibration."""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.queries import printers as listed
from postcards.rules.sheet import Duplex
from postcards.services import campaigns, printers


@click.group("printer")
def printer() -> None:
    """Printers of the print desk, and how far each is off."""


@printer.command("save")
@click.argument("slug")
@click.argument("name")
@click.option("--duplex", type=click.Choice(get_args(Duplex)), default="long-edge", show_default=True)
@click.option("--front", type=(float, float), default=(0.0, 0.0), help="Right and up, in mm.")
@click.option("--back", type=(float, float), default=(0.0, 0.0), help="Right and up, in mm.")
@click.option("--note", default="", help="What a volunteer has to know, such as the tray.")
def save(
    slug: str, name: str, duplex: Duplex, front: tuple[float, float], back: tuple[float, float], note: str
) -> None:
    """Add the printer NAME to SLUG, or keep what its calibration sheet showed this time."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        printers.save(
            session,
            campaign_id=campaign.id,
            name=name,
            duplex=duplex,
            front=front,
            back=back,
            note=note,
            by=BY,
            at=now(),
        )
    click.echo(
        f"Kept {name}: front {front[0]:+g} {front[1]:+g} mm, back {back[0]:+g} {back[1]:+g} mm, {duplex}."
    )


@printer.command("list")
@click.argument("slug")
@as_json
def list_(slug: str, as_json: bool) -> None:
    """List the printers of SLUG."""
    with tools() as kit, kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        rows = listed.printers(session, campaign_id=campaign.id)
    if as_json:
        answer([asdict(row) for row in rows])
        return
    for row in rows:
        note = f"  {row.note}" if row.note else ""
        click.echo(
            f"{row.name}  front {row.front_x:+g} {row.front_y:+g} mm, back {row.back_x:+g} {row.back_y:+g} mm, "
            f"{row.duplex}{note}"
        )


@printer.command("remove")
@click.argument("slug")
@click.argument("name")
def remove(slug: str, name: str) -> None:
    """Forget the printer NAME of SLUG."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        printers.remove(session, campaign_id=campaign.id, name=name, by=BY, at=now())
    click.echo(f"{name} is forgotten.")
