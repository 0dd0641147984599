"""Who somebody of the staff is, and in which campaigns they have which role."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Campaign, Staff, StaffRole


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """A signed-in person; a role with campaign None counts in every campaign."""

    staff_id: int
    email: str
    roles: frozenset[tuple[int | None, str]]

    def roles_in(self, campaign_id: int) -> frozenset[str]:
        """This will return the roles that count in that campaign; none means that it does not exist for them."""
        return frozenset(role for where, role in self.roles if where is None or where == campaign_id)

    def holds_anywhere(self, roles: Collection[str]) -> bool:
        """This will tell whether they have one of these roles anywhere."""
        return any(role in roles for _, role in self.roles)


@dataclass(frozen=True, slots=True)
class CampaignChoice:
    """A campaign that somebody may enter, and as what."""

    id: int
    slug: str
    name: str
    status: str
    cap: int
    roles: frozenset[str]


def identity_of(session: Session, *, staff_id: int) -> StaffIdentity | None:
    """This will return the person with all their roles, in one query; None when unknown or disabled."""
    rows = session.execute(
        select(Staff.id, Staff.email, StaffRole.campaign_id, StaffRole.role)
        .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.id == staff_id, Staff.disabled_at.is_(None))
    ).all()
    if not rows:
        return None
    roles = frozenset((row.campaign_id, row.role) for row in rows if row.role is not None)
    return StaffIdentity(staff_id=rows[0].id, email=rows[0].email, roles=roles)


def anybody_but(session: Session, *, emails: Collection[str]) -> bool:
    """This will tell whether anybody else than those was ever made staff here, whatever they may do today."""
    return session.scalar(select(Staff.id).where(Staff.email.not_in(emails)).limit(1)) is not None


def campaigns_for(session: Session, *, who: StaffIdentity, roles: frozenset[str]) -> list[CampaignChoice]:
    """This will list the campaigns in which they have one of `roles`, those that are open first."""
    wanted = [(where, role) for where, role in who.roles if role in roles]
    query = select(Campaign.id, Campaign.slug, Campaign.name, Campaign.status, Campaign.cap)
    if not any(where is None for where, _ in wanted):
        query = query.where(Campaign.id.in_([where for where, _ in wanted]))
    order = {"open": 0, "paused": 1, "draft": 2, "closed": 3}
    found = [
        CampaignChoice(**row._mapping, roles=who.roles_in(row.id) & roles) for row in session.execute(query)
    ]
    return sorted(found, key=lambda one: (order[one.status], one.slug))
