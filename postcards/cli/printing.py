"""`postcards print …`: a print run to a file."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import click

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.errors import Denied, Unavailable
from postcards.kit import Kit, worker_name
from postcards.models import PrintRun
from postcards.paper.calibration import draw_calibration
from postcards.paper.run import draw_run
from postcards.rules.sheet import PRESETS
from postcards.services import campaigns, print_requests, printing

#: How long we wait for another worker that draws our run, looks of half a second.
LOOKS = 240


@click.command("print")
@click.argument("slug")
@click.option("--sheet", required=True, type=click.Choice(list(PRESETS)))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--numbers", help="Only these, printed ones again: 1-500, or 42.")
@click.option("--draft", is_flag=True, help="Look only: the cards are not marked as printed.")
@as_json
def print_(slug: str, sheet: str, out: Path, numbers: str | None, draft: bool, as_json: bool) -> None:
    """Print every card of SLUG that waits for paper, in order of number, into a PDF.

    `postcards print calibration --sheet S --out FILE` makes the sheet to measure a printer with.
    """
    _can_be_written(out)
    if slug == "calibration":
        with out.open("wb") as file:
            draw_calibration(sheet, file)
        click.echo(f"Wrote {out}.")
        return
    wanted = _range(numbers)
    with tools() as kit:
        with kit.begin() as session:
            campaign = campaigns.find(session, slug=slug)
            run = print_requests.request_run(
                session, campaign_id=campaign.id, sheet=sheet, numbers=wanted, draft=draft, by=BY, at=now()
            )
        done = _drawn(kit, campaign.id, run)
        with out.open("wb") as file:
            for piece in kit.sealed_files.stream(done.file_key or "", key_id=done.key_id or ""):
                file.write(piece)
    if as_json:
        answer({"run": done.run, "cards": done.cards, "first": done.first_number, "last": done.last_number,
                "file": str(out), "draft": draft})  # fmt: skip
    else:
        click.echo(f"Wrote {_said(done)}, to {out}.")


def _said(run: PrintRun) -> str:
    if run.cards == 1:
        return f"one card, No. {run.first_number}"
    return f"{run.cards} cards, No. {run.first_number} to {run.last_number}"


def _can_be_written(out: Path) -> None:
    """Looked at before anything is marked as printed. Raises `Denied`."""
    if not out.parent.is_dir():
        raise Denied(f"{out} cannot be written: there is no folder {out.parent}.", code="no_folder")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise Denied(f"{out} cannot be written: it is not ours to write.", code="not_writable")


def _drawn(kit: Kit, campaign_id: int, run: PrintRun) -> PrintRun:
    """Draws the run, or waits for the worker that was quicker."""
    for _ in range(LOOKS):
        printing.draw(
            kit.begin,
            run_id=run.id,
            draw_run=draw_run,
            files=kit.sealed_files,
            vault=kit.vault,
            public_url=kit.settings.public_url,
            test=kit.settings.is_test_address,
            worker=worker_name("cli"),
            clock=now,
        )
        with kit.begin() as session:
            found = print_requests.get(session, campaign_id=campaign_id, run_id=run.id)
        if found.status == "ready":
            return found
        if found.status == "failed":
            raise Denied(f"The run could not be drawn: {found.failure}", code="print_failed")
        time.sleep(0.5)
    raise Unavailable("A worker is still drawing this run. Its file will be at the desk.")


def _range(numbers: str | None) -> tuple[int, int] | None:
    if numbers is None:
        return None
    match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", numbers.strip())
    if match is None:
        raise click.UsageError("--numbers takes a range such as 1-500, or one number.")
    return int(match[1]), int(match[2] or match[1])
