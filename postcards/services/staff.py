"""Who may sign in, and that they are who they say: passwords, one-time links and sessions, none kept in the clear.

A token leaves this module once, to the person; the database holds only its hash. A password is kept as argon2id.
"""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from collections.abc import Sequence
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from postcards.errors import Fault, Invalid, NotFound, says, says_all
from postcards.models import SignInLink, Staff, StaffRole, StaffSession
from postcards.models.staff import ROLES
from postcards.queries.staff import StaffIdentity, identity_of
from postcards.services import journal
from postcards.vault import token_hash

__all__ = [
    "StaffIdentity",
    "add_staff",
    "check_password",
    "end_every_session",
    "end_session",
    "find_by_email",
    "find_session",
    "link_is_good",
    "make_sign_in_link",
    "open_session",
    "plain_email",
    "use_sign_in_link",
]

#: A session nobody used for this long is over: a desk left alone over lunch and a long meeting.
IDLE = dt.timedelta(hours=4)
#: A session is over after this in any case: one working day at the longest venue.
LONGEST = dt.timedelta(hours=14)
#: `last_seen_at` is written at most this often, so that reading a page is not a write.
NOTED_EVERY = dt.timedelta(minutes=1)
#: NIST SP 800-63B asks for 8 at least; nobody needs more than 200, and long inputs cost us time.
PASSWORD_LENGTH = (10, 200)

# argon2-cffi's defaults are RFC 9106's low-memory profile: argon2id, 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHasher()


class LinkGone(NotFound):
    """The one-time sign-in was used already, is too old, or never was."""

    code = "sign_in_link_gone"
    gone = True


def add_staff(
    session: Session,
    *,
    email: str,
    roles: Sequence[tuple[int | None, str]],
    password: str | None,
    by: str,
    at: dt.datetime,
) -> int:
    """This will give a person their roles (campaign id, or None for all campaigns) and return their id.

    Somebody known keeps what they have and gets the new roles; a password given replaces the old one, and ends
    the sessions that it opened. Raises `Invalid`.
    """
    email = plain_email(email)
    faults = [*_faults_in_email(email), *_faults_in_roles(roles), *_faults_in_password(password)]
    if faults:
        raise Invalid(says_all([fault.message for fault in faults]), faults=faults)
    hashed = _hasher.hash(_plain(password)) if password is not None else None
    new = postgresql.insert(Staff).values(email=email, password_hash=hashed, created_at=at)
    staff_id = session.scalars(
        new.on_conflict_do_update(
            index_elements=[Staff.email],
            set_={"password_hash": func.coalesce(new.excluded.password_hash, Staff.password_hash)},
        ).returning(Staff.id)
    ).one()
    if hashed is not None:
        end_every_session(session, staff_id=staff_id, at=at)
    for campaign_id, role in roles:
        session.execute(
            postgresql.insert(StaffRole)
            .values(staff_id=staff_id, campaign_id=campaign_id, role=role)
            .on_conflict_do_nothing()
        )
        journal.write(
            session,
            campaign_id=campaign_id,
            action="staff.added",
            subject=f"staff:{staff_id}",
            detail={"role": role, "password": password is not None},
            by=by,
            at=at,
        )
    return staff_id


def check_password(session: Session, *, email: str, password: str) -> int | None:
    """This will return the id of the person whose e-mail and password these are, else None.

    An unknown e-mail, and one without a password, take as long as a wrong password: nobody learns who is staff.
    """
    if len(password) > PASSWORD_LENGTH[1]:
        return None
    row = session.execute(
        select(Staff.id, Staff.password_hash).where(
            Staff.email == plain_email(email), Staff.disabled_at.is_(None)
        )
    ).one_or_none()
    known = row is not None and row.password_hash is not None
    hashed = row.password_hash if row is not None and row.password_hash else _nobodys_hash()
    try:
        _hasher.verify(hashed, _plain(password))
    except (VerifyMismatchError, InvalidHashError):
        return None
    if row is None or not known:
        return None
    if _hasher.check_needs_rehash(hashed):
        session.execute(
            update(Staff)
            .where(Staff.id == row.id, Staff.password_hash == hashed)
            .values(password_hash=_hasher.hash(_plain(password)))
        )
    return int(row.id)


def find_by_email(session: Session, *, email: str) -> int:
    """This will return the id of the person with this e-mail. Raises `NotFound`."""
    staff_id = session.scalar(select(Staff.id).where(Staff.email == plain_email(email)))
    if staff_id is None:
        raise NotFound("Nobody of the staff has this e-mail.")
    return int(staff_id)


