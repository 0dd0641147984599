"""Registers cards: one stamp, one card, one person in one transaction, and the same request for ever the same card."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from postcards.db import AtOnce, Clash
from postcards.errors import Denied, Fault, Invalid, NotAllowed, says
from postcards.rules.card_words import CardWords, check_words, check_words_by_hand, placed
from postcards.rules.edition import Edition
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.services import drawer, people
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration_statement import TAKE_AND_WRITE, WRITE
from postcards.vault import Vault

#: A device whose clock is farther from ours than this is told so; its word is kept all the same.
CLOCK_OFF = dt.timedelta(minutes=10)

#: PostgreSQL manual, appendix A.
_UNIQUE_VIOLATION = "23505"

#: Given the printed lines, the sender's name and the typed message: what does not fit the paper or has no font.
PrintCheck = Callable[[Sequence[str], str, str | None], list[Fault]]


class IdReused(Denied):
    """The id belongs to a request with other content, or to another kiosk."""

    code = "id_reused"


class NotOpen(Denied):
    """The campaign takes no cards now; code `campaign_paused`, `campaign_closed` or `campaign_draft`."""

    code = "campaign_closed"


class KioskRetired(NotAllowed):
    """The kiosk may hand in what it holds, and take nothing new."""

    code = "kiosk_retired"


@dataclass(frozen=True, slots=True)
class CardRequest:
    """One card as a device asks for it. `body` is the request's JSON in canonical form."""

    id: uuid.UUID
    number: int | None
    registered_at: dt.datetime
    printed_at: dt.datetime | None
    words: CardWords
    body: bytes
    #: A stock card: its sender wrote everything by hand, and of `words.address` the country alone is told.
    address_on_paper: bool = False

    @property
    def is_fact_on_paper(self) -> bool:
        """Printed already, on a stamp that was lent: it exists, whatever we think of it."""
        return self.printed_at is not None and self.number is not None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that was checked and sealed before the transaction, so that this one is short."""

    request: CardRequest
    body_mark: bytes
    person: dict[str, Any]
    country: str
    language: str
    consent_version: str
    arrival_notice: bool
    broken_rules: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """The card that a request has: `is_new` the first time, the same card every time after."""

    id: uuid.UUID
    number: int
    tracking_code: str
    slip_code: str
    status: str
    held: tuple[str, ...]
    warnings: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a card is registered: at a kiosk of a venue, or at the desk (both None)."""

    campaign_id: int
    campaign_status: str
    kiosk_id: uuid.UUID | None
    venue_slug: str | None
    is_retired: bool = False


class UnderWay(drawer.Busy):
    """This very request was written beside us by `register_at_once`, and is there now."""


def origin_of(kiosk: KioskIdentity) -> Origin:
    """This will give the kiosk as the origin of a card."""
    return Origin(
        campaign_id=kiosk.campaign_id,
        campaign_status=kiosk.campaign_status,
        kiosk_id=kiosk.kiosk_id,
        venue_slug=kiosk.venue_slug,
        is_retired=kiosk.status == "retired",
    )


#: Kept, for `json.dumps` makes an encoder anew at every call that asks for anything but its defaults.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def body_of(value: Any) -> bytes:
    """This will give JSON in canonical form: equal JSON has equal bytes."""
    return _canonical.encode(value).encode("utf-8", "surrogatepass")


