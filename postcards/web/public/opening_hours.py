"""Opening hours as people read them: days with the same hours together, special days by date, open now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby

from postcards.rules.edition_parts import CLOSED, WEEKDAYS, Hours, Venue
from postcards.texts import Catalogue

#: Days ahead that a special day is announced.
AHEAD = 21


@dataclass(frozen=True, slots=True)
class Line:
    """`days` such as "Monday – Friday" or "24 December", `hours` such as "10:00–18:00"."""

    days: str
    hours: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class VenueHours:
    """A venue with its week, what is special soon, and until when it is open now (None: closed now)."""

    venue: Venue
    week: tuple[Line, ...]
    special: tuple[Line, ...]
    open_until: str | None


def of_venue(venue: Venue, *, at: dt.datetime, say: Catalogue) -> VenueHours:
    """This will word the hours of a venue; `at` is the moment in the campaign's own zone."""
    return VenueHours(venue, _week(venue, say), _special(venue, at.date(), say), _open_until(venue, at))


def _week(venue: Venue, say: Catalogue) -> tuple[Line, ...]:
    lines = []
    by_hours = groupby(range(7), key=lambda day: venue.hours.get(WEEKDAYS[day], CLOSED))
    for hours, days in by_hours:
        first, *rest = days
        names = say.weekday(first)
        if rest:
            names = f"{names} – {say.weekday(rest[-1])}"
        lines.append(Line(names[:1].upper() + names[1:], _hours(hours, say)))
    return tuple(lines)


def _special(venue: Venue, today: dt.date, say: Catalogue) -> tuple[Line, ...]:
    soon = [one for one in venue.exceptions if 0 <= (one.date - today).days <= AHEAD]
    return tuple(
        Line(say.date(one.date), _hours(one.hours, say), one.note or "")
        for one in sorted(soon, key=lambda one: one.date)
    )


def _open_until(venue: Venue, at: dt.datetime) -> str | None:
    clock = at.time()
    for opening in venue.hours_on(at.date()).openings:
        if opening.opens <= clock < opening.closes:
            return f"{opening.closes:%H:%M}"
    return None


def _hours(hours: Hours, say: Catalogue) -> str:
    if not hours.openings:
        return say.gettext("closed all day")
    return ", ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in hours.openings)
