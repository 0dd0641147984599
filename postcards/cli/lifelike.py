"""Fills an empty database with a campaign in full swing: 2,500 cards at every stage, made by the real services.

Weeks are told again event by event, in order: registered at kiosks, corrected, voided, printed, sealed at each
cut-off, answered by the Post, and arrived after a while. Only the clock is made up.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import click
import structlog
from sqlalchemy import select

from postcards.cli.edge import now
from postcards.cli.lifelike_days import Days, Ledger
from postcards.cli.lifelike_kiosks import Counters
from postcards.cli.lifelike_post import Post
from postcards.kit import Kit
from postcards.models import Campaign
from postcards.queries import campaigns as queries
from postcards.rules.edition import Edition, load_edition
from postcards.services import campaigns, tallies

CARDS = 2_500
SEED = 2011  # the year of the first card
#: The campaign has been open for so many days.
DAYS = 40
#: Cards that came in since the last cut-off, in a hundred: they wait for paper or for the Post.
LATEST = 9
BY = "up"


def fill_once(
    kit: Kit, *, cards: int = CARDS, seed: int = SEED, at: dt.datetime | None = None, days: int = DAYS
) -> bool:
    """Create Vilnius (cap 10,000) on an empty database and fill it with `cards` cards up to the moment `at`.

    This will return False and change nothing when there is a campaign already. Mail of the past is laid into
    HOME/outbox, whatever SMTP server is set: these people do not exist.
    """
    with kit.begin() as session:
        if session.scalar(select(Campaign.id).limit(1)) is not None:
            return False
    click.echo(f"Filling an empty house with {cards} made-up cards, once; this takes about a minute.")
    rng, today = random.Random(seed), at or now()  # noqa: S311 - people made up again the same
    edition = load_edition("vilnius")
    opened = _first_morning(edition, today, days)
    with kit.begin() as session:
        made = campaigns.create(session, edition=edition, vault=kit.vault, by=BY, at=opened)
    with kit.begin() as session:
        campaigns.set_status(session, slug=made.slug, status="open", by=BY, at=opened)
        edition = queries.edition(session, made.id)
    story = Days()
    with _quietly(), Ledger(kit) as ledger:
        post = Post(kit, ledger, rng, story, edition, made.id)
        counters = Counters(kit, ledger, rng, story, edition, made.id, made.data_key)
        counters.set_up(opened)
        cut_offs = _cut_offs(edition, opened, today)
        latest = round(cards * LATEST / 100)
        _plan(rng, counters, post, cut_offs, [opened, *cut_offs, today], cards - latest, latest)
        story.tell(until=today)
    counters.close_the_day(today)
    while True:
        with kit.begin() as session:
            if not tallies.fold(session):
                return True


@contextmanager
def _quietly() -> Iterator[None]:
    """Hundreds of made-up mails would each say that they left, on the screen of whoever starts."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


def _plan(
    rng: random.Random,
    counters: Counters,
    post: Post,
    cut_offs: list[dt.datetime],
    edges: list[dt.datetime],
    before: int,
    latest: int,
) -> None:
    """Spreads the cards over the stretches between cut-offs, more of them as word gets around."""
    stretches = list(pairwise(edges))
    earlier = stretches[:-1]
    weights = [
        (1 + index) ** 0.4 * max(1, (until - since).days) for index, (since, until) in enumerate(earlier)
    ]
    where = rng.choices(range(len(earlier)), weights, k=before) if earlier else []
    for index in where:
        counters.plan_card(*earlier[index])
    since, until = stretches[-1]
    came = sorted(counters.plan_card(since, until) for _ in range(latest if earlier else latest + before))
    for cut_off in cut_offs:
        post.plan_cut_off(cut_off, answered=cut_off != cut_offs[-1])
    if came:  # the last of them still wait for paper
        post.plan_print_run(came[len(came) * 2 // 3])
    post.plan_mail(edges[0], until)


def _first_morning(edition: Edition, today: dt.datetime, days: int) -> dt.datetime:
    """Eight o'clock, local time, so many days ago."""
    day = edition.day(today) - dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(8), tzinfo=edition.zone)


def _cut_offs(edition: Edition, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    found: list[dt.datetime] = []
    moment = edition.next_cut_off(since)
    while moment < until:
        found.append(moment)
        moment = edition.next_cut_off(moment)
    return found
