"""Sends the mail that waits: claimed with a lease, sent outside of any transaction, recorded by its claimer.

A worker that dies after the server took a mail and before it was recorded leaves one duplicate behind, with the
same Message-ID, once the lease has run out. Nothing else sends a mail twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import structlog
from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, NotFound, Unavailable
from postcards.jobs import SEND_MAIL, enqueue
from postcards.models import Campaign, Card, Mail, Person, TrackingCode
from postcards.rules.edition import Edition
from postcards.rules.letter import Letter, Words
from postcards.services import people
from postcards.vault import KeyMissing, Vault

#: How long one mail may take before another worker may try it; a conversation has 20 s for each step.
LEASE = dt.timedelta(minutes=5)
#: Pauses after the first, second, … failed try: together a little over a day.
PAUSES = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240, 360, 360, 360))
TRIES = len(PAUSES) + 1
#: A round of sending ends with the mail that is under way by then: other jobs wait behind it.
ROUND = dt.timedelta(seconds=10)
#: Key of the advisory lock that lets one round go on at a time (any number of our own).
ROUNDS = 7_041_502

log = structlog.get_logger()

Begin = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Notice:
    """What an arrival notice tells.

    `slip_path` is the path of the sender's page; `public_url` the address frozen at the first real print, if any;
    after `email_days` the sender's address is deleted.
    """

    language: str
    campaign: str
    sender_name: str
    number: int
    country: str
    slip_path: str
    public_url: str | None
    email_days: int


class Mailer(Protocol):
    """Whoever takes letters: hands one over, or raises `Unavailable` (later) or `Denied` (never)."""

    def send(self, letter: Letter, /) -> None: ...


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A mail that is ours for the length of the lease, with what its letter is made from."""

    id: uuid.UUID
    attempts: int
    card: Card | None = None
    person: Person | None = None
    slip_code: str = ""
    edition: dict[str, Any] | None = None
    public_url: str | None = None


def deliver_waiting(
    begin: Begin,
    *,
    vault: Vault,
    mailer: Mailer,
    compose: Callable[[Notice], Words],
    worker: str,
    clock: Callable[[], dt.datetime],
    limit: int = 50,
) -> int:
    """This will send up to `limit` mails that are due, for about ten seconds, and tell how many left.

    `begin` opens a transaction, `compose` words a notice in its language. Whoever comes while a round is under way
    leaves at once: a slow mail server keeps one worker, and the others have other work. A round that leaves mail behind
    asks for the next one. A server that is away ends the round, for the next mail would only wait for it too; the mails
    stay.
    """
    with begin() as turn:
        if not _is_our_turn(turn):
            return 0
        sent = 0
        until = clock() + ROUND
        for _ in range(limit):
            if clock() >= until:
                break
            with begin() as session:
                claimed = _claim(session, worker=worker, at=clock())
            if claimed is None:
                return sent
            how = _send(
                begin, claimed, vault=vault, mailer=mailer, compose=compose, worker=worker, clock=clock
            )
            if how == "away":
                return sent
            sent += how == "sent"
        enqueue(turn, SEND_MAIL)
    return sent


def _is_our_turn(session: Session) -> bool:
    """Whether nobody else is at it; until the transaction ends, nobody else is. A worker that hangs loses its turn, as
    it loses its mail, when the lease is over."""
    for bound in ("transaction_timeout", "idle_in_transaction_session_timeout"):
        session.execute(text(f"SET LOCAL {bound} = {int(LEASE.total_seconds())}000"))
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ROUNDS}))


def _send(
    begin: Begin,
    claimed: _Claimed,
    *,
    vault: Vault,
    mailer: Mailer,
    compose: Callable[[Notice], Words],
    worker: str,
    clock: Callable[[], dt.datetime],
) -> Literal["sent", "stays", "away"]:
    """One mail, and what is written down of it; "away" when there is no use in trying another one now."""
    if claimed.attempts > TRIES:  # whoever tried it last never came back to tell
        _record(begin, claimed, worker=worker, status="failed", failure="too_many_tries")
        return "stays"
    try:
        letter = _write(claimed, vault=vault, compose=compose, at=clock())
        mailer.send(letter)
    except (Unavailable, KeyMissing) as later:  # a key, too, may be brought back
        _put_off(begin, claimed, reason=later.code, worker=worker, at=clock())
        return "stays" if later.code.startswith("put_off") or later.code == KeyMissing.code else "away"
    except (Denied, NotFound) as never:
        _record(begin, claimed, worker=worker, status="failed", failure=never.code)
        log.warning("mail failed", mail=str(claimed.id), reason=never.code)
        return "stays"
    _record(begin, claimed, worker=worker, status="sent", sent_at=clock())
    log.info("mail sent", mail=str(claimed.id))
    return "sent"


