"""Tells made-up days in order of time, and writes many of their deeds down in one transaction."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import count
from types import TracebackType

from sqlalchemy.orm import Session

from postcards.kit import Kit

#: Deeds in one transaction: with one each, waiting for the disk would take most of the time.
TOGETHER = 150

#: What happens at a moment.
Happening = Callable[[dt.datetime], None]


class Days:
    """Holds what is to happen. A happening may add later ones."""

    def __init__(self) -> None:
        self._waiting: list[tuple[dt.datetime, int, Happening]] = []
        self._order = count()

    def add(self, at: dt.datetime, happening: Happening) -> None:
        """This will let it happen at that aware moment; of two at once the first added comes first."""
        heapq.heappush(self._waiting, (at, next(self._order), happening))

    def tell(self, *, until: dt.datetime) -> None:
        """This will let happen, in order, everything that is not later than `until`; the rest never does."""
        while self._waiting and self._waiting[0][0] <= until:
            at, _, happening = heapq.heappop(self._waiting)
            happening(at)
        self._waiting.clear()


class Ledger:
    """A transaction for many deeds in a row. Whoever opens one of their own settles this one first."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._open = ExitStack()
        self._session: Session | None = None
        self._deeds = 0

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @contextmanager
    def begin(self, *, may_be_refused: bool = False) -> Iterator[Session]:
        """This will give the session of the running transaction. A deed that may be refused is undone alone."""
        if self._session is None:
            self._session = self._open.enter_context(self._kit.begin())
        with self._session.begin_nested() if may_be_refused else nullcontext():
            yield self._session
        self._deeds += 1
        if self._deeds >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """This will commit what was done so far."""
        self._session, self._deeds = None, 0
        self._open.close()
