"""People's data, each part sealed by the vault on its own, because each has its own time to go."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Sealed


class Person(Base):
    """Parts are JSON sealed under `key_id`, about "CARD-ID/PART"; indexes are blind (HMAC)."""

    __tablename__ = "person"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        Index("ix_person_sender_email", "campaign_id", "email_index"),
        Index("ix_person_recipient", "campaign_id", "recipient_index"),
    )

    card_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    key_id: Mapped[str]
    sender: Mapped[Sealed | None]
    recipient: Mapped[Sealed | None]
    message: Mapped[Sealed | None]
    volunteer: Mapped[Sealed | None]
    email_index: Mapped[Mark | None]
    recipient_index: Mapped[Mark | None]
