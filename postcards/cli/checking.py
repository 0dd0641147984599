"""`postcards check`: prove the books."""

from __future__ import annotations

import sys

import click

from postcards.cli.edge import answer, as_json, now, tools
from postcards.services import campaigns
from postcards.services.checking import check_books


@click.command()
@click.argument("slug", required=False)
@as_json
def check(slug: str | None, as_json: bool) -> None:
    """Prove that stamps, cards, tallies, print runs, manifests and files agree; exit 1 and the rows where not."""
    with tools() as kit, kit.snapshot() as session:
        campaign_id = campaigns.find(session, slug=slug).id if slug else None
        findings = check_books(
            session,
            files=kit.sealed_files,
            vault=kit.vault,
            ledger=kit.ledger,
            campaign_id=campaign_id,
            at=now(),
            afresh=kit.read,
        )
    if as_json:
        answer(
            {
                "ok": not findings,
                "findings": [{"kind": f.kind, "subject": f.subject, "message": f.message} for f in findings],
            }
        )
    else:
        for finding in findings:
            click.echo(f"{finding.subject}: {finding.message}")
        click.echo("The books agree." if not findings else f"{len(findings)} differences.")
    if findings:
        sys.exit(1)
