"""A stamp: one of the cap's numbered places. A card exists only by using one, so the cap cannot be passed."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, one_of

STATUSES = ("free", "lent", "used", "held", "withdrawn")


class Stamp(Base):
    """`turn` is its place in the drawer: its number at first, later for a stamp sent to the end."""

    __tablename__ = "stamp"
    __table_args__ = (
        UniqueConstraint("campaign_id", "card_id"),
        ForeignKeyConstraint(["campaign_id", "booklet_id"], ["booklet.campaign_id", "booklet.id"]),
        ForeignKeyConstraint(
            ["campaign_id", "card_id"],
            ["card.campaign_id", "card.id"],
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        one_of("status", STATUSES),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(status = 'used') = (card_id IS NOT NULL)", name="used_by_a_card"),
        CheckConstraint("status <> 'lent' OR booklet_id IS NOT NULL", name="lent_in_a_booklet"),
        CheckConstraint("status <> 'free' OR booklet_id IS NULL", name="free_in_no_booklet"),
        Index("ix_stamp_free", "campaign_id", "turn", postgresql_where="status = 'free'"),
        Index(
            "ix_stamp_set_apart",
            "campaign_id",
            "status",
            "booklet_id",
            postgresql_where="status IN ('lent', 'held', 'withdrawn')",
        ),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(server_default="free")
    turn: Mapped[int] = mapped_column(BigInteger)
    booklet_id: Mapped[uuid.UUID | None]
    card_id: Mapped[uuid.UUID | None]
