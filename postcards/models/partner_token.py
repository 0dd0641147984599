"""A token of the postal partner, kept hashed."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, BigKey, Mark, Moment


class PartnerToken(Base):
    """Shown once when it is made; good until revoked."""

    __tablename__ = "partner_token"

    id: Mapped[BigKey]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    token_hash: Mapped[Mark] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
