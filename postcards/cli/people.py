"""`postcards staff …`: who may sign in, as what, and who no more."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.errors import Denied
from postcards.models.staff import ROLES
from postcards.queries.staff import identity_of
from postcards.queries.staff_listed import RoleHeld, StaffListed, staff_listed
from postcards.services import campaigns, second_factors, staff_leaving
from postcards.services import staff as staff_service

_EVEN_THE_LAST = click.option(
    "--even-the-last", is_flag=True, help="Even when a campaign is left without an organiser."
)


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
        if identity_of(session, staff_id=staff_id) is None:
            raise Denied(
                "This person is disabled. First: postcards staff enable EMAIL", code="staff_disabled"
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


@staff.command("list")
@click.argument("slug", required=False)
@as_json
def list_staff(slug: str | None, as_json: bool) -> None:
    """List who signs in at the desk and as what: everybody, or who has a role that counts in SLUG."""
    with tools() as kit, kit.read() as session:
        campaign_id = campaigns.find(session, slug=slug).id if slug is not None else None
        rows = staff_listed(session, campaign_id=campaign_id)
    if as_json:
        return answer([asdict(row) for row in rows])
    for row in rows:
        click.echo(f"{row.email}  {_as_listed(row)}")
    if not rows:
        click.echo(f"Nobody yet. Next: postcards staff add {slug or '--all'} EMAIL --role organiser")
    return None


@staff.command("remove")
@click.argument("slug", required=False)
@click.argument("email", required=False)
@click.option(
    "--all", "everywhere", is_flag=True, help="Roles that count in all campaigns; then give no SLUG."
)
@click.option("--role", type=click.Choice(ROLES), help="Only this role.")
@_EVEN_THE_LAST
@as_json
def remove_roles(
    slug: str | None,
    email: str | None,
    everywhere: bool,
    role: str | None,
    even_the_last: bool,
    as_json: bool,
) -> None:
    """Take EMAIL's roles in campaign SLUG away (or those in --all), and sign them out everywhere."""
    if slug and email and "@" in slug:  # no slug has one: typed the other way round
        slug, email = email, slug
    if everywhere and email is None:
        slug, email = None, slug
    if not email or (slug is None) != everywhere:
        raise click.UsageError("Give SLUG EMAIL, or --all EMAIL.")
    with tools() as kit, kit.begin() as session:
        campaign_id = campaigns.find(session, slug=slug).id if slug is not None else None
        taken = staff_leaving.remove_roles(
            session,
            staff_id=staff_service.find_by_email(session, email=email),
            campaign_id=campaign_id,
            role=role,
            even_the_last=even_the_last,
            by=BY,
            at=now(),
        )
    if as_json:
        return answer({"email": staff_service.plain_email(email), "campaign": slug, "removed": taken})
    where = f"of {slug}" if slug else "of every campaign"
    click.echo(f"{email} is no longer {', '.join(taken)} {where}, and is signed out everywhere.")
    return None


@staff.command()
@click.argument("email")
@_EVEN_THE_LAST
@as_json
def disable(email: str, even_the_last: bool, as_json: bool) -> None:
    """Shut EMAIL out at once, on every device; the roles are kept for `staff enable`."""
    with tools() as kit, kit.begin() as session:
        staff_id = staff_service.find_by_email(session, email=email)
        staff_leaving.disable(session, staff_id=staff_id, even_the_last=even_the_last, by=BY, at=now())
    if as_json:
        return answer({"email": staff_service.plain_email(email), "status": "disabled"})
    click.echo(f"{email} is signed out everywhere and cannot sign in.")
    return None


@staff.command()
@click.argument("email")
@as_json
def enable(email: str, as_json: bool) -> None:
    """Let EMAIL sign in again, with the roles and the password they had."""
    with tools() as kit, kit.begin() as session:
        staff_id = staff_service.find_by_email(session, email=email)
        staff_leaving.enable(session, staff_id=staff_id, by=BY, at=now())
    if as_json:
        return answer({"email": staff_service.plain_email(email), "status": "enabled"})
    click.echo(f"{email} can sign in again.")
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


def _as_listed(row: StaffListed) -> str:
    roles = ", ".join(_role(held) for held in row.roles) or "no role"
    signs_in = "password" if row.password else "links only"
    if row.second_factor:
        signs_in += " and second factor"
    seen = f"last here {row.last_seen_at:%Y-%m-%d %H:%M}" if row.last_seen_at else "not here lately"
    disabled = f"; disabled {row.disabled_at:%Y-%m-%d %H:%M}" if row.disabled_at else ""
    return f"{roles}; {signs_in}; {seen}{disabled}"


def _role(held: RoleHeld) -> str:
    return f"{held.role} of {held.campaign or 'every campaign'}"
