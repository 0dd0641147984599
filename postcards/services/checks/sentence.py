"""A sentence of the books: one set-based query for the rows that break it, and the words for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

#: No more findings of one kind than this are told one by one: enough to see the pattern, and to read.
TOLD = 200


#: Opens a session that sees what is committed by now, later than the instant of the check.
Afresh = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that differs from what the books say: the rule's name, the row's name, and a sentence."""

    kind: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """`sql` selects the offending rows of the campaigns in `:campaigns`; both texts are filled from the row."""

    kind: str
    subject: str
    message: str
    sql: str

    def broken(self, session: Session, *, campaigns: Sequence[int]) -> Iterator[Finding]:
        """This will yield one finding for each row that breaks the sentence, `TOLD` at the most and then a count."""
        rows = session.execute(text(self.sql), {"campaigns": list(campaigns)}).mappings().all()
        for row in rows[:TOLD]:
            yield Finding(self.kind, self.subject.format_map(row), self.message.format_map(row))
        if len(rows) > TOLD:
            yield Finding(self.kind, "more", f"… and {len(rows) - TOLD} more like these.")
