"""An arrival: a recipient's word that the card is there; and their thanks."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment, Sealed


class Arrival(Base):
    """One per card. `thanks` is the recipient's reply, sealed like people's data."""

    __tablename__ = "arrival"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        CheckConstraint("(thanks IS NULL) = (key_id IS NULL)", name="thanks_has_a_key"),
    )

    card_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    arrived_at: Mapped[Moment]
    key_id: Mapped[str | None]
    thanks: Mapped[Sealed | None]
    thanks_at: Mapped[Moment | None]
