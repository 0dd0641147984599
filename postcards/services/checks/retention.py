"""Retention and erasure: nothing is kept longer than was promised, and what was erased is gone, and written down."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import Refusal
from postcards.models.erasure import DO_NOT_WRITE
from postcards.queries import retention as seen
from postcards.queries.retention import Calendar
from postcards.rules.retention import GRACE, PRINT_FILE
from postcards.services.checks.sentence import TOLD, Afresh, Finding, Sentence

CHUNK = 2_000


class Ledger(Protocol):
    """The ledger outside of the database."""

    def read(self) -> list[dict[str, Any]]: ...


SENTENCES = (
    Sentence(
        "erased_but_there",
        "card {id}",
        "Card {number} of {slug} was erased on {day}, but {what} is there, as after a restore without the ledger.",
        """
        SELECT DISTINCT ON (k.id) c.slug, k.id, k.number, to_char(e.at, 'YYYY-MM-DD') AS day,
               CASE WHEN p.recipient IS NOT NULL THEN 'the recipient' WHEN p.message IS NOT NULL THEN 'the message'
                    WHEN a.thanks IS NOT NULL THEN 'the reply' WHEN p.volunteer IS NOT NULL THEN 'the volunteer'
                    ELSE 'the sender' END AS what
        FROM erasure e JOIN campaign c ON c.id = e.campaign_id
        JOIN card k ON k.campaign_id = e.campaign_id AND k.id = e.card_id
        JOIN person p ON p.card_id = k.id LEFT JOIN arrival a ON a.card_id = k.id
        WHERE c.id = ANY(:campaigns) AND (coalesce(p.sender, p.recipient, p.message, p.volunteer) IS NOT NULL
              OR p.email_index IS NOT NULL OR (a.thanks IS NOT NULL AND a.thanks_at <= e.at))
        ORDER BY k.id, e.at DESC
        """,
    ),
    Sentence(
        "index_left_behind",
        "card {id}",
        "Card {number} of {slug} has no {what} any more, but its blind index is still there.",
        """
        SELECT c.slug, k.id, k.number, CASE WHEN p.sender IS NULL AND p.email_index IS NOT NULL THEN 'sender'
               ELSE 'recipient' END AS what
        FROM person p JOIN campaign c ON c.id = p.campaign_id JOIN card k ON k.id = p.card_id
        WHERE c.id = ANY(:campaigns) AND ((p.sender IS NULL AND p.email_index IS NOT NULL)
              OR (p.recipient IS NULL AND p.recipient_index IS NOT NULL)) ORDER BY 1, 3
        """,
    ),
    Sentence(
        "print_file_of_erased",
        "print run {slug}/{run}",
        "Print run {run} of {slug} still has its file, though card {number} in it has no recipient any more.",
        """
        SELECT DISTINCT ON (r.id) c.slug, r.run, l.number
        FROM print_run r JOIN campaign c ON c.id = r.campaign_id
        JOIN print_part t ON t.print_run_id = r.id AND t.file_key IS NOT NULL
        JOIN print_run_card l ON l.print_run_id = r.id AND l.position BETWEEN t.first_position AND t.last_position
          AND l.outcome IN ('drawn', 'stale')
        JOIN person p ON p.card_id = l.card_id
        WHERE c.id = ANY(:campaigns) AND r.status IN ('ready', 'failed', 'cancelled') AND p.recipient IS NULL
        ORDER BY r.id, l.number
        """,
    ),
    Sentence(
        "forgotten_but_there",
        "campaign {slug}",
        "Campaign {slug} is over and its keys were given up, but {cards} cards still hold something about people.",
        """
        SELECT c.slug, count(*) AS cards FROM campaign c JOIN person p ON p.campaign_id = c.id
        WHERE c.id = ANY(:campaigns) AND c.forgotten_at IS NOT NULL
          AND coalesce(p.sender, p.recipient, p.message, p.volunteer) IS NOT NULL GROUP BY 1 ORDER BY 1
        """,
    ),
)

_PAPERS = text(
    """
    SELECT 'manifest' AS what, m.number FROM manifest m
    WHERE m.campaign_id = :id AND m.content IS NOT NULL AND m.files_at IS NOT NULL
      AND (m.sealed_at < :sealed OR EXISTS (
        SELECT FROM manifest n WHERE n.campaign_id = m.campaign_id AND n.number = m.number
          AND n.handed_over_at < :handed_over))
    UNION SELECT 'print run', r.run FROM print_run r
    WHERE r.campaign_id = :id AND r.status IN ('ready', 'failed', 'paused', 'cancelled')
      AND coalesce(r.ready_at, r.requested_at) < :printed
      AND EXISTS (SELECT FROM print_part t WHERE t.print_run_id = r.id AND t.file_key IS NOT NULL)
    ORDER BY 1, 2
    """
)

_ROWS = text("SELECT id, card_id FROM erasure WHERE campaign_id = :id")
_WISHES = text("SELECT encode(recipient_index, 'hex') FROM do_not_write")
_KNOWN = text("SELECT id FROM erasure WHERE id = ANY(:ids)")
_CARDS = text("SELECT id FROM card WHERE campaign_id = ANY(:campaigns) AND id = ANY(:cards) ORDER BY id")


def overdue(session: Session, *, campaigns: Sequence[int], at: dt.datetime) -> Iterator[Finding]:
    """This will yield a finding for each card, list and print run that is kept two days longer than it may be."""
    for campaign_id in campaigns:
        calendar = seen.calendar(session, campaign_id)
        yield from islice(_cards(session, calendar, at - GRACE), TOLD)
        yield from _papers(session, calendar, at - GRACE)


def _cards(session: Session, calendar: Calendar, at: dt.datetime) -> Iterator[Finding]:
    after = uuid.UUID(int=0)
    while rows := seen.kept(session, campaign_id=calendar.campaign_id, after=after, limit=CHUNK, at=at):
        after = rows[-1].card_id
        for row in rows:
            if parts := row.due(calendar, at):
                day = min(row.goes(calendar)[part] for part in parts)
                yield Finding(
                    "kept_too_long",
                    f"card {row.card_id}",
                    f"Card {row.number} of {calendar.slug} still holds {', '.join(parts)}, which had to go on "
                    f"{day:%Y-%m-%d}. Does the scheduler run? `postcards retention run` makes up for it.",
                )


def _papers(session: Session, calendar: Calendar, at: dt.datetime) -> Iterator[Finding]:
    values = {
        "id": calendar.campaign_id,
        "handed_over": at - dt.timedelta(days=calendar.retention.recipient_after_hand_over),
        "sealed": at if calendar.everything_goes <= at else dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
        "printed": at - PRINT_FILE,
    }
    for row in session.execute(_PAPERS, values):
        yield Finding(
            "paper_kept_too_long",
            f"{row.what} {calendar.slug}/{row.number}",
            f"{row.what.capitalize()} {row.number} of {calendar.slug} still has its files, whose time is over.",
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """What stood in the ledger at one moment, or why it could not be read."""

    erasures: dict[str, str]
    wishes: frozenset[str]
    unreadable: Refusal | None = None

    @classmethod
    def of(cls, ledger: Ledger) -> Lines:
        """This will read it now."""
        try:
            lines = ledger.read()
        except Refusal as refusal:
            return cls({}, frozenset(), refusal)
        return cls(
            {line["id"]: line["card"] for line in lines if line.get("kind") != DO_NOT_WRITE},
            frozenset(line["index"] for line in lines if line.get("kind") == DO_NOT_WRITE),
        )


def ledger_differs(
    session: Session,
    *,
    before: Lines,
    after: Lines,
    campaigns: Sequence[int],
    wishes: bool,
    afresh: Afresh | None = None,
) -> Iterator[Finding]:
    """This will yield a finding for each erasure that only one of the two ledgers knows; with `wishes` one for all
    those for no other card, which are the whole house's.

    A line is written when its row is committed. So what the file held `before` the check is in the database, if not at
    the session's instant then `afresh`; and what the database has is in the file `after` it.
    """
    if unreadable := before.unreadable or after.unreadable:
        yield Finding("ledger_unreadable", "ledger of erasures", unreadable.message)
        return
    inside: dict[str, uuid.UUID] = {}
    for campaign_id in campaigns:
        inside |= {str(row.id): row.card_id for row in session.execute(_ROWS, {"id": campaign_id})}
    noted = set(session.scalars(_WISHES)) if wishes else set()
    with nullcontext(session) if afresh is None else afresh() as now:
        unknown = before.wishes - noted - set(now.scalars(_WISHES)) if wishes else frozenset()
        missing = before.erasures.keys() - inside.keys()
        missing -= {
            str(row_id) for row_id in now.scalars(_KNOWN, {"ids": [uuid.UUID(one) for one in missing]})
        }
    if wishes:
        yield from _wishes_differ(unwritten=len(noted - after.wishes), unknown=len(unknown))
    for row_id in sorted(inside.keys() - after.erasures.keys()):
        yield Finding(
            "erasure_not_in_ledger",
            f"card {inside[row_id]}",
            f"The erasure of card {inside[row_id]} is not in the ledger beside the keys, so a restore would not "
            "know of it. `postcards retention run` writes it there.",
        )
    cards = [uuid.UUID(before.erasures[row_id]) for row_id in missing]
    for card_id in session.scalars(_CARDS, {"campaigns": list(campaigns), "cards": cards}):
        yield Finding(
            "erasure_not_replayed",
            f"card {card_id}",
            f"The ledger beside the keys says that card {card_id} was erased, but this database does not know it: "
            "it came from a backup without its ledger. `postcards db replay-erasures` makes up for it.",
        )


def _wishes_differ(*, unwritten: int, unknown: int) -> Iterator[Finding]:
    """They belong to no campaign, and a fingerprint says nothing to anybody: so they are only counted."""
    if unwritten:
        yield Finding(
            "wish_not_in_ledger",
            "ledger of erasures",
            f"Recipients who want no other card and are not in the ledger beside the keys: {unwritten}. A restore "
            "would not know of them. `postcards retention run` writes them there.",
        )
    if unknown:
        yield Finding(
            "wish_not_replayed",
            "ledger of erasures",
            f"Recipients who want no other card and are only in the ledger beside the keys: {unknown}. This database "
            "came from a backup without its ledger. `postcards db replay-erasures` makes up for it.",
        )
