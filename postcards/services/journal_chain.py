"""The one sealer of the journal: chains its entries, and never one that a running transaction could still precede.

An entry waits until every transaction that was running when it was written has ended; so what is chained stands in
the order of (transaction, entry), and a late commit is not skipped but comes with its turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from postcards.models import JournalLink
from postcards.rules.journal_chain import BEGINNING, link

#: Key of the advisory lock that lets one sealer work at a time (any number of our own).
CHAINING = 0xC4A1

#: Entries in one transaction: a tenth of a second's work.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's newest link: how many entries it holds, and its hash (32 bytes)."""

    entries: int
    sha256: bytes

    def as_json(self) -> dict[str, object]:
        """This will give what a manifest's header says of it."""
        return {"entries": self.entries, "sha256": self.sha256.hex()}


_COLUMNS = (
    "j.id, j.campaign_id, j.at, j.by, j.action, j.subject, j.number, j.detail, CAST(j.tx AS text) AS tx"
)
_UNCHAINED = "NOT EXISTS (SELECT FROM journal_link l WHERE l.journal_id = j.id)"

_NOW = text(
    """
    SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS settled, last.seq, last.sha256,
           CAST(CAST(j.tx AS text) AS bigint) AS bound
    FROM (SELECT 1) AS once LEFT JOIN (SELECT * FROM journal_link ORDER BY seq DESC LIMIT 1) AS last ON true
    LEFT JOIN journal j ON j.id = last.journal_id
    """
)

# Nothing older than the newest link's transaction can come any more, so the search begins there.
_NEXT = text(
    f"""
    SELECT {_COLUMNS} FROM journal j
    WHERE j.tx >= CAST(CAST(:bound AS text) AS xid8) AND j.tx < CAST(CAST(:settled AS text) AS xid8) AND {_UNCHAINED}
    ORDER BY j.tx, j.id LIMIT :batch
    """  # noqa: S608 - of our own words alone
)

# In a database that was loaded from a copy of another one transactions are counted anew, and the newest link may be
# "newer" than what runs here. Then all that has no link is chained, the entries of the other database first.
_NEXT_AFTER_A_MOVE = text(
    f"""
    SELECT {_COLUMNS} FROM journal j WHERE {_UNCHAINED}
    ORDER BY j.tx < CAST(CAST(:settled AS text) AS xid8), j.tx, j.id LIMIT :batch
    """  # noqa: S608 - of our own words alone
)


def head(session: Session) -> Head:
    """This will give the chain's head as this transaction sees it."""
    last = session.execute(
        select(JournalLink.seq, JournalLink.sha256).order_by(JournalLink.seq.desc()).limit(1)
    ).one_or_none()
    return Head(0, BEGINNING) if last is None else Head(last.seq, bytes(last.sha256))


def seal(session: Session, *, batch: int = BATCH, alone: bool = False) -> int:
    """This will chain up to `batch` entries that are settled, and tell how many; none when another sealer is at it.

    `alone` says that nobody else writes, as after a restore: then every entry is settled.
    """
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": CHAINING}):
        return 0
    state = session.execute(_NOW).one()
    moved = alone or (state.bound is not None and state.bound >= state.settled)
    rows = session.execute(
        _NEXT_AFTER_A_MOVE if moved else _NEXT,
        {"bound": str(state.bound or 0), "settled": str(state.settled), "batch": batch},
    ).mappings()
    seq, sha256 = state.seq or 0, bytes(state.sha256 or BEGINNING)
    links = []
    for row in rows:
        seq, sha256 = seq + 1, link(sha256, dict(row))
        links.append({"seq": seq, "journal_id": row["id"], "sha256": sha256})
    if links:
        session.execute(insert(JournalLink), links)
    return len(links)
