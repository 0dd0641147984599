"""Print runs as the desk sees them: the list, and one run with its parts and its progress."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.models.base import Sentence
from postcards.rules.print_place import Part
from postcards.rules.retention import PRINT_FILE

#: The file of a ready run that nobody has taken for this long is left lying: its cards count as printed, without paper.
TAKEN_WITHIN = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the list. `drawn` of its `cards` are drawn so far; `files` of its parts have a file now."""

    id: uuid.UUID
    run: int
    cards: int
    first_number: int
    last_number: int
    sheet: str
    draft: bool
    status: str
    paused_for: str | None
    requested_by: str
    by_name: str | None
    requested_at: dt.datetime
    ready_at: dt.datetime | None
    taken_at: dt.datetime | None
    failure: str | None
    slug: str
    parts: int
    drawn: int
    files: int
    file_bytes: int | None

    @property
    def by(self) -> str:
        """Who asked, as the journal names them."""
        return self.requested_by

    def is_left_lying(self, at: dt.datetime) -> bool:
        """Whether it has been ready for long, and nobody has taken its file."""
        return _is_left_lying(self, at)

    @property
    def file_name(self) -> str | None:
        """What its file is called: one PDF, or a ZIP of them and a cover sheet; None when there is none."""
        return file_name(self.slug, self.run, self.files)


def _is_left_lying(run: RunRow | RunSeen, at: dt.datetime) -> bool:
    waits = run.status == "ready" and not run.draft and run.taken_at is None
    return waits and run.ready_at is not None and run.ready_at < at - TAKEN_WITHIN


