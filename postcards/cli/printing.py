"""`postcards print …`: a print run to a file; `postcards spoil …`: misprints, to be printed again."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import get_args

import click

from postcards.cli.drawing import cover_sheet, draw_here, write_file
from postcards.cli.edge import BY, answer, as_json, cards_of, now, tools
from postcards.errors import Denied, Invalid
from postcards.models import PrintRun
from postcards.paper.calibration import draw_calibration
from postcards.queries.print_runs import RunSeen
from postcards.rules.sheet import PRESETS, Duplex, Order, sheet_named
from postcards.services import campaigns, print_requests, spoiling
from postcards.texts import ENGLISH, LANGUAGES

#: The reason of a second print that a script asks for: it named the numbers, and there is nobody to ask.
AGAIN_BY_NUMBER = "printed again by number"


class SheetWords(click.ParamType[str]):
    """One of the presets, or a size that `rules/free_sheet.py` can read; one that does not add up is refused."""

    name = "sheet"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in PRESETS and not value[:1].isdigit():
            self.fail(f"{value!r} is none of {', '.join(PRESETS)}, and no size such as 330x480.", param, ctx)
        return sheet_named(value).name


@click.command("print")
@click.argument("slug")
@click.option(
    "--sheet",
    required=True,
    type=SheetWords(),
    metavar="|".join([*PRESETS, "WxH"]),
    help="WxH is in mm: 330x480.",
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--numbers", help="Only these, printed ones again: 1-500, or 42.")
@click.option("--venue", help="Only the cards of this venue (its slug).")
@click.option("--reason", help="Why cards that were printed before are printed again.")
@click.option("--draft", is_flag=True, help="Look only: the cards are not marked as printed.")
@click.option("--printer", help="A printer of `postcards printer`: its offsets and its duplex edge.")
@click.option("--duplex", type=click.Choice(get_args(Duplex)), help="The edge the sheet is turned over.")
@click.option(
    "--order",
    type=click.Choice(get_args(Order)),
    default="sheet",
    show_default=True,
    help="stack: in order after the guillotine.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=ENGLISH,
    help="Of a calibration sheet, beside English.",
)
@click.option("--cover", type=click.Path(dir_okay=False, path_type=Path), help="Write the cover sheet too.")
@as_json
def print_(
    slug: str,
    sheet: str,
    out: Path,
    numbers: str | None,
    venue: str | None,
    reason: str | None,
    draft: bool,
    printer: str | None,
    duplex: Duplex | None,
    order: Order,
    language: str,
    cover: Path | None,
    as_json: bool,
) -> None:
    """Print every card of SLUG that waits for paper, in order of number, into a PDF.

    More than one part (of 500 sheets, unless a setting says otherwise) comes as FILE.zip, with a cover sheet.

    `postcards print calibration --sheet S --out FILE` makes the sheet to measure a printer with.
    """
    can_be_written(out)
    if cover is not None:
        can_be_written(cover)
    if slug == "calibration":
        with out.open("wb") as file:
            draw_calibration(sheet, file, duplex=duplex or "long-edge", language=language)
        click.echo(f"Wrote {out}.")
        return
    wanted = _range(numbers)
    with tools() as kit:
        with kit.begin() as session:
            campaign = campaigns.find(session, slug=slug)

        def ask(why_again: str | None) -> PrintRun:
            with kit.begin() as session:
                return print_requests.request_run(
                    session,
                    campaign_id=campaign.id,
                    sheet=sheet,
                    numbers=wanted,
                    venue=venue,
                    draft=draft,
                    reason=why_again,
                    printer=printer,
                    duplex=duplex,
                    order=order,
                    part_sheets=kit.settings.print_part_sheets,
                    by=BY,
                    at=now(),
                )

        try:
            run = ask(reason)
        except Invalid as refusal:
            run = ask(_why_again(refusal))
        if wanted is not None and run.cards < wanted[1] - wanted[0] + 1:
            missing = wanted[1] - wanted[0] + 1 - run.cards
            why = "not registered, held, in another print run, or on a manifest"
            click.echo(f"{missing} of these numbers are not in it: {why}.", err=True)
        done = draw_here(kit, campaign_id=campaign.id, run_id=run.id)
        place = write_file(kit, done, out)
        if cover is not None:
            cover.write_bytes(cover_sheet(kit, done))
    say_written(done, place, as_json=as_json)


@click.command("spoil")
@click.argument("slug")
@click.argument("numbers", type=click.IntRange(1), nargs=-1, required=True)
@click.option("--reason", required=True, help="What is wrong with the paper, such as “smudged”.")
@as_json
def spoil(slug: str, numbers: tuple[int, ...], reason: str, as_json: bool) -> None:
    """Mark the paper of these cards of SLUG as spoiled: each waits for paper again, under a new code.

    Tear the old paper up: its code is answered as replaced.
    """
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        done = spoiling.spoil(
            session, campaign_id=campaign.id, numbers=numbers, reason=reason, by=BY, at=now()
        )
    if as_json:
        answer({"spoiled": done})
    else:
        which = ", ".join(f"No. {number}" for number in done)
        click.echo(f"Spoiled: {which}. Waiting for paper again, with a new code; tear the old paper up.")


def _why_again(refusal: Invalid) -> str:
    """Asks a person why cards are printed again; a script that names their numbers has said enough."""
    if not any((fault.field, fault.code) == ("reason", "missing") for fault in refusal.faults):
        raise refusal
    if not sys.stdin.isatty():
        return AGAIN_BY_NUMBER
    return str(click.prompt("Some of these cards were printed before. Why are they printed again?", err=True))


def say_written(run: RunSeen, place: Path, *, as_json: bool) -> None:
    """This will say what was written, for a person or a program."""
    drawn = sum(part.drawn for part in run.parts)
    if as_json:
        answer({"run": run.run, "cards": drawn, "first": run.first_number, "last": run.last_number,
                "sheets": run.sheets, "parts": len(run.files), "file": str(place), "draft": run.draft})  # fmt: skip
        return
    if drawn == 1:
        click.echo(f"Wrote one card, No. {run.first_number}, to {place}.")
    else:
        parts = f", in {len(run.files)} parts" if len(run.files) > 1 else ""
        click.echo(
            f"Wrote {cards_of(drawn)}, No. {run.first_number} to {run.last_number}{parts}, to {place}."
        )


def can_be_written(out: Path) -> None:
    """This will look before anything is marked as printed. Raises `Denied`."""
    if not out.parent.is_dir():
        raise Denied(f"{out} cannot be written: there is no folder {out.parent}.", code="no_folder")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise Denied(f"{out} cannot be written: it is not ours to write.", code="not_writable")


def _range(numbers: str | None) -> tuple[int, int] | None:
    if numbers is None:
        return None
    match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", numbers.strip())
    if match is None:
        raise click.UsageError("--numbers takes a range such as 1-500, or one number.")
    return int(match[1]), int(match[2] or match[1])
