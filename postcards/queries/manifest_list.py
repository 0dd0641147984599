"""Manifests as the desk lists them: newest first, with what the Post has answered."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One version of a manifest and its last receipt, if any; `is_newest` unless a later version replaced it."""

    id: uuid.UUID
    number: int
    version: int
    status: str
    lines: int
    sealed_at: dt.datetime
    sealed_by: str
    files_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    files: int
    accepted: int | None
    refused: int | None
    difference: int | None
    answered_at: dt.datetime | None
    is_newest: bool


_NEWEST = text(
    """
    SELECT m.id, m.number, m.version, m.status, m.lines, m.sealed_at, m.sealed_by, m.files_at, m.handed_over_at,
           (SELECT count(*) FROM manifest_file f WHERE f.manifest_id = m.id) AS files,
           r.accepted, r.refused, r.difference, r.recorded_at AS answered_at,
           NOT EXISTS (SELECT FROM manifest n WHERE n.campaign_id = m.campaign_id AND n.number = m.number
                       AND n.version > m.version) AS is_newest
    FROM manifest m
    LEFT JOIN LATERAL (
        SELECT accepted, refused, difference, recorded_at FROM receipt r
        WHERE r.campaign_id = m.campaign_id AND r.manifest_id = m.id ORDER BY recorded_at DESC LIMIT 1
    ) AS r ON true
    WHERE m.campaign_id = :campaign_id AND (CAST(:before AS numeric) IS NULL OR m.number < :before)
    ORDER BY m.number DESC, m.version DESC LIMIT :limit
    """
)


def newest(session: Session, *, campaign_id: int, limit: int, before: int | None = None) -> list[ManifestRow]:
    """This will list up to `limit` manifests with a number below `before`, newest first; one query."""
    rows = session.execute(_NEWEST, {"campaign_id": campaign_id, "limit": limit, "before": before})
    return [ManifestRow(**row._mapping) for row in rows]
