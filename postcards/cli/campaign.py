"""`postcards campaign …`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.kit import Kit
from postcards.paper.own_picture import picture_beside, prepare_picture
from postcards.queries import campaigns as queries
from postcards.queries import tallies
from postcards.queries.stamps import drawer
from postcards.rules.edition import load_edition
from postcards.services import campaigns
from postcards.services.faces import picture_key


@click.group()
def campaign() -> None:
    """Campaigns: create, open, pause, close."""


@campaign.command()
@click.argument("edition")
@click.option("--cap", type=int, help="Stamps, instead of the edition's own number.")
@click.option("--slug", help="Its name in addresses, instead of the edition's own.")
@as_json
def create(edition: str, cap: int | None, slug: str | None, as_json: bool) -> None:
    """Create a campaign from EDITION (vilnius, ukraine, romania, or a TOML file), as a draft.

    A picture that the file names (card.picture) is read from the file's folder, made ready for print and kept.
    """
    chosen = load_edition(edition)
    if cap is not None or slug is not None:
        chosen = chosen.changed(slug=slug, cap=cap)
    picture = None
    if chosen.card.picture is not None:
        picture = prepare_picture(picture_beside(Path(edition).parent, chosen.card.picture))
        chosen = chosen.with_kept_picture(hashlib.sha256(picture).hexdigest())
    with tools() as kit:
        if picture is not None and chosen.card.picture_sha256 is not None:
            kit.files.put(picture_key(chosen.card.picture_sha256), picture)
        with kit.begin() as session:
            campaigns.create(session, edition=chosen, vault=kit.vault, by=BY, at=now())
        if as_json:
            answer(shown(kit, chosen.slug))
    if not as_json:
        click.echo(
            f'Created "{chosen.slug}" with {chosen.cap} stamps, as a draft. Next: postcards campaign open {chosen.slug}'
        )


@campaign.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the campaigns."""
    with tools() as kit, kit.begin() as session:
        found = queries.every(session)
    if as_json:
        return answer([{"slug": c.slug, "name": c.name, "status": c.status, "cap": c.cap} for c in found])
    for one in found:
        click.echo(f"{one.slug:24} {one.status:8} {one.cap:>8}  {one.name}")
    if not found:
        click.echo("No campaign yet. Next: postcards campaign create vilnius")
    return None


@campaign.command()
@click.argument("slug")
@as_json
def show(slug: str, as_json: bool) -> None:
    """Show how a campaign stands."""
    with tools() as kit:
        found = shown(kit, slug)
    if as_json:
        return answer(found)
    stamps = found["stamps"]
    click.echo(f"{found['name']} ({slug}): {found['status']}")
    click.echo(f"  {found['cap']} stamps: " + ", ".join(f"{n} {status}" for status, n in stamps.items()))
    click.echo(
        "  cards: "
        + (", ".join(f"{n} {s.replace('_', ' ')}" for s, n in found["cards"].items()) or "none yet")
    )
    click.echo("  venues: " + ", ".join(f"{venue['slug']} ({venue['name']})" for venue in found["venues"]))
    return None


@campaign.command("set-cap")
@click.argument("slug")
@click.argument("cap", type=int)
@as_json
def set_cap(slug: str, cap: int, as_json: bool) -> None:
    """Add stamps, or take free ones away from the end."""
    with tools() as kit:
        with kit.begin() as session:
            campaigns.set_cap(session, slug=slug, cap=cap, by=BY, at=now())
        if as_json:
            return answer(shown(kit, slug))
    click.echo(f'"{slug}" has {cap} stamps now.')
    return None


@campaign.command("open")
@click.argument("slug")
@click.option("--first-card", type=click.Path(), help="JSON of the patron's card, registered as the first.")
@as_json
def open_(slug: str, first_card: str | None, as_json: bool) -> None:
    """Open a campaign, whatever its dates say."""
    _set(slug, "open", as_json, first_card)


@campaign.command()
@click.argument("slug")
@as_json
def pause(slug: str, as_json: bool) -> None:
    """Take no new cards for now. Lists are sealed at the cut-off all the same."""
    _set(slug, "paused", as_json)


@campaign.command()
@click.argument("slug")
@as_json
def close(slug: str, as_json: bool) -> None:
    """Take no new cards any more."""
    _set(slug, "closed", as_json)


def _set(slug: str, status: str, as_json: bool, first_card: str | None = None) -> None:
    with tools() as kit:
        first = None
        if first_card is not None:
            from postcards.cli.first_card import open_with_first_card

            first = open_with_first_card(kit, slug, first_card)
        with kit.begin() as session:
            changed = campaigns.set_status(session, slug=slug, status=status, by=BY, at=now())
            edition = queries.edition(session, changed.id)
        if as_json:
            return answer(shown(kit, slug))
    today = edition.day(now())
    if status == "open" and not edition.dates.opens <= today <= edition.dates.closes:
        click.echo(
            f"Note: the edition's dates are {edition.dates.opens} to {edition.dates.closes}, and today is {today}.",
            err=True,
        )
    if first is not None:
        click.echo(f"The patron's card is registered as No. {first}.")
    click.echo(f'"{slug}" is {status}.')
    return None


def shown(kit: Kit, slug: str) -> dict[str, Any]:
    """This will give a campaign as `show --json` answers it."""
    with kit.snapshot() as session:
        found = campaigns.find(session, slug=slug)
        stamps = drawer(session, found.id)
        venues = queries.venues(session, found.id)
        cards = tallies.by_status(tallies.read(session, found.id))
    return {
        "slug": found.slug,
        "name": found.name,
        "status": found.status,
        "cap": found.cap,
        "stamps": {
            "used": stamps.used,
            "lent": stamps.lent,
            "free": stamps.free,
            "held": stamps.held,
            "withdrawn": stamps.withdrawn,
        },
        "venues": [{"slug": venue.slug, "name": venue.name} for venue in venues],
        "cards": cards,
    }
