"""Every tracking code ever given, with the slip code that goes with it: old ones stay known, as replaced."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment, one_of

ENDINGS = ("replaced", "void", "returned")


class TrackingCode(Base):
    """`booklet_id` is the booklet it was lent in; `card_id` is empty while the stamp is only lent.

    `ended` says why a code is no longer good.
    """

    __tablename__ = "tracking_code"
    __table_args__ = (
        UniqueConstraint("campaign_id", "code"),
        ForeignKeyConstraint(["campaign_id", "number"], ["stamp.campaign_id", "stamp.number"]),
        ForeignKeyConstraint(
            ["campaign_id", "card_id"],
            ["card.campaign_id", "card.id"],
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        ForeignKeyConstraint(["campaign_id", "booklet_id"], ["booklet.campaign_id", "booklet.id"]),
        one_of("ended", ENDINGS),
        CheckConstraint("(ended IS NULL) = (ended_at IS NULL)", name="ended_has_a_time"),
        Index(
            "uq_tracking_code_in_force",
            "campaign_id",
            "number",
            unique=True,
            postgresql_where="ended IS NULL",
        ),
        Index("ix_tracking_code_card", "campaign_id", "card_id"),
        Index("ix_tracking_code_booklet", "booklet_id", postgresql_where="booklet_id IS NOT NULL"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    slip_code: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[int]
    number: Mapped[int]
    booklet_id: Mapped[uuid.UUID | None]
    card_id: Mapped[uuid.UUID | None]
    given_at: Mapped[Moment]
    ended: Mapped[str | None]
    ended_at: Mapped[Moment | None]
