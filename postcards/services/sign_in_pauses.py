"""Growing pauses after wrong passwords and codes, by who is asked for and by where it comes from; never for ever.

A try is counted before its password is looked at and taken back when it was right, so that a hundred tries at once
are a hundred and not one. The marks are blind indexes: the table names nobody, and an e-mail that is nobody's is
counted like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from postcards.errors import TooOften
from postcards.models import SignInAttempts

#: The first pause; each further wrong try doubles it.
FIRST = dt.timedelta(seconds=5)
#: After this without a try, everything is forgiven.
FORGIVEN = dt.timedelta(hours=12)
#: Doublings that still fit; later ones are cut by the longest pause in any case.
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """So many wrong tries are free; then pauses grow up to `longest`."""

    free: int
    longest: dt.timedelta

    def pause(self, failures: int) -> dt.timedelta:
        """This will give the pause after so many wrong tries in a row."""
        if failures <= self.free:
            return dt.timedelta(0)
        doublings = min(failures - self.free - 1, _MOST_DOUBLINGS)
        return min(FIRST * (1 << doublings), self.longest)


#: Of one e-mail: a slip of the finger costs nothing. Ten minutes at most, so that nobody is locked out of their own
#: desk by a stranger; a one-time link opens it meanwhile.
FOR_EMAIL = Patience(free=4, longest=dt.timedelta(minutes=10))
#: Of one address: a whole venue may sign in from it.
FOR_ADDRESS = Patience(free=20, longest=dt.timedelta(minutes=15))
#: Of one person's second factor: 6 digits, 3 of a million good at a time.
FOR_CODE = Patience(free=4, longest=dt.timedelta(minutes=30))


class Paused(TooOften):
    """Too many wrong tries; the next one is looked at after `retry_after` seconds."""

    code = "sign_in_paused"


def count_try(session: Session, *, tries: Sequence[tuple[bytes, Patience]], at: dt.datetime) -> None:
    """This will count a try as a wrong one, for each mark; `take_back` it when it was right.

    Raises `Paused`, and then counts nothing: knocking during a pause does not make it longer.
    """
    ordered = sorted(tries, key=lambda one: one[0])  # two tries at once take their locks in one order
    for mark, _ in ordered:
        new = postgresql.insert(SignInAttempts).values(mark=mark, failures=1, last_at=at, not_before=at)
        forgiven = SignInAttempts.last_at < literal(at - FORGIVEN)
        session.execute(
            new.on_conflict_do_update(
                index_elements=[SignInAttempts.mark],
                set_={"failures": case((forgiven, 0), else_=SignInAttempts.failures) + 1, "last_at": at},
                where=SignInAttempts.not_before <= at,
            )
        )
    rows = session.execute(
        select(SignInAttempts.mark, SignInAttempts.failures, SignInAttempts.not_before).where(
            SignInAttempts.mark.in_([mark for mark, _ in ordered])
        )
    )
    found = {row.mark: row for row in rows}
    wait = max((found[mark].not_before - at for mark, _ in ordered), default=dt.timedelta(0))
    if wait > dt.timedelta(0):
        seconds = max(1, round(wait.total_seconds()))
        raise Paused(
            "That was wrong too often. Please wait before you try again, or ask for a one-time link.",
            retry_after=seconds,
        )
    for mark, patience in ordered:
        session.execute(
            update(SignInAttempts)
            .where(SignInAttempts.mark == mark)
            .values(not_before=at + patience.pause(found[mark].failures))
        )


def take_back(session: Session, *, clear: Sequence[bytes], lessen: Sequence[bytes], at: dt.datetime) -> None:
    """This will forget what is counted for `clear`, take one try back of `lessen`, and tidy away what is old."""
    session.execute(
        delete(SignInAttempts).where(
            SignInAttempts.mark.in_(clear) | (SignInAttempts.last_at < at - FORGIVEN)
        )
    )
    session.execute(
        update(SignInAttempts)
        .where(SignInAttempts.mark.in_(lessen))
        .values(failures=func.greatest(SignInAttempts.failures - 1, 1), not_before=at)
    )