def _claim(session: Session, *, worker: str, at: dt.datetime) -> _Claimed | None:
    """The oldest mail that is due and that nobody holds, with what its letter is made from."""
    due = (
        select(Mail.id)
        .where(
            Mail.status.in_(("waiting", "sending")),
            Mail.not_before <= at,
            or_(Mail.claimed_until.is_(None), Mail.claimed_until < at),
        )
        .order_by(Mail.not_before)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    mail = session.execute(
        update(Mail)
        .where(Mail.id == due)
        .values(status="sending", claimed_by=worker, claimed_until=at + LEASE, attempts=Mail.attempts + 1)
        .returning(Mail.id, Mail.campaign_id, Mail.card_id, Mail.attempts)
    ).one_or_none()
    if mail is None:
        return None
    row = session.execute(
        select(Card, Person, TrackingCode.slip_code, Campaign.edition, Campaign.public_url)
        .join(Campaign, Campaign.id == Card.campaign_id)
        .join(TrackingCode, TrackingCode.code == Card.code)
        .outerjoin(Person, Person.card_id == Card.id)
        .where(Card.campaign_id == mail.campaign_id, Card.id == mail.card_id, Card.arrival_notice)
    ).one_or_none()
    if row is None:
        return _Claimed(mail.id, mail.attempts)
    return _Claimed(mail.id, mail.attempts, *row)


def _write(claimed: _Claimed, *, vault: Vault, compose: Callable[[Notice], Words], at: dt.datetime) -> Letter:
    card, person = claimed.card, claimed.person
    if card is None or person is None or claimed.edition is None:
        raise people.PersonGone("The sender's details are gone, or they did not ask for mail.")
    sender = people.open_sender(vault, person)
    if not sender.email:
        raise people.PersonGone("The sender's e-mail address is gone.")
    edition = Edition.from_dict(claimed.edition)
    notice = Notice(
        language=edition.language(card.language),
        campaign=edition.text("title", card.language),
        sender_name=sender.name,
        number=card.number,
        country=card.country,
        slip_path=f"/S/{claimed.slip_code}",
        public_url=claimed.public_url,
        email_days=edition.retention.email_after_arrival,
    )
    return Letter(
        message_id=str(claimed.id),
        from_name=notice.campaign,
        to_name=sender.name,
        to_address=sender.email,
        language=notice.language,
        words=compose(notice),
        at=at,
    )


def _put_off(begin: Begin, claimed: _Claimed, *, reason: str, worker: str, at: dt.datetime) -> None:
    if claimed.attempts >= TRIES:
        _record(begin, claimed, worker=worker, status="failed", failure=reason)
        log.warning("mail failed", mail=str(claimed.id), reason=reason, attempts=claimed.attempts)
        return
    pause = PAUSES[claimed.attempts - 1]
    _record(begin, claimed, worker=worker, status="waiting", failure=reason, not_before=at + pause)
    log.info("mail put off", mail=str(claimed.id), reason=reason, minutes=pause.total_seconds() / 60)


def _record(begin: Begin, claimed: _Claimed, *, worker: str, status: str, **values: Any) -> None:
    """Says how it went, unless the lease ran out and another worker has it now."""
    with begin() as session:
        written = session.execute(
            update(Mail)
            .where(Mail.id == claimed.id, Mail.status == "sending", Mail.claimed_by == worker)
            .values(status=status, claimed_by=None, claimed_until=None, **values)
            .returning(Mail.id)
        ).one_or_none()
    if written is None:
        log.warning("mail was taken over", mail=str(claimed.id), outcome=status)
