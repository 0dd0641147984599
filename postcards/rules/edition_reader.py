"""Reads one table of an edition strictly and goes on after a fault, so that every fault is told at once."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from postcards.errors import Fault
from postcards.rules.edition_parts import Hours, Opening, Texts
from postcards.rules.edition_places import Path, Places

T = TypeVar("T")

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SPAN = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d) ?[-\u2013] ?((?:[01]\d|2[0-3]):[0-5]\d)")
_KINDS = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}
# Control characters, line and paragraph separators, bidi controls, surrogates: nothing that prints.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def dotted(path: Path) -> str:
    """This will return a path as people write it: ("venues", 2, "hours") is "venues[2].hours"."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def _near(word: str, known: Sequence[str], likely: Sequence[str] = ()) -> str:
    close = difflib.get_close_matches(word.lower(), likely or known, n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else f" Known: {', '.join(known)}." if known else ""


class Report:
    """All faults of one document, each with its place."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._faults: list[tuple[int, Fault]] = []
        self.languages: tuple[str, ...] = ()  # known once `languages` has been read

    def add(self, path: Path, code: str, sentence: str) -> None:
        line = self.places.line(path)
        place = f"Line {line}, " if line is not None else ""
        message = f"{place}{dotted(path) or 'the file'}: {sentence}"
        self._faults.append((line or 0, Fault(dotted(path), code, message)))

    @property
    def faults(self) -> list[Fault]:
        """In the order of the file, as its author will mend them."""
        return [fault for _, fault in sorted(self._faults, key=lambda found: found[0])]


class Section:
    """One table. Each reading method takes a key and answers a value of the promised type, whatever stands
    there: after a fault it is a stand-in, and the document is refused as a whole in the end."""

    def __init__(self, report: Report, path: Path, values: dict[str, Any]) -> None:
        self.report = report
        self.path = path
        self._values = dict(values)
        self._asked: list[str] = []

    def fault(self, key: str, code: str, sentence: str) -> None:
        self.report.add((*self.path, key) if key else self.path, code, sentence)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value; JSON's null is no value."""
        return self._values.get(key) is not None

    def finish(self) -> None:
        """Refuse the keys nobody asked for: a typo never loses a setting."""
        free = [key for key in self._asked if key not in self._values]
        for key in self._values:
            if key not in self._asked:
                self.fault(key, "unknown_key", f"there is no such key here.{_near(key, self._asked, free)}")

    def _take(self, key: str, kind: type[T], stand_in: T, *, required: bool = True) -> tuple[T, bool]:
        """The value and whether it is a good one."""
        self._asked.append(key)
        value = self._values.get(key)
        if value is None:
            if required:
                self.fault(key, "missing", f"is missing; it must be {_KINDS[kind]}.")
            return stand_in, False
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, "type", f"must be {_KINDS[kind]}.")
            return stand_in, False
        return value, True

    def text(self, key: str, *, max_length: int = 200, lines: bool = False) -> str:
        value, good = self._take(key, str, "-")
        return self._words(key, value, max_length, lines) if good else value

    def maybe_text(self, key: str, *, max_length: int = 200) -> str | None:
        value, good = self._take(key, str, "", required=False)
        return self._words(key, value, max_length, False) if good else None

    def _words(self, key: str, value: str, max_length: int, lines: bool) -> str:
        value = unicodedata.normalize("NFC", value).strip()
        bare = value.replace("\n", "") if lines else value
        if not value:
            self.fault(key, "blank", "must not be blank.")
        elif len(value) > max_length:
            self.fault(key, "too_long", f"has {len(value)} characters; at most {max_length} are allowed.")
        elif _UNPRINTABLE.search(bare):
            self.fault(key, "characters", "holds a character that cannot be printed.")
        return value

    def matching(self, key: str, pattern: re.Pattern[str], sentence: str) -> str:
        value, good = self._take(key, str, "x")
        if good and not pattern.fullmatch(value):
            self.fault(key, "format", sentence)
        return value

    def integer(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        value, good = self._take(key, int, low if default is None else default, required=default is None)
        if good and not low <= value <= high:
            self.fault(key, "range", f"is {value}; it must be between {low} and {high}.")
        return value

    def maybe_integer(self, key: str, low: int, high: int) -> int | None:
        self.absent(key)
        return self.integer(key, low, high) if self.has(key) else None

    def absent(self, key: str) -> None:
        """Know a key that may be away, so that `finish` allows it as null and suggests it."""
        self._asked.append(key)

    def boolean(self, key: str, *, default: bool) -> bool:
        return self._take(key, bool, default, required=False)[0]

    def choice(self, key: str, choices: Sequence[str], *, default: str | None = None) -> str:
        value, good = self._take(key, str, default or choices[0], required=default is None)
        if good and value not in choices:
            self.fault(key, "choice", f'"{value}" is not possible.{_near(value, choices)}')
        return value

    def strings(
        self, key: str, *, at_most: int, choices: Sequence[str] = (), default: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        if default is not None and not self.has(key):
            self.absent(key)
            return tuple(default)
        values, _ = self._take(key, list, [])
        if len(values) > at_most:
            self.fault(key, "too_long", f"has {len(values)} entries; at most {at_most} are allowed.")
        items = Section(self.report, (*self.path, key), {})
        good: list[str] = []
        for index, value in enumerate(values):
            where = (*items.path, index)
            if not isinstance(value, str) or not value.strip():
                self.report.add(where, "type", "must be text in quotes.")
            elif choices and value not in choices:
                self.report.add(where, "choice", f'"{value}" is not possible.{_near(value, choices)}')
            elif value in good:
                self.report.add(where, "duplicate", f'"{value}" is there twice.')
            else:
                good.append(value.strip())
        return tuple(good)

    # -- time ---------------------------------------------------------------------------------------------

    def _date(self, path: Path, value: object) -> dt.date | None:
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        self.report.add(path, "type", "must be a date such as 2026-12-18.")
        return None

    def maybe_date(self, key: str) -> dt.date | None:
        self._asked.append(key)
        value = self._values.get(key)
        return None if value is None else self._date((*self.path, key), value)

    def date(self, key: str) -> dt.date:
        if not self.has(key):
            self._asked.append(key)
            self.fault(key, "missing", "is missing; it must be a date such as 2026-12-18.")
        return self.maybe_date(key) or dt.date(2000, 1, 1)

    def dates(self, key: str) -> tuple[dt.date, ...]:
        if not self.has(key):
            self.absent(key)
            return ()
        values, _ = self._take(key, list, [])
        found = [self._date((*self.path, key, index), value) for index, value in enumerate(values)]
        return tuple(sorted({day for day in found if day is not None}))

    def clock(self, key: str) -> dt.time:
        if isinstance(self._values.get(key), dt.time):  # TOML writes 18:00:00 without quotes
            self._values[key] = f"{self._values[key]:%H:%M}"
        value, good = self._take(key, str, "12:00")
        if good and not _CLOCK.fullmatch(value):
            self.fault(key, "format", 'must be a time of day such as "18:00".')
            value = "12:00"
        return dt.time.fromisoformat(value)

    def moment(self, key: str, zone: Any) -> dt.datetime:
        """A date (its first moment in `zone`), or a date and time."""
        self._asked.append(key)
        value = self._values.get(key)
        if isinstance(value, str):
            try:
                value = dt.datetime.fromisoformat(value)
            except ValueError:
                value = None
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            value = dt.datetime(value.year, value.month, value.day, tzinfo=zone)
        if not isinstance(value, dt.datetime):
            self.fault(key, "type", "must be a date, or a date and time, such as 2026-11-01.")
            value = dt.datetime(2000, 1, 1, tzinfo=zone)
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        # A fixed offset: two moments of one zone compare by their clocks, wrongly where the clock goes back.
        return aware.replace(tzinfo=_fixed(aware.utcoffset()))

    def hours(self, key: str) -> Hours:
        value, good = self._take(key, str, "closed")
        if not good or value.strip() == "closed":
            return Hours(())
        openings: list[Opening] = []
        for part in value.split(","):
            span = _SPAN.fullmatch(part.strip())
            if span is None:
                self.fault(
                    key, "format", f'"{value}" must be "10:00-18:00", several with commas, or "closed".'
                )
                return Hours(())
            opening = Opening(dt.time.fromisoformat(span[1]), dt.time.fromisoformat(span[2]))
            if opening.closes <= opening.opens or (openings and opening.opens < openings[-1].closes):
                self.fault(key, "order", f'"{value}" must run forward, within one day.')
                return Hours(())
            openings.append(opening)
        return Hours(tuple(openings))

    # -- tables -------------------------------------------------------------------------------------------

    def table(self, key: str, read: Callable[[Section], T], *, required: bool = True) -> T:
        """One table below this one; an optional one that is absent is read as empty."""
        values, _ = self._take(key, dict, {}, required=required)
        section = Section(self.report, (*self.path, key), values)
        found = read(section)
        section.finish()
        return found

    def maybe_table(self, key: str, read: Callable[[Section], T]) -> T | None:
        """One table that may be absent altogether."""
        self.absent(key)
        return self.table(key, read) if self.has(key) else None

    def tables(self, key: str, read: Callable[[Section], T], *, required: bool = True) -> tuple[T, ...]:
        values, _ = self._take(key, list, [], required=required)
        if required and self.has(key) and not values:
            self.fault(key, "missing", "needs at least one entry.")
        found = []
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                self.report.add((*self.path, key, index), "type", "must be a table.")
                continue
            section = Section(self.report, (*self.path, key, index), value)
            found.append(read(section))
            section.finish()
        return tuple(found)

    def texts(self, key: str, *, max_length: int = 2_000) -> Texts:
        """One text per language of the campaign, none missing, none beside them."""
        return self.table(key, lambda below: below.each_language(max_length))

    def maybe_texts(self, key: str, *, max_length: int = 2_000) -> Texts | None:
        self.absent(key)
        return self.texts(key, max_length=max_length) if self.has(key) else None

    def each_language(self, max_length: int) -> Texts:
        languages = self.report.languages
        return {language: self.text(language, max_length=max_length, lines=True) for language in languages}


def _fixed(offset: dt.timedelta | None) -> dt.timezone:
    return dt.timezone(offset or dt.timedelta(0))
