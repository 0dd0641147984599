"""A booklet: stamps lent to one kiosk."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment, one_of

STATUSES = ("lent", "recalled")

#: The most stamps in one booklet (the kiosk API: 1-200).
LARGEST = 200


class Booklet(Base):
    """`id` is made on the device, so asking twice lends once."""

    __tablename__ = "booklet"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        ForeignKeyConstraint(["campaign_id", "kiosk_id"], ["kiosk.campaign_id", "kiosk.id"]),
        one_of("status", STATUSES),
        CheckConstraint(f"asked BETWEEN 1 AND {LARGEST}", name="asked"),
        CheckConstraint("lent BETWEEN 1 AND asked", name="lent"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    kiosk_id: Mapped[uuid.UUID]
    asked: Mapped[int]
    lent: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="lent")
    lent_at: Mapped[Moment]
