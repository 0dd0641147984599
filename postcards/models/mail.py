"""Mail that waits to be sent: a row is the job, a worker sends it over SMTP, tried again until it has left."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment, one_of

STATUSES = ("waiting", "sending", "sent", "failed")
KINDS = ("arrival_notice", "thanks_notice")


class Mail(Base):
    """Holds no address and no text: both are made from the card when it is sent. One of a kind per card."""

    __tablename__ = "mail"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        UniqueConstraint("campaign_id", "card_id", "kind"),
        one_of("status", STATUSES),
        one_of("kind", KINDS),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="lease"),
        Index("ix_mail_failed", "campaign_id", postgresql_where="status = 'failed'"),
        Index("ix_mail_waiting", "not_before", postgresql_where="status IN ('waiting', 'sending')"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    not_before: Mapped[Moment]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    requested_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    failure: Mapped[str | None]
