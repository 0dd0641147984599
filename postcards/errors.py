"""The four refusals: every expected failure is one of these, worded for the person who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
