"""The journal's chain: every entry is as it was chained, none is gone or slipped in, and manifests vouch for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.rules.journal_chain import BEGINNING, link
from postcards.services.checks.sentence import TOLD, Finding

# One pass over the links in their order, each with its entry. Ids are compared as written, so that a link whose
# entry is gone stays in view.
_LINKS = text(
    """
    SELECT l.seq, l.journal_id, l.sha256, j.id, j.campaign_id, j.at, j.by, j.action, j.subject, j.number, j.detail,
           CAST(j.tx AS text) AS tx
    FROM journal_link l LEFT JOIN journal j ON j.id = l.journal_id ORDER BY l.seq
    """
)

# What is older than the newest link's transaction was there when that was chained, or came in by a back door. (After
# a move to another database, transactions are counted anew, and until the next link nothing can be said.)
_SLIPPED_IN = text(
    """
    WITH last AS (
        SELECT j.tx AS bound FROM journal_link l JOIN journal j ON j.id = l.journal_id ORDER BY l.seq DESC LIMIT 1
    )
    SELECT j.id, j.campaign_id, j.action, j.subject FROM journal j CROSS JOIN last
    WHERE j.tx < last.bound AND last.bound < pg_snapshot_xmin(pg_current_snapshot())
      AND NOT EXISTS (SELECT FROM journal_link l WHERE l.journal_id = j.id) ORDER BY j.id
    """
)

_ANCHORS = text(
    """
    SELECT c.slug, m.campaign_id, m.number, m.version, m.header #>> '{journal_head,entries}' AS entries,
           m.header #>> '{journal_head,sha256}' AS told, encode(l.sha256, 'hex') AS found
    FROM manifest m JOIN campaign c ON c.id = m.campaign_id
    LEFT JOIN journal_link l ON l.seq::text = m.header #>> '{journal_head,entries}'
    WHERE m.header ? 'journal_head' ORDER BY c.slug, m.number, m.version
    """
)


def broken_chain(session: Session, *, campaign_id: int | None) -> Iterator[Finding]:
    """This will yield a finding for each entry that is not as it was chained; all campaigns share one chain.

    With `campaign_id` it tells what is about that campaign only. Kinds: `journal_entry_differs`,
    `journal_entry_missing`, `journal_link_missing`, `journal_entry_slipped_in`, `journal_anchor_broken`; of each
    chain and anchors `TOLD` at the most.
    """

    def told(about: int | None) -> bool:
        return campaign_id is None or about == campaign_id

    yield from islice((found for about, found in _links(session) if told(about)), TOLD)
    for row in session.execute(_SLIPPED_IN):
        if told(row.campaign_id):
            yield Finding(
                "journal_entry_slipped_in",
                f"journal {row.id}",
                f"Entry {row.id} of the journal ({row.action}, {row.subject}) is older than what is chained, "
                "but was not there when that was chained.",
            )
    for row in session.execute(_ANCHORS):
        found = BEGINNING.hex() if row.entries == "0" else row.found
        now = f"{found[:16]}…" if found else "missing"
        if row.told != found and told(row.campaign_id):
            yield Finding(
                "journal_anchor_broken",
                f"manifest {row.slug}/{row.number}.{row.version}",
                f"Manifest {row.number}.{row.version} of {row.slug} was sealed when the journal's chain ended with "
                f"link {row.entries}, {str(row.told)[:16]}…; that link now is {now}.",
            )


def _links(session: Session) -> Iterator[tuple[int | None, Finding]]:
    """Each finding with the campaign it is about (None: nobody can tell).

    A link is held against the one before it *as it is kept*, so one altered entry is one finding, not a thousand.
    """
    expected, previous = 1, BEGINNING
    rows = session.execute(_LINKS, execution_options={"yield_per": 2_000}).mappings()
    for row in rows:
        if row["seq"] != expected:
            gone = f"{expected}" if row["seq"] == expected + 1 else f"{expected} to {row['seq'] - 1}"
            yield (
                row["campaign_id"],
                Finding(
                    "journal_link_missing",
                    f"journal link {expected}",
                    f"The journal's chain is numbered without gaps, but link {gone} is missing.",
                ),
            )
        elif row["id"] is None:
            yield (
                None,
                Finding(
                    "journal_entry_missing",
                    f"journal {row['journal_id']}",
                    f"Entry {row['journal_id']} of the journal was chained as link {row['seq']}, but it is gone.",
                ),
            )
        elif link(previous, dict(row)) != bytes(row["sha256"]):
            yield (
                row["campaign_id"],
                Finding(
                    "journal_entry_differs",
                    f"journal {row['id']}",
                    f"Entry {row['id']} of the journal ({row['action']}, {row['subject']}) is not what was chained "
                    f"as link {row['seq']}.",
                ),
            )
        expected, previous = row["seq"] + 1, bytes(row["sha256"])
