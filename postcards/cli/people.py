"""`postcards staff …` and `postcards partner …`."""

from __future__ import annotations

import sys

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.models.staff import ROLES
from postcards.services import campaigns, partner_tokens, second_factors
from postcards.services import staff as staff_service


@click.group()
def staff() -> None:
    """Staff: who signs in at the desk."""


@staff.command("add")
@click.argument("slug", required=False)
@click.argument("email", required=False)
@click.option("--all", "everywhere", is_flag=True, help="In all campaigns; then give no SLUG.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@as_json
def add_staff(
    slug: str | None, email: str | None, everywhere: bool, role: str, password_stdin: bool, as_json: bool
) -> None:
    """Add EMAIL with a role in campaign SLUG (or in --all). Without a password, a one-time sign-in is shown."""
    if everywhere:
        slug, email = None, email or slug
    if not email or (slug is None and not everywhere):
        raise click.UsageError("Give SLUG EMAIL, or --all EMAIL.")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with tools() as kit, kit.begin() as session:
        campaign_id = campaigns.find(session, slug=slug).id if slug is not None else None
        staff_id = staff_service.add_staff(
            session, email=email, roles=[(campaign_id, role)], password=password, by=BY, at=now()
        )
        link = None
        if password is None:
            token = staff_service.make_sign_in_link(session, staff_id=staff_id, at=now())
            link = f"{kit.settings.public_url}/sign-in/{token}"
    if as_json:
        return answer({"staff": staff_id, "email": email, "role": role, "sign_in": link})
    click.echo(f"{email} is {role} {'of ' + slug if slug else 'of every campaign'}.")
    if link:
        click.echo(f"One-time sign-in, good for 30 minutes: {link}")
    return None


@staff.command("forget-second-factor")
@click.argument("email")
def forget_second_factor(email: str) -> None:
    """Take EMAIL's second factor away, for a phone that was lost together with its recovery codes."""
    with tools() as kit, kit.begin() as session:
        staff_id = staff_service.find_by_email(session, email=email)
        second_factors.forget(session, staff_id=staff_id, by=BY, at=now())
        staff_service.end_every_session(session, staff_id=staff_id, at=now())
    click.echo(f"{email} signs in without a second factor, or sets up a new one where it is required.")


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
