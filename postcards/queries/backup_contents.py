"""What a backup holds: the files that the database speaks of, what to count, and the data keys that open it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# What retention has taken leaves its row behind, but has no file any more.
_FILES = text(
    """
    SELECT f.file_key FROM manifest_file f JOIN manifest m ON m.id = f.manifest_id WHERE m.content IS NOT NULL
    UNION SELECT p.file_key FROM print_part p JOIN print_run r ON r.id = p.print_run_id
    WHERE p.file_key IS NOT NULL AND r.status <> 'cancelled'
    UNION SELECT 'pictures/' || (edition -> 'card' ->> 'picture_sha256') FROM campaign
    WHERE edition -> 'card' ->> 'picture_sha256' IS NOT NULL ORDER BY 1
    """
)

# The newest: old ones are the first that retention takes, and it takes the file before it says so.
_SOME_FILES = text(
    """
    (SELECT f.file_key FROM manifest m JOIN manifest_file f ON f.manifest_id = m.id
     WHERE m.content IS NOT NULL ORDER BY m.sealed_at DESC LIMIT 3)
    UNION ALL (SELECT p.file_key FROM print_part p JOIN print_run r ON r.id = p.print_run_id
     WHERE p.file_key IS NOT NULL AND r.status = 'ready' ORDER BY r.ready_at DESC LIMIT 3)
    """
)

_COUNTS = text(
    """
    SELECT (SELECT count(*) FROM campaign) AS campaigns, (SELECT count(*) FROM card) AS cards,
           (SELECT count(*) FROM person) AS people, (SELECT count(*) FROM manifest) AS manifests,
           (SELECT count(*) FROM print_run) AS print_runs, (SELECT count(*) FROM receipt) AS receipts,
           (SELECT count(*) FROM arrival) AS arrivals, (SELECT count(*) FROM journal) AS journal
    """
)

_KEYS = text(
    """
    SELECT DISTINCT c.slug, used.key_id FROM campaign c JOIN (
        SELECT id AS campaign_id, data_key AS key_id FROM campaign WHERE forgotten_at IS NULL
        UNION SELECT campaign_id, key_id FROM person
        WHERE coalesce(sender, recipient, message, volunteer) IS NOT NULL
        UNION SELECT campaign_id, key_id FROM arrival WHERE key_id IS NOT NULL
        UNION SELECT campaign_id, key_id FROM manifest WHERE content IS NOT NULL
        UNION SELECT campaign_id, key_id FROM print_part WHERE key_id IS NOT NULL
        UNION SELECT campaign_id, key_id FROM print_fault
    ) AS used ON used.campaign_id = c.id ORDER BY 1, 2
    """
)


def file_keys(session: Session) -> list[str]:
    """This will list the keys of all files that ought to be in the storage."""
    return list(session.scalars(_FILES))


def some_file_keys(session: Session) -> list[str]:
    """This will list the keys of a few files that ought to be in the storage, none when there is none."""
    return list(session.scalars(_SOME_FILES))


def counts(session: Session) -> dict[str, int]:
    """This will count the rows by which two copies can be compared."""
    return dict(session.execute(_COUNTS).mappings().one())


def campaigns(session: Session) -> list[dict[str, Any]]:
    """This will list the campaigns: slug and cap."""
    found = session.execute(text("SELECT slug, cap FROM campaign ORDER BY slug"))
    return [{"slug": row.slug, "cap": row.cap} for row in found]


def keys_in_use(session: Session) -> dict[str, list[str]]:
    """This will give each data key that something is sealed with, and the campaigns (slugs) it belongs to."""
    used: dict[str, list[str]] = {}
    for row in session.execute(_KEYS):
        used.setdefault(row.key_id, []).append(row.slug)
    return used
