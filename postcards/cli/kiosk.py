"""`postcards kiosk …`."""

from __future__ import annotations

import uuid
from dataclasses import asdict

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.errors import NotFound
from postcards.models import Kiosk
from postcards.queries import campaigns as campaigns_seen
from postcards.queries.kiosks_seen import kiosks_seen
from postcards.services import campaigns, kiosks


@click.group()
def kiosk() -> None:
    """Kiosks: add, list, retire, revoke."""


@kiosk.command()
@click.argument("slug")
@click.option("--venue", required=True, help="The venue's slug (see: postcards campaign show SLUG).")
@click.option("--name", required=True, help="What the kiosk is called, such as “Tablet 2”.")
@as_json
def add(slug: str, venue: str, name: str, as_json: bool) -> None:
    """Add a kiosk and show its pairing code, once."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        added, code = kiosks.add_kiosk(
            session, campaign_id=campaign.id, venue_slug=venue, name=name, by=BY, at=now()
        )
        expires_at = added.pairing_expires_at
    if as_json:
        until = expires_at.isoformat() if expires_at else None
        return answer({"kiosk": str(added.id), "pairing_code": code, "expires_at": until})
    click.echo(f"Kiosk {added.id} ({name}). Open /kiosk/ on the device and type {code} within 15 minutes.")
    return None


@kiosk.command("list")
@click.argument("slug")
@as_json
def list_(slug: str, as_json: bool) -> None:
    """List the kiosks of SLUG, those in use first: id, venue, when last heard of, stamps lent."""
    with tools() as kit, kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        edition = campaigns_seen.edition(session, campaign.id)
        rows = kiosks_seen(session, campaign_id=campaign.id, edition=edition, at=now())
    if as_json:
        return answer([asdict(row) for row in rows])
    for row in rows:
        seen = f"last seen {row.last_seen_at:%Y-%m-%d %H:%M}" if row.last_seen_at else "never seen"
        lent = "1 stamp" if row.lent == 1 else f"{row.lent} stamps"
        click.echo(f"{row.id}  {row.status:8} {row.name} at {row.venue_slug}, {seen}, {lent} lent")
    if not rows:
        click.echo(f"No kiosk yet. Next: postcards kiosk add {slug} --venue V --name N")
    return None


@kiosk.command()
@click.argument("kiosk_id", metavar="ID", type=click.UUID)
@as_json
def retire(kiosk_id: uuid.UUID, as_json: bool) -> None:
    """Let a kiosk hand in what it holds, and take nothing new. `kiosk list` shows its ID."""
    _end(kiosk_id, "retire", as_json)


@kiosk.command()
@click.argument("kiosk_id", metavar="ID", type=click.UUID)
@as_json
def revoke(kiosk_id: uuid.UUID, as_json: bool) -> None:
    """Shut a kiosk out at once (a lost device). `kiosk list` shows its ID."""
    _end(kiosk_id, "revoke", as_json)


def _end(kiosk_id: uuid.UUID, deed: str, as_json: bool) -> None:
    with tools() as kit, kit.begin() as session:
        known = session.get(Kiosk, kiosk_id)
        if known is None:
            raise NotFound("There is no such kiosk. See: postcards kiosk list SLUG")
        end = kiosks.retire if deed == "retire" else kiosks.revoke
        ended = end(session, campaign_id=known.campaign_id, kiosk_id=kiosk_id, by=BY, at=now())
        name, status = ended.name, ended.status
    if as_json:
        return answer({"kiosk": str(kiosk_id), "status": status})
    click.echo(f"Kiosk {kiosk_id} ({name}) is {status}.")
    return None
