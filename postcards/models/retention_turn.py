"""Whose turn it is to look through a campaign for what has to go, and when that was done last."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment


class RetentionTurn(Base):
    """One per campaign; `claimed_by` until `claimed_until` is the lease of whoever is at it.

    `asked_at`: something happened there since that one began, so it is looked through once more.
    """

    __tablename__ = "retention_turn"
    __table_args__ = (CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="lease"),)

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    done_at: Mapped[Moment | None]
    asked_at: Mapped[Moment | None]
