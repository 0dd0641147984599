"""Takes roles and the way in from who leaves, at once, and leaves no campaign without an organiser unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, NotFound, says
from postcards.models import SignInLink, Staff, StaffRole, StaffSession
from postcards.services import journal
from postcards.services.staff import end_every_session


class LastOrganiser(Denied):
    """Somebody has to be left who can settle cards and ask for paper."""

    code = "last_organiser"


def remove_roles(
    session: Session,
    *,
    staff_id: int,
    campaign_id: int | None,
    role: str | None = None,
    even_the_last: bool = False,
    by: str,
    at: dt.datetime,
) -> list[str]:
    """This will take a role, or all of them, in a campaign (None: those that count in every campaign) from somebody.

    What is taken is returned, and the person is signed out everywhere. A role in every campaign is not taken in one
    of them. Raises `NotFound` when there is nothing to take, and `LastOrganiser` unless `even_the_last`.
    """
    _one_at_a_time(session)
    held = select(StaffRole.id, StaffRole.role).where(
        StaffRole.staff_id == staff_id, StaffRole.campaign_id.is_not_distinct_from(campaign_id)
    )
    if role is not None:
        held = held.where(StaffRole.role == role)
    taken = session.execute(held.order_by(StaffRole.role)).all()
    if not taken:
        raise NotFound(says("They have no such role there. “postcards staff list” shows which they have."))
    if not even_the_last:
        _leave_an_organiser(session, without=[row.id for row in taken])
    session.execute(delete(StaffRole).where(StaffRole.id.in_([row.id for row in taken])))
    end_every_session(session, staff_id=staff_id, at=at)
    for row in taken:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="staff.role_removed",
            subject=f"staff:{staff_id}",
            detail={"role": row.role},
            by=by,
            at=at,
        )
    return [row.role for row in taken]


def disable(
    session: Session, *, staff_id: int, even_the_last: bool = False, by: str, at: dt.datetime
) -> None:
    """This will shut somebody out at once: sessions and sign-in links end, no password opens; roles are kept.

    Doing it again changes nothing. Raises `LastOrganiser` unless `even_the_last`.
    """
    _one_at_a_time(session)
    if not even_the_last:
        roles = session.scalars(select(StaffRole.id).where(StaffRole.staff_id == staff_id)).all()
        _leave_an_organiser(session, without=roles)
    shut_out = session.execute(
        update(Staff)
        .where(Staff.id == staff_id, Staff.disabled_at.is_(None))
        .values(disabled_at=at)
        .returning(Staff.id)
    ).one_or_none()
    _end_every_way_in(session, staff_id=staff_id, at=at)
    if shut_out is not None:
        _journal(session, "staff.disabled", staff_id, by=by, at=at)


def enable(session: Session, *, staff_id: int, by: str, at: dt.datetime) -> None:
    """This will let somebody in again, with the roles and the password they had; doing it again changes nothing."""
    let_in = session.execute(
        update(Staff)
        .where(Staff.id == staff_id, Staff.disabled_at.is_not(None))
        .values(disabled_at=None)
        .returning(Staff.id)
    ).one_or_none()
    if let_in is not None:
        # who was half way in when they were shut out may have a session since, which opened nothing
        _end_every_way_in(session, staff_id=staff_id, at=at)
        _journal(session, "staff.enabled", staff_id, by=by, at=at)


def sign_everybody_out(session: Session, *, at: dt.datetime) -> None:
    """This will end every session and every sign-in link of the house."""
    session.execute(update(StaffSession).where(StaffSession.ended_at.is_(None)).values(ended_at=at))
    session.execute(
        update(SignInLink)
        .where(SignInLink.used_at.is_(None), SignInLink.expires_at > at)
        .values(expires_at=at)
    )


def _end_every_way_in(session: Session, *, staff_id: int, at: dt.datetime) -> None:
    end_every_session(session, staff_id=staff_id, at=at)
    session.execute(
        update(SignInLink)
        .where(SignInLink.staff_id == staff_id, SignInLink.used_at.is_(None), SignInLink.expires_at > at)
        .values(expires_at=at)
    )


def _one_at_a_time(session: Session) -> None:
    """Two organisers who take each other's role at the same moment: the second one finds out."""
    session.execute(
        select(StaffRole.id).where(StaffRole.role == "organiser").order_by(StaffRole.id).with_for_update()
    ).all()


_ORPHANS = text(
    """
    WITH organiser AS (
        SELECT r.id, r.campaign_id FROM staff_role r JOIN staff s ON s.id = r.staff_id
        WHERE r.role = 'organiser' AND s.disabled_at IS NULL
    )
    SELECT c.slug FROM campaign c
    WHERE c.forgotten_at IS NULL
      AND EXISTS (SELECT 1 FROM organiser o WHERE coalesce(o.campaign_id, c.id) = c.id AND o.id = ANY(:without))
      AND NOT EXISTS (SELECT 1 FROM organiser o WHERE coalesce(o.campaign_id, c.id) = c.id AND o.id <> ALL(:without))
    ORDER BY c.id
    """
)


def _leave_an_organiser(session: Session, *, without: Sequence[int]) -> None:
    orphans = session.scalars(_ORPHANS, {"without": list(without)}).all()
    if orphans:
        raise LastOrganiser(
            says(
                "Nobody else is organiser of: %(campaigns)s. Add somebody first, or say --even-the-last.",
                campaigns=", ".join(orphans),
            )
        )


def _journal(session: Session, action: str, staff_id: int, *, by: str, at: dt.datetime) -> None:
    journal.write(session, campaign_id=None, action=action, subject=f"staff:{staff_id}", by=by, at=at)
