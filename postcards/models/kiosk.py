"""A kiosk: a device at a venue, paired once by a code, known afterwards by a token we keep hashed."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Moment, one_of

STATUSES = ("waiting", "active", "retired", "revoked")


class Kiosk(Base):
    """`waiting` until paired; `retired` may hand in what it still holds; `revoked` may do nothing."""

    __tablename__ = "kiosk"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        ForeignKeyConstraint(["campaign_id", "venue_slug"], ["venue.campaign_id", "venue.slug"]),
        one_of("status", STATUSES),
        CheckConstraint("status <> 'active' OR token_hash IS NOT NULL", name="active_has_token"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    venue_slug: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="waiting")
    pairing_hash: Mapped[Mark | None] = mapped_column(unique=True)
    pairing_expires_at: Mapped[Moment | None]
    token_hash: Mapped[Mark | None] = mapped_column(unique=True)
    device_name: Mapped[str | None]
    created_at: Mapped[Moment]
    paired_at: Mapped[Moment | None]
    last_seen_at: Mapped[Moment | None]
