"""The staff as an operator lists them: who, with which roles, how they sign in, and when they were last here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role in the campaign of that slug; in every campaign when there is none."""

    campaign: str | None
    role: str


@dataclass(frozen=True, slots=True)
class StaffListed:
    """One person; `last_seen_at` is as exact as a session notes it, and empty when none is kept."""

    id: int
    email: str
    roles: tuple[RoleHeld, ...]
    password: bool
    second_factor: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    last_seen_at: dt.datetime | None


_STAFF = text(
    """
    SELECT s.id, s.email, s.password_hash IS NOT NULL AS password, f.confirmed_at IS NOT NULL AS second_factor,
           s.created_at, s.disabled_at, seen.last_seen_at, coalesce(held.roles, '[]') AS roles
    FROM staff s
    LEFT JOIN second_factor f ON f.staff_id = s.id
    LEFT JOIN (SELECT staff_id, max(last_seen_at) AS last_seen_at FROM staff_session GROUP BY staff_id) AS seen
      ON seen.staff_id = s.id
    LEFT JOIN (
        SELECT r.staff_id, json_agg(json_build_array(c.slug, r.role) ORDER BY c.id NULLS FIRST, r.role) AS roles
        FROM staff_role r LEFT JOIN campaign c ON c.id = r.campaign_id
        WHERE CAST(:campaign_id AS bigint) IS NULL OR r.campaign_id IS NULL OR r.campaign_id = :campaign_id
        GROUP BY r.staff_id
    ) AS held ON held.staff_id = s.id
    WHERE CAST(:campaign_id AS bigint) IS NULL OR held.staff_id IS NOT NULL
    ORDER BY s.disabled_at IS NOT NULL, s.email
    """
)


def staff_listed(session: Session, *, campaign_id: int | None = None) -> list[StaffListed]:
    """This will list the staff by e-mail, who is shut out last; of one campaign, with the roles that count there."""
    return [
        StaffListed(**{**row._mapping, "roles": tuple(RoleHeld(*held) for held in row.roles)})
        for row in session.execute(_STAFF, {"campaign_id": campaign_id})
    ]
