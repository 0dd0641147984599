"""What those who watch the house want to know of the database: a few small counts, none of which scans the cards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from postcards.queries import campaigns, stamps, tallies, waiting_jobs
from postcards.queries.print_runs import TAKEN_WITHIN, UNTAKEN

#: An active kiosk counts as seen when it was heard of within this time; a device at work asks every minute.
SEEN_WITHIN = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure by its labels: `rows` are the labels' values and the number."""

    name: str
    help: str
    labels: tuple[str, ...]
    rows: list[tuple[tuple[str, ...], float]]


def figures(session: Session, *, at: dt.datetime) -> list[Figure]:
    """This will read every figure as of `at`: a dozen statements, and two more for each campaign."""
    return [*_of_campaigns(session), *_of_jobs(session, at), *_counted(session, at)]


def _of_campaigns(session: Session) -> list[Figure]:
    cards: list[tuple[tuple[str, ...], float]] = []
    places: list[tuple[tuple[str, ...], float]] = []
    for campaign in campaigns.every(session):
        by_status = tallies.by_status(tallies.read(session, campaign.id))
        cards += [((campaign.slug, status), n) for status, n in sorted(by_status.items())]
        drawer = stamps.drawer(session, campaign.id)
        places += [((campaign.slug, status), getattr(drawer, status)) for status in _STAMPS]
    both = ("campaign", "status")
    return [
        Figure("postcards_cards", "Cards by status.", both, cards),
        Figure("postcards_stamps", "Stamps by status; together they are the cap.", both, places),
    ]


_STAMPS = ("used", "lent", "free", "held", "withdrawn")


def _of_jobs(session: Session, at: dt.datetime) -> list[Figure]:
    waiting = waiting_jobs.waiting_jobs(session, at=at)
    claims = waiting_jobs.claims(session, at=at)
    return [
        Figure(
            "postcards_waiting_jobs",
            "Jobs that are due and that nobody is at.",
            ("kind",),
            [((one.kind,), one.jobs) for one in waiting],
        ),
        Figure(
            "postcards_oldest_job_seconds",
            "How long the oldest of them has waited.",
            ("kind",),
            [((one.kind,), one.oldest_seconds(at)) for one in waiting],
        ),
        Figure(
            "postcards_claims",
            "Unfinished work that a worker has claimed; expired: its worker is gone, and the sweeper asks again.",
            ("kind", "state"),
            [
                row
                for one in claims
                for row in (((one.kind, "held"), one.held), ((one.kind, "expired"), one.expired))
            ],
        ),
    ]


