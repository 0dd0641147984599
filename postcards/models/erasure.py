"""The ledger of erasures: which card's data went because somebody asked; it holds nobody's data and only grows."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from postcards.models.base import Base, Mark, Moment, one_of

#: How the card was named: by its number or a code, by the sender's e-mail, or at the desk.
ASKED = ("number", "email", "desk")

#: Kinds of lines in the ledger outside of the database; a line that names none is an erasure.
ERASURE, DO_NOT_WRITE = "erasure", "do_not_write"


class Erasure(Base):
    """One card at one time. `status` is what the card was then; `voided` says that it was given up for it.

    `email_index` is the blind index of an address that somebody asked by. A copy of each row stands in a file
    outside of the database, which a restore replays.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        one_of("asked", ASKED),
        Index("ix_erasure_card", "campaign_id", "card_id"),
        Index("ix_erasure_email", "campaign_id", "email_index", postgresql_where="email_index IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    number: Mapped[int]
    asked: Mapped[str]
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    voided: Mapped[bool]
    email_index: Mapped[Mark | None]
    at: Mapped[Moment]
    by: Mapped[str]
