"""`postcards partner …`: the tokens of the Post's own system."""

from __future__ import annotations

from dataclasses import asdict

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.queries import partner_tokens as listed
from postcards.services import campaigns, partner_tokens


@click.group()
def partner() -> None:
    """The postal partner."""


@partner.command()
@click.argument("slug")
@as_json
def token(slug: str, as_json: bool) -> None:
    """Make a token for the partner's system; it is shown once."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        made = partner_tokens.make_token(session, campaign_id=campaign.id, by=BY, at=now())
    if as_json:
        return answer({"token": made})
    click.echo(f"{made}\nKeep it: it is not shown again. Send it as `Authorization: Bearer TOKEN`.")
    return None


@partner.command("list")
@click.argument("slug")
@as_json
def list_(slug: str, as_json: bool) -> None:
    """List the tokens of SLUG, newest first: made when and by whom, last heard of, revoked. Never the token."""
    with tools() as kit, kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        rows = listed.partner_tokens(session, campaign_id=campaign.id)
    if as_json:
        return answer([asdict(row) for row in rows])
    for row in rows:
        deed = (
            f"last download or answer {row.last_deed_at:%Y-%m-%d %H:%M}"
            if row.last_deed_at
            else "no download or answer yet"
        )
        revoked = f", revoked {row.revoked_at:%Y-%m-%d %H:%M}" if row.revoked_at else ""
        click.echo(
            f"{row.id:>4}  made {row.made_at:%Y-%m-%d %H:%M} by {row.made_by or 'somebody'}, {deed}{revoked}"
        )
    if not rows:
        click.echo(f"No token yet. Next: postcards partner token {slug}")
    return None


@partner.command()
@click.argument("slug")
@click.argument("token_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@as_json
def revoke(slug: str, token_id: int, as_json: bool) -> None:
    """End the token ID of SLUG at once (see: postcards partner list SLUG)."""
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        partner_tokens.revoke(session, campaign_id=campaign.id, token_id=token_id, by=BY, at=now())
    if as_json:
        return answer({"token": token_id, "status": "revoked"})
    click.echo(f"Token {token_id} of {slug} is revoked: who sends it is turned away from now on.")
    return None
