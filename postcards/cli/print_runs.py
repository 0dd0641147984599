"""`postcards print-run …`: look at print runs, pause them, go on, take faulty cards out, cancel, fetch the file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from postcards.cli.drawing import cover_sheet, draw_here, write_file
from postcards.cli.edge import BY, answer, as_json, cards_of, now, tools
from postcards.cli.printing import can_be_written, say_written
from postcards.kit import Kit
from postcards.queries import print_log as log
from postcards.queries import print_runs as runs
from postcards.queries.print_pulls import pulls
from postcards.queries.print_runs import RunSeen, run_seen
from postcards.services import campaigns, print_control, print_files

_OUT = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the file goes.")


@click.group("print-run")
def print_run() -> None:
    """Print runs: look, pause, resume, cancel, fetch."""


@print_run.command("list")
@click.argument("slug")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@as_json
def list_(slug: str, limit: int, as_json: bool) -> None:
    """List the newest print runs of SLUG."""
    with tools() as kit, kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        listed = runs.newest(session, campaign_id=campaign.id, limit=limit)
    if as_json:
        answer([{"run": row.run, "status": row.status, "cards": row.cards, "drawn": row.drawn,
                 "first": row.first_number, "last": row.last_number, "sheet": row.sheet, "draft": row.draft,
                 "requested_at": row.requested_at.isoformat()} for row in listed])  # fmt: skip
        return
    for row in listed:
        draft = ", draft" if row.draft else ""
        click.echo(
            f"{row.run:>4}  {row.status:9}  {cards_of(row.cards)}, No. {row.first_number} to {row.last_number}, "
            f"{row.sheet}{draft}"
        )


@print_run.command("show")
@click.argument("slug")
@click.argument("run", type=int)
@as_json
def show(slug: str, run: int, as_json: bool) -> None:
    """Show how far RUN is, what is wrong with it, and which paper to pull."""
    with tools() as kit:
        seen = _find(kit, slug, run)
        far = seen.progress(now())
        with kit.begin() as session:
            faulty = print_control.faulty_cards(session, run_id=seen.id, vault=kit.vault)
            pull = pulls(session, run=seen)
    if as_json:
        answer({"run": seen.run, "status": seen.status, "failure": seen.failure, **asdict(far),
                "faulty": [{"number": card.number, "check": card.fault, "why": card.why} for card in faulty],
                "pull": [{"number": one.number, "why": one.why, **asdict(one.place)} for one in pull]})  # fmt: skip
        return
    rate = f", {far.rate:,.0f} cards/s" if far.rate else ""
    left = f", {far.seconds_left} s left" if far.seconds_left is not None else ""
    click.echo(
        f"Print run {seen.run}: {seen.status}, {far.drawn} of {cards_of(far.cards)} drawn, "
        f"{far.parts_done} of {far.parts} parts{rate}{left}."
    )
    if seen.failure:
        click.echo(seen.failure)
    for card in faulty:
        click.echo(f"No. {card.number} cannot be printed: {card.why}")
    for one in pull:
        place = one.place
        click.echo(
            f"Pull No. {one.number} ({one.why}): part {place.part}, sheet {place.sheet}, row {place.row}, "
            f"column {place.column}."
        )


@print_run.command("pause")
@click.argument("slug")
@click.argument("run", type=int)
def pause(slug: str, run: int) -> None:
    """Stop drawing RUN; its cards stay claimed."""
    with tools() as kit:
        seen = _find(kit, slug, run)
        with kit.begin() as session:
            print_control.pause(session, campaign_id=seen.campaign_id, run_id=seen.id, by=BY, at=now())
    click.echo(f"Print run {run} is paused.")


@print_run.command("resume")
@click.argument("slug")
@click.argument("run", type=int)
@_OUT
@as_json
def resume(slug: str, run: int, out: Path | None, as_json: bool) -> None:
    """Go on with RUN; with --out, draw it here and write its file."""
    with tools() as kit:
        seen = _find(kit, slug, run)
        if seen.status != "ready":
            with kit.begin() as session:
                print_control.resume(session, campaign_id=seen.campaign_id, run_id=seen.id, by=BY, at=now())
        _go_on(kit, seen, out, as_json=as_json)


@print_run.command("take-out")
@click.argument("slug")
@click.argument("run", type=int)
@click.argument("numbers", type=click.IntRange(1), nargs=-1)
@_OUT
@as_json
def take_out(slug: str, run: int, numbers: tuple[int, ...], out: Path | None, as_json: bool) -> None:
    """Take the cards that cannot be printed out of RUN (all, or these), hold them for the desk, and go on."""
    with tools() as kit:
        seen = _find(kit, slug, run)
        with kit.begin() as session:
            gone = print_control.take_out(
                session,
                campaign_id=seen.campaign_id,
                run_id=seen.id,
                numbers=numbers or None,
                by=BY,
                at=now(),
            )
        if not as_json:
            click.echo(f"Held for the desk: {', '.join(f'No. {number}' for number in gone)}.")
        _go_on(kit, seen, out, as_json=as_json)


@print_run.command("cancel")
@click.argument("slug")
@click.argument("run", type=int)
def cancel(slug: str, run: int) -> None:
    """Give the cards of RUN back; they wait for paper again."""
    with tools() as kit:
        seen = _find(kit, slug, run)
        with kit.begin() as session:
            print_control.cancel(session, campaign_id=seen.campaign_id, run_id=seen.id, by=BY, at=now())
        print_files.clear_cancelled(kit.begin, files=kit.sealed_files, by=BY, at=now())
    click.echo(f"Print run {run} is cancelled. Its cards wait for paper again.")


@print_run.command("file")
@click.argument("slug")
@click.argument("run", type=int)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--cover", is_flag=True, help="Only the cover sheet, with the paper to pull as of now.")
@as_json
def file(slug: str, run: int, out: Path, cover: bool, as_json: bool) -> None:
    """Write the file of RUN to --out again, or its cover sheet."""
    can_be_written(out)
    with tools() as kit:
        seen = _find(kit, slug, run)
        if cover:
            out.write_bytes(cover_sheet(kit, seen))
            click.echo(f"Wrote the cover sheet of print run {run} to {out}.")
        else:
            say_written(seen, write_file(kit, seen, out), as_json=as_json)


@print_run.command("log")
@click.argument("slug")
@click.option("--number", type=click.IntRange(1), help="Only of this card.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@as_json
def print_log(slug: str, number: int | None, limit: int, as_json: bool) -> None:
    """List who printed which number when, newest first."""
    with tools() as kit, kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        rows = log.print_log(session, campaign_id=campaign.id, number=number, limit=limit)
    if as_json:
        answer([asdict(row) for row in rows])
        return
    for row in rows:
        where = f"run {row.run}" if row.run else "single card"
        why = f", {row.reason}" if row.reason else ""
        marks = (", spoiled" if row.spoiled else "") + (", old code" if row.replaced else "")
        click.echo(
            f"{row.printed_at:%Y-%m-%d %H:%M}  No. {row.number}  {where}  {row.by_name or row.by}{why}{marks}"
        )


def _find(kit: Kit, slug: str, run: int) -> RunSeen:
    with kit.read() as session:
        campaign = campaigns.find(session, slug=slug)
        return run_seen(session, campaign_id=campaign.id, run=run)


def _go_on(kit: Kit, run: RunSeen, out: Path | None, **how: Any) -> None:
    if out is None:
        click.echo(f"Print run {run.run} goes on as soon as a worker is free.")
        return
    can_be_written(out)
    done = draw_here(kit, campaign_id=run.campaign_id, run_id=run.id)
    say_written(done, write_file(kit, done, out), **how)