def prepare(
    request: CardRequest,
    *,
    vault: Vault,
    key_id: str,
    edition: Edition,
    print_check: PrintCheck,
    at: dt.datetime,
) -> Prepared:
    """This will check and seal a request. Raises `Invalid` with every fault, unless it is a fact on paper."""
    check = check_words_by_hand if request.address_on_paper else check_words
    checked = check(request.words, edition=edition, at=at)
    faults = list(checked.faults)
    if request.printed_at is not None and request.number is None:
        faults.append(
            Fault("number", "missing", "is missing: a card that was printed bears the number of its stamp.")
        )
    if not faults and not request.address_on_paper:
        found = print_check(checked.lines, checked.words.sender_name, checked.words.message)
        faults += placed(found, checked)
    if faults and not request.is_fact_on_paper:
        raise Invalid(faults=faults)
    words = checked.words
    warnings = list(checked.warnings)
    if request.registered_at - at > CLOCK_OFF or (
        request.number is None and at - request.registered_at > CLOCK_OFF
    ):
        warnings.append("clock_off")
    return Prepared(
        request=request,
        body_mark=vault.body_mark(request.body),
        person=people.sealed_parts(
            vault,
            key_id=key_id,
            card_id=request.id,
            sender=None
            if request.address_on_paper and not words.sender_name and not words.sender_email
            else people.Sender(words.sender_name, words.sender_email),
            recipient=None
            if request.address_on_paper
            else people.Recipient(words.recipient_name, words.address),
            message=words.message,
            volunteer=words.volunteer,
        ),
        country=words.address.country,
        language=words.language,
        consent_version=words.consent_version,
        arrival_notice=words.arrival_notice and words.sender_email is not None,
        broken_rules=tuple(dict.fromkeys(fault.code for fault in faults)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def register_card(
    session: Session,
    *,
    origin: Origin,
    prepared: Prepared,
    pause: Callable[[float], None] = time.sleep,
    by: str,
    at: dt.datetime,
) -> Registered:
    """This will register the card, or give the one that this very request already has.

    Raises `IdReused`, `NotOpen`, `KioskRetired`, and what `drawer` raises: `CapReached` only when no stamp is free.
    After `UnderWay` the same in a new transaction gives the card.
    """
    request = prepared.request
    lock_id(session, request.id)
    replay = find_replay(session, origin=origin, card_id=request.id, body_mark=prepared.body_mark)
    if replay is not None:
        return replay
    held = _held(origin, prepared)
    # `register_at_once` waits for no lock: this very request may be on its way in beside us.
    try:
        number = _take(session, origin=origin, request=request, pause=pause)
        return _write(session, origin=origin, prepared=prepared, number=number, held=held, by=by, at=at)
    except drawer.CapReached:
        replay = find_replay(session, origin=origin, card_id=request.id, body_mark=prepared.body_mark)
        if replay is None:
            raise
        return replay
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
            raise
        raise UnderWay("This very card is being registered just now. Please send it once more.") from error


def _take(session: Session, *, origin: Origin, request: CardRequest, pause: Callable[[float], None]) -> int:
    if request.number is None or origin.kiosk_id is None:
        return drawer.take_free(session, campaign_id=origin.campaign_id, card_id=request.id, pause=pause)
    return drawer.take_lent(
        session,
        campaign_id=origin.campaign_id,
        kiosk_id=origin.kiosk_id,
        number=request.number,
        card_id=request.id,
        kind="stock" if request.address_on_paper else "kiosk",
    )


def lock_id(session: Session, made_elsewhere: uuid.UUID) -> None:
    """This will make requests about the same id wait for each other until this transaction ends."""
    key = int.from_bytes(made_elsewhere.bytes[:8], "big", signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


_FIND = text(
    """
    SELECT card.campaign_id, card.kiosk_id, card.number, card.code, tracking_code.slip_code, card.status, card.held,
        card.warnings, card.body_mark
    FROM card JOIN tracking_code ON tracking_code.code = card.code
    WHERE card.id = :card_id
    """
)


def find_replay(
    session: Session, *, origin: Origin, card_id: uuid.UUID, body_mark: bytes
) -> Registered | None:
    """This will give the card of a request that was answered before, None for a new one. Raises `IdReused`."""
    row = session.execute(_FIND, {"card_id": card_id}).one_or_none()
    if row is None:
        return None
    own = (row.campaign_id, row.kiosk_id) == (origin.campaign_id, origin.kiosk_id)
    if not own or bytes(row.body_mark) != body_mark:
        raise IdReused("This id was used for another card. Make a new id for a new card.")
    return Registered(
        id=card_id,
        number=row.number,
        tracking_code=row.code,
        slip_code=row.slip_code,
        status=row.status,
        held=tuple(row.held),
        warnings=tuple(row.warnings),
        is_new=False,
    )


_NOT_OPEN = {
    "draft": says("The campaign is not open yet. Ask an organiser; nothing that was typed is lost."),
    "paused": says("The campaign is paused. Ask an organiser; nothing that was typed is lost."),
    "closed": says("The campaign is closed. Ask an organiser; nothing that was typed is lost."),
}


def _held(origin: Origin, prepared: Prepared) -> tuple[str, ...]:
    """What the desk has to settle about a fact on paper; refuses any other card that may not be made now."""
    reasons = list(prepared.broken_rules)
    if origin.campaign_status != "open":
        code = f"campaign_{origin.campaign_status}"
        if not prepared.request.is_fact_on_paper:
            raise NotOpen(_NOT_OPEN.get(origin.campaign_status, _NOT_OPEN["closed"]), code=code)
        reasons.append(code)
    if origin.is_retired and prepared.request.number is None:
        raise KioskRetired("This kiosk was retired: it can hand in what it holds, and take nothing new.")
    return tuple(reasons)


def register_at_once(
    at_once: AtOnce, *, origin: Origin, prepared: Prepared, by: str, at: dt.datetime
) -> Registered | None:
    """This will register a new card at an open kiosk in one statement that is its own transaction.

    None means that the everyday case is not given (a replay, a lent stamp, no stamp seen free, anything not open)
    or that somebody was quicker: `register_card` then finds out step by step. What is cached of `origin` cannot
    mislead it, for the statement itself looks at kiosk and campaign.
    """
    request = prepared.request
    if request.number is not None or request.printed_at is not None or origin.kiosk_id is None:
        return None
    values = _values(origin=origin, prepared=prepared, number=None, held=(), by=by, at=at)
    try:
        row = at_once.one(TAKE_AND_WRITE, values)
    except Clash:
        return None  # the same id by another client, just now: its stamp went back with the statement
    return None if row is None else _registered(prepared, row, held=())


def _write(
    session: Session,
    *,
    origin: Origin,
    prepared: Prepared,
    number: int,
    held: tuple[str, ...],
    by: str,
    at: dt.datetime,
) -> Registered:
    values = _values(origin=origin, prepared=prepared, number=number, held=held, by=by, at=at)
    return _registered(prepared, tuple(session.execute(WRITE, values).one()), held=held)


def _values(
    *,
    origin: Origin,
    prepared: Prepared,
    number: int | None,
    held: tuple[str, ...],
    by: str,
    at: dt.datetime,
) -> dict[str, Any]:
    request = prepared.request
    return {
        "campaign_id": origin.campaign_id,
        "card_id": request.id,
        "number": number,
        "was_lent": request.number is not None,
        "code": new_tracking_code(),
        "slip_code": new_slip_code(),
        "status": _status(request),
        "kiosk_id": origin.kiosk_id,
        "venue_slug": origin.venue_slug,
        "country": prepared.country,
        "language": prepared.language,
        "consent_version": prepared.consent_version,
        "arrival_notice": prepared.arrival_notice,
        "registered_at": request.registered_at,
        "printed_at": request.printed_at,
        "held": list(held),
        "warnings": list(prepared.warnings),
        "body_mark": prepared.body_mark,
        "address_on_paper": request.address_on_paper,
        "subject": f"card:{request.id}",
        "detail": json.dumps(
            {"country": prepared.country, "held": list(held)} if held else {"country": prepared.country}
        ),
        "by": by,
        "at": at,
        **prepared.person,
    }


def _status(request: CardRequest) -> str:
    return "printed" if request.is_fact_on_paper else "registered"


def _registered(prepared: Prepared, row: tuple[Any, ...], *, held: tuple[str, ...]) -> Registered:
    number, tracking_code, slip_code, warnings = row
    return Registered(
        id=prepared.request.id,
        number=number,
        tracking_code=tracking_code,
        slip_code=slip_code,
        status=_status(prepared.request),
        held=held,
        warnings=tuple(warnings),
        is_new=True,
    )
