"""Moments as devices and partners say them: ISO 8601 with an offset, and such that any clock of ours can show them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

#: A day inside the calendar's ends: in every zone a moment between these still has a year from 1 to 9999, which is
#: all that Python can read back from the database (PostgreSQL itself goes farther).
EARLIEST = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
LATEST = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")


def _read(value: Any) -> Any:
    """A bare number of seconds is no moment that a person can check."""
    if not isinstance(value, str):
        return value
    written = value.upper()
    try:
        if _WRITTEN.fullmatch(written):
            return dt.datetime.fromisoformat(written)
    except ValueError:
        pass
    raise PydanticCustomError("moment", "must be a time such as 2026-12-18T10:15:00+02:00.")


def _within_the_calendar(moment: dt.datetime) -> dt.datetime:
    """A wrong clock's word is kept, not refused: beyond the calendar's ends it counts as its first or last day."""
    return min(max(moment, EARLIEST), LATEST)


Moment = Annotated[AwareDatetime, BeforeValidator(_read), AfterValidator(_within_the_calendar)]
