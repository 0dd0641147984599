"""The journal: an append-only record of who did what; codes and ids, never names or free text."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from postcards.models.base import Base, BigKey, Json, Mark, Moment


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id: tells which rows are older than every running transaction."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


class JournalEntry(Base):
    """`subject` names what it is about, such as "card:UUID" or "manifest:3"; triggers refuse any change."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_campaign", "campaign_id", "id"),
        Index("ix_journal_subject", "subject"),
        Index("ix_journal_settled", "tx", "id"),
    )

    id: Mapped[BigKey]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    at: Mapped[Moment]
    by: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    number: Mapped[int | None]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    tx: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))


class JournalLink(Base):
    """One link of the journal's chain (rules/journal_chain.py): `seq` counts from 1 without gaps; it only grows."""

    __tablename__ = "journal_link"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    journal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal.id"), unique=True)
    sha256: Mapped[Mark]
