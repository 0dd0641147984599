"""Which cut-off a sealing belongs to, and on which day the Post gets its cards."""

from __future__ import annotations

import datetime as dt

from postcards.errors import NotFound
from postcards.rules.edition import Edition

#: How far back a missed cut-off is looked for: longer than any row of holidays.
LOOK_BACK = dt.timedelta(days=14)


def last_cut_off(edition: Edition, at: dt.datetime) -> dt.datetime | None:
    """This will return the newest cut-off of a dispatch day not later than `at`; None for two weeks."""
    try:
        found = edition.next_cut_off(at - LOOK_BACK)
    except NotFound:  # no dispatch day at all
        return None
    if found > at:
        return None
    while (later := _cut_off_after(edition, found)) is not None and later <= at:
        found = later
    return found


def deposit(edition: Edition, *, at: dt.datetime, due: dt.datetime | None = None) -> dt.datetime:
    """The cut-off whose deposit a sealing at `at` still reaches: the one that is `due` today, else the next.

    This will return an aware moment; its local date is the deposit date.
    """
    if due is not None and edition.day(due) == edition.day(at):
        return due
    return edition.next_cut_off(at)


def _cut_off_after(edition: Edition, moment: dt.datetime) -> dt.datetime | None:
    try:
        return edition.next_cut_off(moment)
    except NotFound:
        return None
