"""`postcards demo`: a small campaign the whole way on the real parts, each step proved by what it saw."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from postcards.cli import demo_counter, demo_post
from postcards.cli.demo_client import Commands, DemoFailed
from postcards.cli.demo_house import House
from postcards.cli.demo_results import make_room, write_summary
from postcards.cli.demo_tour import Tour
from postcards.rules.edition import load_edition

#: The steps in order. Each returns the one line to show, and raises `DemoFailed` otherwise.
STEPS: tuple[tuple[str, Callable[[Tour], str]], ...] = (
    ("campaign", demo_counter.open_campaign),
    ("kiosks", demo_counter.pair_kiosks),
    ("cards", demo_counter.register),
    ("cap", demo_counter.meet_the_cap),
    ("mending", demo_counter.mend),
    ("paper", demo_post.print_and_seal),
    ("the Post", demo_post.hand_over),
    ("arrivals", demo_post.arrive),
    ("mail", demo_post.await_mail),
    ("counter", demo_post.look_at_the_counter),
    ("books", demo_post.prove),
)


@click.command()
@click.option(
    "--cards", default=200, show_default=True, type=click.IntRange(60, 5000), help="The cap to be filled."
)
@click.option("--seed", default=60, show_default=True, type=int, help="Same seed, same people.")
@click.option("--out", default="out", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Answer with the summary as JSON.")
def demo(cards: int, seed: int, out: Path, as_json: bool) -> None:
    """Run a small campaign the whole way, from a kiosk to a confirmed arrival, in a home of its own."""
    say = _quiet if as_json else click.echo
    began = time.monotonic()
    make_room(out)
    with _signals_end_it():
        try:
            summary = _walk(cards, seed, out.absolute(), say)
        except KeyboardInterrupt:
            click.echo("postcards: the demo was stopped; nothing of it is left running.", err=True)
            sys.exit(130)
    summary["seconds"] = round(time.monotonic() - began, 1)
    write_summary(out, summary)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        say(f"\n  Done in {summary['seconds']:.0f} s. Cards, manifests, mail and summary.json are in {out}/")


def _walk(cards: int, seed: int, out: Path, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"\n  Far is Close, a small campaign the whole way: {cards} stamps, seed {seed}\n")
    steps: list[dict[str, Any]] = []
    with _timed(steps, "start", say) as tell, House() as house:
        tell("PostgreSQL, Valkey, web, worker and scheduler are up at " + house.url)
        tour = Tour(
            cap=cards,
            rng=random.Random(seed),  # noqa: S311 - people made up again the same
            edition=load_edition("vilnius"),
            out=out,
            outbox=house.outbox,
            url=house.url,
            commands=Commands(house.environment),
            say=say,
        )
        for name, step in STEPS:
            with _timed(steps, name, say) as tell:
                try:
                    tell(step(tour))
                except DemoFailed as failed:
                    house.look()
                    raise DemoFailed(f"The demo failed at “{name}”: {failed.message}") from None
        say("  stopping …")
    return {
        "made_by": "postcards demo",
        "finished": True,
        "cards": cards,
        "seed": seed,
        "steps": steps,
        **tour.figures,
    }


@contextmanager
def _timed(
    steps: list[dict[str, Any]], name: str, say: Callable[[str], None]
) -> Iterator[Callable[[str], None]]:
    """Gives a function that shows a step's line and notes how long it took."""
    began = time.monotonic()

    def tell(words: str) -> None:
        took = time.monotonic() - began
        steps.append({"step": name, "seconds": round(took, 2), "result": words})
        say(f"  {name:10} {took:5.1f} s  {words}")

    yield tell


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """A request to end is Ctrl-C, whoever makes it: the house is cleared either way."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, end)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _quiet(_: str) -> None:
    """With --json only the summary is shown."""
