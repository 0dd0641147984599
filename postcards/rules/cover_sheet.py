"""What the cover sheet of a print run says: whose paper it is, how it was printed, and which must not travel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from postcards.rules.print_place import Place


@dataclass(frozen=True, slots=True)
class CoverPart:
    """One part of the run, as its pile lies on the desk; `drawn` cards are on it. `erased`: its file was deleted, for
    somebody in it was to be forgotten."""

    part: int
    first_number: int
    last_number: int
    sheets: int
    drawn: int
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A card and its place: `why` is void, replaced or corrected for paper to pull, left_out or taken_out for a
    place that stays blank."""

    number: int
    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover sheet of one run. Offsets are mm to the right and up, of the front and of the back."""

    slug: str
    campaign: str
    language: str
    time_zone: str
    run: int
    draft: bool
    sheet: str
    sheets: int
    cards: int
    first_number: int
    last_number: int
    venue: str | None
    reason: str | None
    printer: str | None
    duplex: str
    order: str
    offsets: tuple[float, float, float, float]
    asked_by: str
    asked_at: dt.datetime
    ready_at: dt.datetime | None
    parts: tuple[CoverPart, ...]
    pulls: tuple[Marked, ...]
    blanks: tuple[Marked, ...]

    @classmethod
    def of(cls, run: Any, *, pulls: Sequence[Any], blanks: Sequence[Any]) -> Cover:
        """This will make it of a run as it is seen, and of the cards to pull and the blank places."""
        return cls(
            slug=run.slug,
            campaign=run.campaign_name,
            language=run.language,
            time_zone=run.time_zone,
            run=run.run,
            draft=run.draft,
            sheet=run.sheet,
            sheets=run.sheets,
            cards=sum(part.drawn for part in run.parts),
            first_number=run.first_number,
            last_number=run.last_number,
            venue=run.venue_name,
            reason=run.reason,
            printer=run.printer,
            duplex=run.duplex,
            order=run.card_order,
            offsets=(run.front_x, run.front_y, run.back_x, run.back_y),
            asked_by=run.by_name or run.requested_by,
            asked_at=run.requested_at,
            ready_at=run.ready_at,
            parts=tuple(
                CoverPart(
                    part.part,
                    part.first_number,
                    part.last_number,
                    part.sheets,
                    part.drawn,
                    erased=run.status == "ready" and run.forgotten_at is None and part.status == "gone",
                )
                for part in run.parts
            ),
            pulls=tuple(Marked(one.number, one.place, one.why) for one in pulls),
            blanks=tuple(Marked(one.number, one.place, one.why) for one in blanks),
        )
