"""Proves the books: runs every sentence they must obey at one instant, and names each row that breaks one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from postcards.models import Campaign
from postcards.services.checks import cards, manifests, paper, retention, stamps
from postcards.services.checks.data_keys import missing_keys
from postcards.services.checks.journal_chain import broken_chain
from postcards.services.checks.kept_files import Keeps, broken_files
from postcards.services.checks.manifest_contents import broken_contents
from postcards.services.checks.retention import Ledger, Lines, ledger_differs, overdue
from postcards.services.checks.sentence import Afresh, Finding
from postcards.vault import Vault

__all__ = ["Finding", "check_books"]


def check_books(
    session: Session,
    *,
    files: Keeps,
    vault: Vault,
    ledger: Ledger | None = None,
    campaign_id: int | None = None,
    at: dt.datetime | None = None,
    afresh: Afresh | None = None,
) -> list[Finding]:
    """This will return what is wrong with the books of one campaign, or of all; nothing when they are right.

    `session` is a `db.snapshot`, so a live system may go on meanwhile. `files` opens sealed files;
    with `ledger` the one of erasures is compared, with `at` (now) what is kept too long is named. Files and ledger are
    no part of that instant: what seems to be missing of them is looked up once more in a transaction that `afresh`
    opens, for somebody may have been erased since.
    """
    lines = Lines.of(ledger) if ledger is not None else None
    for bound in ("transaction_timeout", "idle_in_transaction_session_timeout"):
        session.execute(
            text(f"SET LOCAL {bound} = 0")
        )  # large files are read through while the instant is kept
    campaigns = _campaigns(session, campaign_id)
    found: list[Finding] = []
    for sentences in (
        stamps.SENTENCES,
        cards.SENTENCES,
        paper.SENTENCES,
        manifests.SENTENCES,
        retention.SENTENCES,
    ):
        for sentence in sentences:
            found += sentence.broken(session, campaigns=campaigns)
    found += broken_contents(session, vault=vault, campaigns=campaigns)
    found += missing_keys(session, vault=vault, campaigns=campaigns, at=at)
    found += broken_chain(session, campaign_id=campaign_id)
    if at is not None:
        found += overdue(session, campaigns=campaigns, at=at)
    found += broken_files(session, files=files, campaigns=campaigns, afresh=afresh)
    if ledger is not None and lines is not None:
        found += ledger_differs(
            session,
            before=lines,
            after=Lines.of(ledger),
            campaigns=campaigns,
            wishes=campaign_id is None,
            afresh=afresh,
        )
    return found


def _campaigns(session: Session, campaign_id: int | None) -> Sequence[int]:
    if campaign_id is not None:
        return [campaign_id]
    return session.scalars(select(Campaign.id).order_by(Campaign.id)).all()
