"""Draws a print run where a command was typed: on every core, beside any workers, with a bar that shows how far."""

from __future__ import annotations

import io
import multiprocessing
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from postcards.cli.edge import BY, now
from postcards.config import Settings
from postcards.errors import Denied, Refusal, Unavailable
from postcards.kit import Kit, assemble, worker_name
from postcards.paper.cover_sheet import draw_cover
from postcards.press import press_of
from postcards.queries.print_runs import RunSeen, run_seen
from postcards.services import print_control, print_handout, printing

#: How long we wait for other workers that draw the last parts, looks of half a second.
LOOKS = 240

#: Seconds between two looks at how far the run is.
BEAT = 0.3


def draw_here(kit: Kit, *, campaign_id: int, run_id: uuid.UUID) -> RunSeen:
    """This will draw the run until it is ready, with whoever else draws it. Raises `Denied` when a card cannot be
    printed, `Unavailable` when it is paused; Ctrl-C pauses it."""
    seen = _look(kit, campaign_id, run_id)
    try:
        with _helpers(kit.settings, run_id, parts=len(seen.parts)), _bar(kit, seen):
            for _ in range(LOOKS):
                _draw(kit, run_id)
                seen = _look(kit, campaign_id, run_id)
                if seen.status not in ("queued", "drawing"):
                    break
                time.sleep(0.5)
    except KeyboardInterrupt:
        with suppress(Refusal), kit.begin() as session:
            print_control.pause(session, campaign_id=campaign_id, run_id=run_id, by=BY, at=now())
        raise
    return _ready(kit, seen)


def write_file(kit: Kit, run: RunSeen, out: Path) -> Path:
    """This will write the run's file to `out`, or to FILE.zip when it has several parts; gives the path. Only a file
    that is written whole is noted as taken; one that breaks off is no paper, and does not stay."""
    place = out if len(run.files) == 1 or out.suffix == ".zip" else out.with_name(out.name + ".zip")
    pieces = print_handout.pieces(run, files=kit.sealed_files, cover=cover_sheet(kit, run))
    with place.open("wb") as file, _whole_or_none(place):
        file.writelines(pieces)
        file.flush()
        with kit.begin() as session:
            print_handout.take(session, campaign_id=run.campaign_id, run_id=run.id, by=BY, at=now())
    return place


def cover_sheet(kit: Kit, run: RunSeen) -> bytes:
    """This will draw the run's cover sheet as things stand now."""
    out = io.BytesIO()
    with kit.read() as session:
        draw_cover(print_handout.cover_of(session, run=run), out)
    return out.getvalue()


@contextmanager
def _whole_or_none(place: Path) -> Iterator[None]:
    """Takes a file away again that was not written to its end; a device or a pipe stays where it is."""
    try:
        yield
    except BaseException:
        if place.is_file() and not place.is_symlink():
            place.unlink()
        raise


def _look(kit: Kit, campaign_id: int, run_id: uuid.UUID) -> RunSeen:
    with kit.read() as session:
        return run_seen(session, campaign_id=campaign_id, run_id=run_id)


def _ready(kit: Kit, run: RunSeen) -> RunSeen:
    again = f"postcards print-run resume {run.slug} {run.run} --out FILE"
    if run.status == "ready":
        return run
    if run.status == "failed":
        with kit.begin() as session:
            faulty = print_control.faulty_cards(session, run_id=run.id, vault=kit.vault)
        said = " ".join(f"No. {card.number}: {card.why}" for card in faulty[:5])
        words = f"Print run {run.run} is not handed out. {run.failure} {said}".rstrip()
        if faulty:
            words += f" Take them out: postcards print-run take-out {run.slug} {run.run} --out FILE"
        raise Denied(words, code="print_failed")
    if run.status == "paused":
        why = run.failure or "Somebody paused it."
        raise Unavailable(f"Print run {run.run} is paused. {why} Then: {again}", code="print_paused")
    if run.status == "cancelled":
        raise Denied(
            f"Print run {run.run} was cancelled. {run.failure or ''}".rstrip(), code="print_cancelled"
        )
    raise Unavailable(f"Workers are still drawing this run. Later: {again}")


def _draw(kit: Kit, run_id: uuid.UUID) -> None:
    press = press_of(kit.settings, files=kit.files, sealed_files=kit.sealed_files, vault=kit.vault)
    printing.draw(kit.begin, run_id=run_id, press=press, worker=worker_name("cli"), clock=now)


def _help(settings: Settings, run_id: uuid.UUID) -> None:
    """What a helping process does: draw parts until none is left. Ctrl-C ends it at once; its lease is given up."""
    with suppress(KeyboardInterrupt, Refusal):
        kit = assemble(settings, name="postcards-cli", pool_size=2)
        _draw(kit, run_id)
        kit.close()


@contextmanager
def _helpers(settings: Settings, run_id: uuid.UUID, *, parts: int) -> Iterator[None]:
    """One more process for each other core, where there are parts for them."""
    context = multiprocessing.get_context("spawn")
    count = min(os.cpu_count() or 1, parts) - 1
    running = [context.Process(target=_help, args=(settings, run_id), daemon=True) for _ in range(count)]
    for process in running:
        process.start()
    try:
        yield
    finally:
        for process in running:
            process.join(timeout=1)
            if process.is_alive():
                process.terminate()


@contextmanager
def _bar(kit: Kit, seen: RunSeen) -> Iterator[None]:
    """Cards, rate and time left where somebody watches; nothing in a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (
        TextColumn("Print run {task.fields[run]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    over = threading.Event()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Cards", total=seen.cards, run=seen.run, rate="")

        def watch() -> None:
            while not over.wait(BEAT):
                with suppress(Refusal):
                    far = _look(kit, seen.campaign_id, seen.id).progress(now())
                    rate = f"{far.rate:,.0f} cards/s" if far.rate else ""
                    bar.update(task, completed=far.drawn, total=far.cards, rate=rate)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
