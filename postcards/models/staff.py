"""Staff: people who sign in at the desk or as the partner, their roles, their sessions, and who tried in vain."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, BigKey, Mark, Moment, Sealed, one_of

ROLES = ("organiser", "printer", "auditor", "partner")


class Staff(Base):
    """`email` is lower case. Without a password only a one-time sign-in opens the door."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower"),)

    id: Mapped[BigKey]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]


class StaffRole(Base):
    """One role in one campaign; in all of them when `campaign_id` is empty."""

    __tablename__ = "staff_role"
    __table_args__ = (
        UniqueConstraint("staff_id", "campaign_id", "role", postgresql_nulls_not_distinct=True),
        one_of("role", ROLES),
    )

    id: Mapped[BigKey]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    role: Mapped[str]


class SignInLink(Base):
    """A one-time sign-in, good for a short time and for one use."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[Mark] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class StaffSession(Base):
    """A signed-in browser; the cookie holds a token of which we keep the hash."""

    __tablename__ = "staff_session"
    __table_args__ = (Index("ix_staff_session_staff", "staff_id"),)

    token_hash: Mapped[Mark] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class SignInAttempts(Base):
    """How often somebody tried in vain lately; `mark` is a blind index of an e-mail, an address or a person.

    Before `not_before` the next try is refused unseen.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (CheckConstraint("failures >= 1", name="failures"),)

    mark: Mapped[Mark] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[Moment]
    not_before: Mapped[Moment]


class SecondFactor(Base):
    """The secret of somebody's one-time codes, sealed by the vault; good once it was confirmed.

    `last_step` is the newest time step whose code was used: no code works twice.
    """

    __tablename__ = "second_factor"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    secret: Mapped[Sealed]
    created_at: Mapped[Moment]
    confirmed_at: Mapped[Moment | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code for the day the phone is lost: long, kept hashed, good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_staff", "staff_id"),)

    code_hash: Mapped[Mark] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    used_at: Mapped[Moment | None]
