"""The four refusals: every expected failure is one of these, worded for the person who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NewType


class Said(str):
    """An English sentence that remembers what it was made of, so that the edge can say it in another language.

    Everywhere else it is the plain English text. `plural` and `n` are there for a sentence about n things.
    """

    msgid: str
    values: Mapping[str, object]
    plural: str | None
    n: int

    def __new__(
        cls, msgid: str, values: Mapping[str, object] | None = None, plural: str | None = None, n: int = 1
    ) -> Said:
        """This will fill `%(name)s` from `values`; without values the text stays as it is."""
        values = {} if values is None else values
        form = msgid if plural is None or n == 1 else plural
        said = super().__new__(cls, form % values if values else form)
        said.msgid, said.values, said.plural, said.n = msgid, values, plural, n
        return said

    def __reduce__(self) -> tuple[type[Said], tuple[object, ...]]:
        """This will copy and pickle it whole."""
        return Said, (self.msgid, self.values, self.plural, self.n)


def says(msgid: str, **values: object) -> Said:
    """This will give a sentence for people; `msgid` is written out here, for the catalogues gather it."""
    return Said(msgid, values)


def says_n(singular: str, plural: str, n: int, **values: object) -> Said:
    """This will give a sentence about `n` things; `%(n)s` is `n`."""
    return Said(singular, {"n": n, **values}, plural, n)


class CountryNamed(Said):
    """A country's name within a sentence: English here, and the reader's own word for it there."""

    code: str

    def __new__(cls, code: str, english: str) -> CountryNamed:
        """This will stand as `english` until somebody says it in another language by its ISO 3166-1 `code`."""
        named = str.__new__(cls, english)
        named.msgid, named.values, named.plural, named.n = english, {}, None, 1
        named.code = code
        return named

    def __reduce__(self) -> tuple[type[Said], tuple[object, ...]]:
        """This will copy and pickle it whole."""
        return CountryNamed, (self.code, str(self))


class InLanguages(Said):
    """A word of a table of ours that knows it in every language: a column's heading, what a region is called."""

    words: Mapping[str, str]

    def __new__(cls, english: str, words: Mapping[str, str]) -> InLanguages:
        """This will stand as `english` until somebody says it in one of the languages of `words`."""
        named = str.__new__(cls, english)
        named.msgid, named.values, named.plural, named.n = english, {}, None, 1
        named.words = words
        return named

    def __reduce__(self) -> tuple[type[Said], tuple[object, ...]]:
        """This will copy and pickle it whole."""
        return InLanguages, (str(self), self.words)


def says_all(parts: Iterable[str], between: str = " ") -> Said:
    """This will join sentences, each of which is said in the reader's language."""
    said = {f"part{place}": as_given(part) for place, part in enumerate(parts)}
    return Said(between.replace("%", "%%").join(f"%({name})s" for name in said), said)


#: A text that `N_` has marked, so that the catalogues have it.
Marked = NewType("Marked", str)


def N_(msgid: str) -> Marked:  # noqa: N802 - as gettext's own tools call it
    """This will mark a text that is said later, and give it back."""
    return Marked(msgid)


def says_marked(msgid: Marked, **values: object) -> Said:
    """This will give a sentence for people, chosen from some that are marked with `N_`."""
    return Said(msgid, values)


def as_given(text: str) -> Said:
    """This will pass on words that are not ours: of a library, of the system, or said already."""
    return text if isinstance(text, Said) else Said(text)


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong: its dotted name, a stable code, and a sentence with the remedy."""

    field: str
    code: str
    message: str


class Refusal(Exception):
    """An expected failure. `code` is stable and for machines; the message is for people.

    `extra` travels with the answer (problem+json members), and holds no personal data.
    """

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, **extra: object) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.extra = extra


class Invalid(Refusal):
    """What was given cannot be right (HTTP 422). Carries every faulty field at once."""

    code = "invalid"

    def __init__(
        self,
        message: str = "Some of what was entered needs mending.",
        *,
        faults: Sequence[Fault] = (),
        code: str | None = None,
        **extra: object,
    ) -> None:
        super().__init__(message, code=code, **extra)
        self.faults = tuple(faults)


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else (HTTP 404; 410 when `gone`)."""

    code = "unknown"
    gone = False


class Denied(Refusal):
    """It is not allowed as things stand (HTTP 409; 401 or 403 when it is about who asks)."""

    code = "denied"


class NotSignedIn(Denied):
    """Nobody we know is asking (HTTP 401)."""

    code = "not_signed_in"


class NotAllowed(Denied):
    """We know who asks, and they may not (HTTP 403)."""

    code = "not_allowed"


class Unavailable(Refusal):
    """It may work in a moment (HTTP 503 with Retry-After, in seconds)."""

    code = "unavailable"

    def __init__(
        self, message: str, *, retry_after: int = 1, code: str | None = None, **extra: object
    ) -> None:
        super().__init__(message, code=code, **extra)
        self.retry_after = retry_after


class TooOften(Unavailable):
    """It was asked too often; the same is welcome later (HTTP 429 with Retry-After)."""

    code = "too_often"