def make_sign_in_link(session: Session, *, staff_id: int, at: dt.datetime, minutes: int = 30) -> str:
    """This will return a token that signs this person in once, within `minutes`."""
    token = secrets.token_urlsafe(24)
    session.execute(
        insert(SignInLink).values(
            token_hash=token_hash(token), staff_id=staff_id, expires_at=at + dt.timedelta(minutes=minutes)
        )
    )
    return token


def link_is_good(session: Session, *, token: str, at: dt.datetime) -> bool:
    """This will tell whether the link would sign somebody in now; looking does not use it up."""
    return session.scalar(select(SignInLink.staff_id).where(_good_link(token, at))) is not None


def use_sign_in_link(session: Session, *, token: str, at: dt.datetime) -> int:
    """This will use the link up and return whose it is. Raises `LinkGone`; of two at once, one gets in."""
    staff_id = session.scalar(
        update(SignInLink).where(_good_link(token, at)).values(used_at=at).returning(SignInLink.staff_id)
    )
    if staff_id is None or _is_disabled(session, staff_id):
        raise LinkGone("This sign-in link has been used already or is too old. Please ask for a new one.")
    return int(staff_id)


def open_session(session: Session, *, staff_id: int, way: str, at: dt.datetime) -> str:
    """This will sign the person in and return the cookie's token; `way` ("password", "link") is journalled."""
    token = secrets.token_urlsafe(32)
    session.execute(
        insert(StaffSession).values(
            token_hash=token_hash(token),
            staff_id=staff_id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + LONGEST,
        )
    )
    journal.write(
        session,
        campaign_id=None,
        action="staff.signed_in",
        subject=f"staff:{staff_id}",
        detail={"way": way},
        by=f"staff:{staff_id}",
        at=at,
    )
    return token


def find_session(
    session: Session, *, token_hash: bytes, at: dt.datetime, by_itself: bool = False
) -> StaffIdentity | None:
    """This will return who is signed in with this token, or None: unknown, ended, idle too long, or too old.

    What a page asks `by_itself` is no use of the session: one that is left open ends as any other.
    """
    row = session.execute(
        select(StaffSession.staff_id, StaffSession.last_seen_at).where(
            StaffSession.token_hash == token_hash,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > at,
            StaffSession.last_seen_at > at - IDLE,
        )
    ).one_or_none()
    if row is None:
        return None
    if not by_itself and row.last_seen_at <= at - NOTED_EVERY:
        session.execute(
            update(StaffSession)
            .where(StaffSession.token_hash == token_hash, StaffSession.last_seen_at < at)
            .values(last_seen_at=at)
        )
    return identity_of(session, staff_id=row.staff_id)


def end_session(session: Session, *, token_hash: bytes, at: dt.datetime) -> None:
    """This will sign out; signing out twice is as good as once."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == token_hash, StaffSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def end_every_session(session: Session, *, staff_id: int, at: dt.datetime) -> None:
    """This will sign somebody out on every device."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def _good_link(token: str, at: dt.datetime) -> ColumnElement[bool]:
    return and_(
        SignInLink.token_hash == token_hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > at
    )


def _is_disabled(session: Session, staff_id: int) -> bool:
    return session.scalar(select(Staff.disabled_at).where(Staff.id == staff_id)) is not None


@cache
def _nobodys_hash() -> str:
    """A hash with today's parameters, of a password that nobody has."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _plain(password: str) -> str:
    """The same letters typed on two keyboards are the same password (RFC 8265, 4.2.1: NFC)."""
    return unicodedata.normalize("NFC", password)


def plain_email(email: str) -> str:
    """This will give an e-mail as we keep it: however it is typed, it is the same person."""
    return unicodedata.normalize("NFC", email).strip().lower()


def _faults_in_email(email: str) -> list[Fault]:
    local, at_sign, host = email.rpartition("@")
    if at_sign and local and host and len(email) <= 254 and not any(c.isspace() for c in email):
        return []
    return [Fault("email", "format", "An e-mail address looks like name@example.org.")]


def _faults_in_roles(roles: Sequence[tuple[int | None, str]]) -> list[Fault]:
    if not roles:
        return [Fault("role", "missing", "Say at least one role.")]
    return [
        Fault(
            "role",
            "choice",
            says("“%(role)s” is no role; there are %(roles)s.", role=role, roles=", ".join(ROLES)),
        )
        for _, role in roles
        if role not in ROLES
    ]


def _faults_in_password(password: str | None) -> list[Fault]:
    shortest, longest = PASSWORD_LENGTH
    if password is None or shortest <= len(password) <= longest:
        return []
    return [
        Fault(
            "password",
            "length",
            says(
                "A password has %(shortest)s to %(longest)s characters.", shortest=shortest, longest=longest
            ),
        )
    ]
