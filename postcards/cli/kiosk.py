"""`postcards kiosk …`."""

from __future__ import annotations

import uuid

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.errors import NotFound
from postcards.models import Kiosk
from postcards.services import campaigns, kiosks


@click.group()
def kiosk() -> None:
    """Kiosks: add, retire, revoke."""


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


@kiosk.command()
@click.argument("kiosk_id", type=click.UUID)
@as_json
def retire(kiosk_id: uuid.UUID, as_json: bool) -> None:
    """Let a kiosk hand in what it holds, and take nothing new."""
    _end(kiosk_id, "retire", as_json)


@kiosk.command()
@click.argument("kiosk_id", type=click.UUID)
@as_json
def revoke(kiosk_id: uuid.UUID, as_json: bool) -> None:
    """Shut a kiosk out at once (a lost device)."""
    _end(kiosk_id, "revoke", as_json)


def _end(kiosk_id: uuid.UUID, deed: str, as_json: bool) -> None:
    with tools() as kit, kit.begin() as session:
        known = session.get(Kiosk, kiosk_id)
        if known is None:
            raise NotFound("There is no such kiosk.")
        end = kiosks.retire if deed == "retire" else kiosks.revoke
        ended = end(session, campaign_id=known.campaign_id, kiosk_id=kiosk_id, by=BY, at=now())
        status = ended.status
    if as_json:
        return answer({"kiosk": str(kiosk_id), "status": status})
    click.echo(f"Kiosk {kiosk_id} is {status}.")
    return None
