"""What the desk's first page shows of one campaign: six small queries, none of which scans the cards."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.queries import print_runs, tallies
from postcards.queries.kiosks_seen import KioskSeen, kiosks_seen
from postcards.queries.manifest_list import ManifestRow, newest
from postcards.queries.print_runs import TAKEN_WITHIN, UNTAKEN, RunRow, Untaken
from postcards.queries.stamps import Drawer, drawer
from postcards.rules.edition import Edition

#: A manifest's files are made within seconds; one that waits longer than this has nobody working on it.
FILES_WITHIN = dt.timedelta(minutes=2)
#: Beat ticks every few seconds; silence of this length means that nothing is being sealed, sent or swept.
BEAT_WITHIN = dt.timedelta(minutes=2)
#: How many manifests and print runs the first page shows.
NEWEST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """Living cards of a venue or country: all of them, and how far they have come."""

    key: str
    name: str
    cards: int
    waiting: int  # for paper or for the Post
    under_way: int  # on a manifest or with the Post
    arrived: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person or has stopped; zero and None are good."""

    held: int
    held_numbers: tuple[int, ...]
    failed_mails: int
    late_manifests: tuple[int, ...]
    disputed_manifests: tuple[int, ...]
    failed_runs: tuple[int, ...]
    untaken_runs: tuple[Untaken, ...]
    beat_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SuspendedWaiting:
    """Cards that cannot leave, for the Post does not serve their country on this day."""

    country: str
    cards: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One campaign at one moment."""

    drawer: Drawer
    by_status: dict[str, int]
    venues: list[Row]
    countries: list[Row]
    kiosks: list[KioskSeen]
    manifests: list[ManifestRow]
    runs: list[RunRow]
    waiting: Waiting
    suspended: list[SuspendedWaiting]
    beat_is_silent: bool

    @property
    def silent_kiosks(self) -> list[KioskSeen]:
        """Kiosks that are not heard of although their venue is open."""
        return [kiosk for kiosk in self.kiosks if kiosk.silent and kiosk.venue_open]

    @property
    def needs_attention(self) -> int:
        """How many things somebody has to look at."""
        waiting = self.waiting
        return (
            bool(waiting.held)
            + bool(waiting.failed_mails)
            + len(waiting.late_manifests)
            + len(waiting.disputed_manifests)
            + len(waiting.failed_runs)
            + len(waiting.untaken_runs)
            + len(self.silent_kiosks)
            + len(self.suspended)
            + self.beat_is_silent
        )


_WAITING = text(
    f"""
    SELECT (SELECT count(*) FROM card WHERE campaign_id = :campaign_id AND held <> '{{}}' AND status <> 'void') AS held,
           ARRAY(SELECT number FROM card WHERE campaign_id = :campaign_id AND held <> '{{}}' AND status <> 'void'
                 ORDER BY number LIMIT 5) AS held_numbers,
           (SELECT count(*) FROM mail WHERE campaign_id = :campaign_id AND status = 'failed') AS failed_mails,
           ARRAY(SELECT number FROM manifest WHERE campaign_id = :campaign_id AND files_at IS NULL
                 AND content IS NOT NULL AND sealed_at < :late ORDER BY number) AS late_manifests,
           ARRAY(SELECT number FROM manifest WHERE campaign_id = :campaign_id AND status = 'disputed'
                 ORDER BY number) AS disputed_manifests,
           ARRAY(SELECT run FROM print_run WHERE campaign_id = :campaign_id AND status = 'failed'
                 ORDER BY run) AS failed_runs,
           (SELECT coalesce(json_agg(json_build_array(u.id, u.run, u.ready_at) ORDER BY u.run), '[]')
            FROM ({UNTAKEN} AND r.campaign_id = :campaign_id) AS u) AS untaken_runs,
           (SELECT at FROM heartbeat WHERE name = 'beat') AS beat_at
    """  # noqa: S608 - of our own words alone
)


def dashboard(session: Session, *, campaign_id: int, edition: Edition, at: dt.datetime) -> Dashboard:
    """This will read the campaign's first page in six queries, whatever it holds."""
    rows = tallies.read(session, campaign_id)
    waiting = _waiting(session, campaign_id, at)
    venue_names = {venue.slug: venue.name for venue in edition.venues}
    return Dashboard(
        drawer=drawer(session, campaign_id),
        by_status=tallies.by_status(rows),
        venues=_venue_rows(rows, venue_names),
        countries=_rows(rows, "country", {}),
        kiosks=kiosks_seen(session, campaign_id=campaign_id, edition=edition, at=at),
        manifests=newest(session, campaign_id=campaign_id, limit=NEWEST),
        runs=print_runs.newest(session, campaign_id=campaign_id, limit=NEWEST),
        waiting=waiting,
        suspended=_suspended(rows, edition, at),
        beat_is_silent=waiting.beat_at is None or waiting.beat_at < at - BEAT_WITHIN,
    )


def _waiting(session: Session, campaign_id: int, at: dt.datetime) -> Waiting:
    moments = {"late": at - FILES_WITHIN, "untaken": at - TAKEN_WITHIN}
    row = session.execute(_WAITING, {"campaign_id": campaign_id, **moments}).one()
    return Waiting(
        held=row.held,
        held_numbers=tuple(row.held_numbers),
        failed_mails=row.failed_mails,
        late_manifests=tuple(row.late_manifests),
        disputed_manifests=tuple(row.disputed_manifests),
        failed_runs=tuple(row.failed_runs),
        untaken_runs=tuple(
            Untaken(uuid.UUID(run_id), run, dt.datetime.fromisoformat(ready_at))
            for run_id, run, ready_at in row.untaken_runs
        ),
        beat_at=row.beat_at,
    )


_STAGES = {
    "registered": "waiting",
    "printed": "waiting",
    "sealed": "under_way",
    "handed_over": "under_way",
    "arrived": "arrived",
}


def _rows(rows: list[tallies.TallyRow], column: str, names: dict[str, str]) -> list[Row]:
    """Most cards first; refused and returned ones count among the cards and in no stage."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.status == "void":
            continue
        one = sums.setdefault(getattr(row, column), {"cards": 0, "waiting": 0, "under_way": 0, "arrived": 0})
        one["cards"] += row.cards
        stage = _STAGES.get(row.status)
        if stage is not None:
            one[stage] += row.cards
    found = [Row(key=key, name=names.get(key, key), **counts) for key, counts in sums.items()]
    return sorted(found, key=lambda one: (-one.cards, one.name))


def _venue_rows(rows: list[tallies.TallyRow], names: dict[str, str]) -> list[Row]:
    """Every venue of the edition, also one where nobody has written yet."""
    found = _rows(rows, "venue_slug", names)
    seen = {row.key for row in found}
    return found + [Row(slug, name, 0, 0, 0, 0) for slug, name in names.items() if slug not in seen]


def _suspended(rows: list[tallies.TallyRow], edition: Edition, at: dt.datetime) -> list[SuspendedWaiting]:
    closed = {suspension.country for suspension in edition.suspensions(edition.day(at))}
    sums: dict[str, int] = {}
    for row in rows:
        if row.country in closed and row.status in ("registered", "printed"):
            sums[row.country] = sums.get(row.country, 0) + row.cards
    return [SuspendedWaiting(country, cards) for country, cards in sorted(sums.items()) if cards]