#: Name, help, labels, and the statement: a column for each label, then the number.
_COUNTED: tuple[tuple[str, str, tuple[str, ...], TextClause], ...] = (
    (
        "postcards_cards_held",
        "Cards that wait for the desk's decision.",
        ("campaign",),
        text(
            "SELECT c.slug, (SELECT count(*) FROM card k WHERE k.campaign_id = c.id AND k.held <> '{}'"
            " AND k.status <> 'void') FROM campaign c ORDER BY 1"
        ),
    ),
    (
        "postcards_mail",
        "Mail that has not left: waiting or sending, or given up as failed.",
        ("campaign", "status"),
        text(
            """
            SELECT c.slug, m.status, count(*) FROM campaign c JOIN (
                SELECT campaign_id, status FROM mail WHERE status IN ('waiting', 'sending')
                UNION ALL SELECT campaign_id, status FROM mail WHERE status = 'failed'
            ) AS m ON m.campaign_id = c.id GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
    ),
    (
        "postcards_kiosks",
        "Kiosks by status.",
        ("campaign", "status"),
        text(
            "SELECT c.slug, k.status, count(*) FROM kiosk k JOIN campaign c ON c.id = k.campaign_id"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        ),
    ),
    (
        "postcards_kiosks_seen",
        "Active kiosks that were heard of in the last five minutes.",
        ("campaign",),
        text(
            "SELECT c.slug, (SELECT count(*) FROM kiosk k WHERE k.campaign_id = c.id AND k.status = 'active'"
            " AND k.last_seen_at > :seen_after) FROM campaign c ORDER BY 1"
        ),
    ),
    (
        "postcards_manifests",
        "Manifests by status, the newest version of each; sealed: the Post has not answered.",
        ("campaign", "status"),
        text(
            """
            SELECT c.slug, m.status, count(*) FROM manifest m JOIN campaign c ON c.id = m.campaign_id
            WHERE NOT EXISTS (SELECT FROM manifest n WHERE n.campaign_id = m.campaign_id AND n.number = m.number
                              AND n.version > m.version)
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
    ),
    (
        "postcards_manifest_unanswered_seconds",
        "How long the oldest sealed manifest has waited for the Post's answer; 0 for none.",
        ("campaign",),
        text(
            """
            SELECT c.slug, coalesce((
                SELECT extract(epoch FROM CAST(:at AS timestamptz) - min(m.sealed_at)) FROM manifest m
                WHERE m.campaign_id = c.id AND m.status = 'sealed' AND NOT EXISTS (
                    SELECT FROM manifest n WHERE n.campaign_id = m.campaign_id AND n.number = m.number
                    AND n.version > m.version)), 0)
            FROM campaign c ORDER BY 1
            """
        ),
    ),
    (
        "postcards_print_runs",
        "Print runs by status.",
        ("campaign", "status"),
        text(
            "SELECT c.slug, r.status, count(*) FROM print_run r JOIN campaign c ON c.id = r.campaign_id"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        ),
    ),
    (
        "postcards_print_runs_untaken",
        "Print runs that have been ready for two hours without anybody taking their file.",
        ("campaign",),
        text(
            f"""
            SELECT c.slug, count(u.id) FROM campaign c LEFT JOIN ({UNTAKEN}) AS u ON u.campaign_id = c.id
            GROUP BY 1 ORDER BY 1
            """  # noqa: S608 - of our own words alone
        ),
    ),
    (
        "postcards_beat_age_seconds",
        "Since the scheduler's last tick, done by a worker; infinite when there never was one.",
        (),
        text(
            "SELECT coalesce((SELECT extract(epoch FROM CAST(:at AS timestamptz) - at) FROM heartbeat"
            " WHERE name = 'beat'), 'infinity'::float8)"
        ),
    ),
    (
        "postcards_backup_age_seconds",
        "Since `postcards db backup` last made a copy; infinite when it never did.",
        (),
        text(
            "SELECT coalesce((SELECT extract(epoch FROM CAST(:at AS timestamptz) - max(at)) FROM journal"
            " WHERE subject = 'database' AND action = 'database.backed_up'), 'infinity'::float8)"
        ),
    ),
    (
        "postcards_retention_age_seconds",
        "Since a campaign was last looked through for what has to go; it is, each night.",
        ("campaign",),
        text(
            "SELECT c.slug, extract(epoch FROM CAST(:at AS timestamptz)"
            " - coalesce(r.done_at, c.opened_at, c.created_at))"
            " FROM campaign c LEFT JOIN retention_turn r ON r.campaign_id = c.id WHERE c.status <> 'draft' ORDER BY 1"
        ),
    ),
    (
        "postcards_tally_tail",
        "Deltas of tallies not yet folded (counted up to 100,000).",
        (),
        text("SELECT count(*) FROM (SELECT FROM tally_delta LIMIT 100000) AS tail"),
    ),
)

# After a move to another database transactions are counted anew, and this may miss what `check` then finds.
_UNCHAINED = text(
    """
    SELECT count(*) AS entries, extract(epoch FROM CAST(:at AS timestamptz) - min(u.at)) AS seconds FROM (
        SELECT j.at FROM journal j
        WHERE j.tx >= coalesce((SELECT l.tx FROM journal l WHERE l.id =
                (SELECT journal_id FROM journal_link ORDER BY seq DESC LIMIT 1)), CAST('0' AS xid8))
          AND NOT EXISTS (SELECT FROM journal_link k WHERE k.journal_id = j.id)
        LIMIT 100000
    ) AS u
    """
)


def _counted(session: Session, at: dt.datetime) -> list[Figure]:
    told = []
    for name, words, labels, statement in _COUNTED:
        asked = {"at": at, "seen_after": at - SEEN_WITHIN, "untaken": at - TAKEN_WITHIN}
        rows = session.execute(statement, asked)
        told.append(
            Figure(name, words, labels, [(tuple(row[:-1]), max(0.0, float(row[-1]))) for row in rows])
        )
    chain = session.execute(_UNCHAINED, {"at": at}).one()
    late = max(0.0, float(chain.seconds or 0))
    return [
        *told,
        Figure(
            "postcards_journal_tail", "Entries of the journal not yet chained.", (), [((), chain.entries)]
        ),
        Figure("postcards_journal_lag_seconds", "Age of the oldest of them; 0 for none.", (), [((), late)]),
    ]