def file_name(slug: str, run: int, files: int) -> str | None:
    """This will name the file of a run with that many drawn parts."""
    if not files:
        return None
    return f"{slug}-run-{run:03}.{'zip' if files > 1 else 'pdf'}"


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a run: its sheets, its cards, and how far they are drawn."""

    part: int
    first_position: int
    last_position: int
    first_number: int
    last_number: int
    sheets: int
    status: str
    drawn: int
    worker: str | None
    attempts: int
    file_key: str | None
    key_id: str | None
    file_bytes: int | None
    file_sha256: bytes | None

    @property
    def cards(self) -> int:
        """Places in it, the blank ones too."""
        return self.last_position - self.first_position + 1

    @property
    def is_unbroken(self) -> bool:
        """Whether a new run from its first number to its last would hold its cards and no other."""
        return self.last_number - self.first_number + 1 == self.cards

    @property
    def as_part(self) -> Part:
        """The same for the arithmetic of places."""
        return Part(self.part, self.first_position, self.last_position, self.sheets)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: cards, the rate in cards a second and the seconds left (None: not known yet)."""

    cards: int
    drawn: int
    parts: int
    parts_done: int
    workers: int
    rate: float | None
    seconds_left: int | None


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One run, with all that its page and its cover sheet say."""

    id: uuid.UUID
    campaign_id: int
    slug: str
    campaign_name: str
    language: str
    time_zone: str
    run: int
    sheet: str
    draft: bool
    status: str
    paused_for: str | None
    failure: str | None
    cards: int
    first_number: int
    last_number: int
    venue_slug: str | None
    venue_name: str | None
    reason: str | None
    printer: str | None
    duplex: str
    card_order: str
    front_x: float
    front_y: float
    back_x: float
    back_y: float
    requested_by: str
    by_name: str | None
    requested_at: dt.datetime
    began_at: dt.datetime | None
    began_with: int
    ready_at: dt.datetime | None
    taken_at: dt.datetime | None
    taken_by: str | None
    forgotten_at: dt.datetime | None
    blanks: int
    lacks_paper: bool
    parts: tuple[PartRow, ...]

    @property
    def by(self) -> str:
        """Who asked, as the journal names them."""
        return self.requested_by

    @property
    def sheets(self) -> int:
        """Sheets of paper that it takes."""
        return sum(part.sheets for part in self.parts)

    @property
    def files(self) -> tuple[PartRow, ...]:
        """The parts that have a file."""
        return tuple(part for part in self.parts if part.file_key is not None)

    @property
    def file_name(self) -> str | None:
        """What its file is called, None when there is none."""
        return file_name(self.slug, self.run, len(self.files))

    def is_left_lying(self, at: dt.datetime) -> bool:
        """Whether it has been ready for long, nobody has taken its file, and cards of it count as printed."""
        return self.lacks_paper and _is_left_lying(self, at)

    def erased_parts(self, at: dt.datetime) -> tuple[PartRow, ...]:
        """The parts of a ready run that an erasure took away: nothing else does before its time is over."""
        if self.status != "ready" or self.ready_at is None or self.ready_at < at - PRINT_FILE:
            return ()
        return tuple(part for part in self.parts if part.status == "gone")

    def progress(self, at: dt.datetime) -> Progress:
        """This will tell how far it is, at that time."""
        drawn = sum(part.drawn for part in self.parts)
        at_work = {part.worker for part in self.parts if part.status == "drawing"}
        rate = left = None
        if self.status == "drawing" and self.began_at is not None:
            seconds, new = (at - self.began_at).total_seconds(), drawn - self.began_with
            if seconds > 0 and new > 0:
                rate = new / seconds
                left = round((self.cards - self.blanks - drawn) / rate)
        return Progress(
            cards=self.cards - self.blanks,
            drawn=drawn,
            parts=len(self.parts),
            parts_done=sum(part.status in ("drawn", "empty", "failed", "gone") for part in self.parts),
            workers=len(at_work),
            rate=rate,
            seconds_left=None if left is None else max(left, 0),
        )


_NEWEST = text(
    """
    SELECT r.id, r.run, r.cards, r.first_number, r.last_number, r.sheet, r.draft, r.status, r.paused_for,
           r.requested_by, s.email AS by_name, r.requested_at, r.ready_at, r.taken_at, r.failure, c.slug, r.parts,
           coalesce(p.drawn, 0) AS drawn, coalesce(p.files, 0) AS files, p.file_bytes
    FROM print_run r JOIN campaign c ON c.id = r.campaign_id
    LEFT JOIN staff s ON r.requested_by = 'staff:' || s.id
    LEFT JOIN LATERAL (
        SELECT sum(drawn)::int AS drawn, count(file_key)::int AS files, sum(file_bytes)::int AS file_bytes
        FROM print_part WHERE print_run_id = r.id
    ) AS p ON true
    WHERE r.campaign_id = :campaign_id AND (CAST(:before AS numeric) IS NULL OR r.run < :before)
    ORDER BY r.run DESC LIMIT :limit
    """
).columns(failure=Sentence())


def newest(session: Session, *, campaign_id: int, limit: int = 20, before: int | None = None) -> list[RunRow]:
    """This will list up to `limit` runs with a number below `before`, newest first; one query."""
    rows = session.execute(_NEWEST, {"campaign_id": campaign_id, "limit": limit, "before": before})
    return [RunRow(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Untaken:
    """A run that has been ready for long without anybody taking its file, though its cards count as printed."""

    id: uuid.UUID
    run: int
    ready_at: dt.datetime


def has_paper(card: str) -> str:
    """This will give the condition, in SQL, that the card under that name has paper with its code: a kiosk printed it,
    it was a fact on paper from the first, or somebody took the file of a run that holds it so."""
    return f"""EXISTS (
        SELECT FROM print_log l LEFT JOIN print_run other ON other.id = l.print_run_id
        WHERE l.campaign_id = {card}.campaign_id AND l.card_id = {card}.id AND l.code = {card}.code
          AND (l.print_run_id IS NULL OR other.taken_at IS NOT NULL))"""


#: Run `r` is ready and nobody has taken its file, though some card of it counts as printed that has no other paper.
#: The first such card is enough.
_LACKS_PAPER = f"""
    r.status = 'ready' AND NOT r.draft AND r.taken_at IS NULL
    AND EXISTS (
        SELECT FROM print_run_card p JOIN card k ON k.campaign_id = p.campaign_id AND k.id = p.card_id
        WHERE p.print_run_id = r.id AND p.outcome = 'drawn' AND k.code = p.code AND k.status = 'printed'
          AND NOT {has_paper("k")})
