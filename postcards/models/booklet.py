"""A booklet: stamps lent to one kiosk, for its page or as stock cards on paper."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment, one_of

STATUSES = ("lent", "recalled")
#: "kiosk": the device registers cards from it. "stock": its stamps are on paper, for people who write all by hand.
KINDS = ("kiosk", "stock")

#: The most stamps in one booklet (the kiosk API: 1-200).
LARGEST = 200


class Booklet(Base):
    """`id` is made on the device, so asking twice lends once. `printed_at`: when its stock cards were drawn."""

    __tablename__ = "booklet"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        ForeignKeyConstraint(["campaign_id", "kiosk_id"], ["kiosk.campaign_id", "kiosk.id"]),
        one_of("status", STATUSES),
        one_of("kind", KINDS),
        CheckConstraint("kind = 'stock' OR printed_at IS NULL", name="only_stock_is_printed"),
        CheckConstraint(f"asked BETWEEN 1 AND {LARGEST}", name="asked"),
        CheckConstraint("lent BETWEEN 1 AND asked", name="lent"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    kiosk_id: Mapped[uuid.UUID]
    asked: Mapped[int]
    lent: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="lent")
    kind: Mapped[str] = mapped_column(server_default="kiosk")
    lent_at: Mapped[Moment]
    printed_at: Mapped[Moment | None]
