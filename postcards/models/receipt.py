"""A receipt: the partner's answer to a manifest, kept as it came and never overwritten."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Moment, one_of

STATUSES = ("accepted", "disputed")


class Receipt(Base):
    """`id` is made by the partner, so answering twice counts once. `disputed` when the counts differ."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        ForeignKeyConstraint(["campaign_id", "manifest_id"], ["manifest.campaign_id", "manifest.id"]),
        one_of("status", STATUSES),
        CheckConstraint("accepted >= 0 AND refused >= 0", name="counts"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    manifest_id: Mapped[uuid.UUID]
    status: Mapped[str]
    accepted: Mapped[int]
    refused: Mapped[int]
    difference: Mapped[int]
    note: Mapped[str]
    received_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    by: Mapped[str]
    body_mark: Mapped[Mark]


class ReceiptRefusal(Base):
    """A card that the Post did not take, and why."""

    __tablename__ = "receipt_refusal"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "receipt_id"], ["receipt.campaign_id", "receipt.id"]),
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    card_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str]