"""

#: As of :untaken, the moment before which a run must have been ready; a run all of whose cards have gone on is no
#: matter any more.
UNTAKEN = f"""
    SELECT r.campaign_id, r.id, r.run, r.ready_at FROM print_run r
    WHERE r.ready_at < :untaken AND {_LACKS_PAPER}
"""  # noqa: S608 - of our own words alone


@dataclass(frozen=True, slots=True)
class WaitingForPaper:
    """Registered cards: those that a new run would take, those that a run has taken, those that the desk settles."""

    free: int
    in_runs: int
    held: int


_WAITING_FOR_PAPER = text(
    """
    SELECT count(*) FILTER (WHERE held = '{}' AND print_run_id IS NULL) AS free,
           count(*) FILTER (WHERE held = '{}' AND print_run_id IS NOT NULL) AS in_runs,
           count(*) FILTER (WHERE held <> '{}') AS held
    FROM card WHERE campaign_id = :campaign_id AND status = 'registered'
    """
)


def waiting_for_paper(session: Session, *, campaign_id: int) -> WaitingForPaper:
    """This will count the registered cards by what a new run would do with them; one query."""
    return WaitingForPaper(**session.execute(_WAITING_FOR_PAPER, {"campaign_id": campaign_id}).one()._mapping)


_RUN = text(
    f"""
    SELECT r.id, r.campaign_id, c.slug, c.edition ->> 'name' AS campaign_name, c.edition -> 'languages' ->> 0
           AS language, c.edition ->> 'time_zone' AS time_zone, r.run, r.sheet, r.draft, r.status,
           r.paused_for, r.failure, r.cards, r.first_number, r.last_number, r.venue_slug, v.name AS
           venue_name, r.reason, r.printer, r.duplex, r.card_order, r.front_x, r.front_y, r.back_x, r.back_y,
           r.requested_by, s.email AS by_name, r.requested_at, r.began_at, r.began_with, r.ready_at,
           r.taken_at, r.taken_by, r.forgotten_at,
           (SELECT count(*) FROM print_run_card p
            WHERE p.print_run_id = r.id AND p.outcome IN ('left_out', 'taken_out'))::int AS blanks,
           ({_LACKS_PAPER}) AS lacks_paper
    FROM print_run r JOIN campaign c ON c.id = r.campaign_id
    LEFT JOIN venue v ON v.campaign_id = r.campaign_id AND v.slug = r.venue_slug
    LEFT JOIN staff s ON r.requested_by = 'staff:' || s.id
    WHERE r.campaign_id = :campaign_id
      AND (r.id = CAST(:run_id AS uuid) OR r.run = CAST(:run AS numeric))
    """  # noqa: S608 - of our own words alone
).columns(failure=Sentence())

_PARTS = text(
    """
    SELECT p.part, p.first_position, p.last_position, f.number AS first_number, l.number AS last_number, p.sheets,
           p.status, p.drawn, p.claimed_by AS worker, p.attempts, p.file_key, p.key_id, p.file_bytes, p.file_sha256
    FROM print_part p
    JOIN print_run_card f ON f.print_run_id = p.print_run_id AND f.position = p.first_position
    JOIN print_run_card l ON l.print_run_id = p.print_run_id AND l.position = p.last_position
    WHERE p.print_run_id = :run_id ORDER BY p.part
    """
)


def run_seen(
    session: Session, *, campaign_id: int, run_id: uuid.UUID | None = None, run: int | None = None
) -> RunSeen:
    """This will give one run by its id or its number, with its parts, in two queries. Raises `NotFound`."""
    row = session.execute(_RUN, {"campaign_id": campaign_id, "run_id": run_id, "run": run}).one_or_none()
    if row is None:
        raise NotFound("There is no such print run in this campaign.")
    parts = tuple(PartRow(**part._mapping) for part in session.execute(_PARTS, {"run_id": row.id}))
    return RunSeen(**row._mapping, parts=parts)
