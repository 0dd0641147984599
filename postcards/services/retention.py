"""Takes everything away whose time is over, a campaign at a time and a few hundred cards in a transaction.

A turn is a row with a lease, so two workers do not collide; what was broken off is found again, for each look asks
what is over *now*. When nothing about people is left of a campaign its data keys are destroyed: that reaches every
copy, also in backups.

Something may happen that periods count from while a worker is at that campaign: the wish is written beside its lease,
and it goes round once more. Files are taken away between transactions: a store may be slow, and a transaction that
waits is cut off.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards.errors import Denied, Refusal
from postcards.models import Campaign, RetentionTurn
from postcards.queries import retention as seen
from postcards.queries.retention import Calendar
from postcards.rules.retention import GIVEN_UP, night_before
from postcards.services import forgetting, journal, manifest_tombstones, overs, print_files
from postcards.services.dispatch import Begin, Clock
from postcards.services.erasure import Tools
from postcards.vault import Vault

#: How long a worker may be silent before another takes its turn.
LEASE = dt.timedelta(minutes=5)
#: Cards looked at in one transaction: some tens of milliseconds when all of them are due.
CHUNK = 500

log = structlog.get_logger()


class UnderWay(Denied):
    """Somebody else is at it just now."""

    code = "retention_under_way"


@dataclass(slots=True)
class Done:
    """What went from one campaign. `unread` addresses could not be taken out, for their key is not at hand."""

    slug: str
    parts: Counter[str] = field(default_factory=Counter)
    cards: int = 0
    unread: int = 0
    manifests: list[int] = field(default_factory=list)
    print_runs: list[int] = field(default_factory=list)
    records: int = 0
    keys: overs.Keys = field(default_factory=overs.Keys)

    def add(self, more: Done) -> None:
        """This will count what went in a later round."""
        self.parts.update(more.parts)
        self.cards += more.cards
        self.unread = more.unread
        self.manifests = sorted({*self.manifests, *more.manifests})
        self.print_runs = sorted({*self.print_runs, *more.print_runs})
        self.records += more.records
        self.keys = more.keys


def run_due(begin: Begin, *, tools: Tools, worker: str, by: str, clock: Clock) -> list[Done]:
    """This will run every campaign whose night has come since it was looked through last, or that waits for another
    round, and tidy the house."""
    with begin() as session:
        overs.forget_sign_ins(session, at=clock())
        due = [
            campaign.id
            for campaign, done_at, asked_at in session.execute(
                select(Campaign, RetentionTurn.done_at, RetentionTurn.asked_at)
                .outerjoin(RetentionTurn, RetentionTurn.campaign_id == Campaign.id)
                .where(Campaign.status != "draft")
                .order_by(Campaign.id)
            )
            if done_at is None
            or asked_at is not None
            or done_at < night_before(seen.edition(session, campaign.id), clock())
        ]
    done: list[Done] = []
    failed: list[Refusal] = []
    for campaign_id in due:
        try:
            done.append(run(begin, campaign_id=campaign_id, tools=tools, worker=worker, by=by, clock=clock))
        except UnderWay:
            continue
        except Refusal as refusal:  # one campaign stops no other; its turn is not over
            failed.append(refusal)
    if failed:
        raise failed[0]
    return done


def run(begin: Begin, *, campaign_id: int, tools: Tools, worker: str, by: str, clock: Clock) -> Done:
    """This will take away all that is over in one campaign, and look once more when that was asked for meanwhile.
    Raises `UnderWay`."""
    done, again = _turn(begin, campaign_id, tools, worker, by, clock)
    while again:
        try:
            more, again = _turn(begin, campaign_id, tools, worker, by, clock)
        except UnderWay:  # whoever took it began after the wish
            break
        done.add(more)
    log.info("retention", campaign=done.slug, cards=done.cards, manifests=len(done.manifests))
    return done


def run_soon(
    begin: Begin, *, campaign_id: int, tools: Tools, worker: str, by: str, clock: Clock
) -> Done | None:
    """This will do the same, or, while another is at it, write down that it is to look once more; None then."""
    while True:
        try:
            return run(begin, campaign_id=campaign_id, tools=tools, worker=worker, by=by, clock=clock)
        except UnderWay:
            with begin() as session:
                if _ask(session, campaign_id, at=clock()):
                    return None
                # It has just let go: nobody would read the wish.


def _turn(
    begin: Begin, campaign_id: int, tools: Tools, worker: str, by: str, clock: Clock
) -> tuple[Done, bool]:
    """One round; True when another was asked for meanwhile."""
    mine = f"{worker}/{uuid.uuid4().hex[:8]}"
    with begin() as session:
        calendar = _claim(session, campaign_id, mine, at=clock())
    done = Done(calendar.slug)
    try:
        held = _holding(begin, campaign_id, mine, clock)
        _people(held, calendar, tools, done, clock)
        _lists(held, calendar, tools, done, by, clock)
        done.print_runs = print_files.forget_all(
            held, campaign_id=campaign_id, files=tools.files, by=by, clock=clock
        )
        with held() as session:
            _words(session, calendar, done, at=clock())
        outbox = tools.outbox.mails()
        with held() as session:
            tools.outbox.forget(outbox - seen.mails(session, outbox))
            tools.ledger(overs.ledger_lines(session, campaign_id=campaign_id))
            done.keys = overs.end(session, calendar=calendar, vault=tools.vault, by=by, at=clock())
            _note(session, calendar, done, by=by, at=clock())
            again = _let_go(session, campaign_id, mine, done_at=clock())
    except BaseException:
        with begin() as session:
            _break_off(session, campaign_id, mine, at=clock())
        raise
    return done, again


def look(session: Session, *, campaign_id: int, vault: Vault, at: dt.datetime) -> Done:
    """This will tell what `run` would take away now, and change nothing."""
    calendar = seen.calendar(session, campaign_id)
    done = Done(calendar.slug)
    staying = False
    after = uuid.UUID(int=0)
    while rows := seen.kept(session, campaign_id=campaign_id, after=after, limit=CHUNK, at=at):
        after = rows[-1].card_id
        for row in rows:
            if parts := row.due(calendar, at):
                done.cards += 1
                done.parts.update(parts)
            staying = staying or parts != row.parts
    done.manifests = _numbers(
        manifest_tombstones.over(session, campaign_id=campaign_id, **_bounds(calendar, at))
    )
    done.print_runs = print_files.over(session, campaign_id=campaign_id, at=at)
    if calendar.everything_goes <= at:
        done.records = overs.count_records(session, campaign_id=campaign_id, print_runs=done.print_runs)
    if not staying:
        done.keys = overs.look_at_end(session, calendar=calendar, vault=vault, at=at)
    return done


def free_turns(session: Session) -> None:
    """This will let go of every turn that a backup brought along: whoever had it is not at work here."""
    session.execute(
        update(RetentionTurn)
        .where(RetentionTurn.claimed_by.is_not(None))
        .values(claimed_by=None, claimed_until=None)
    )


def _holding(begin: Begin, campaign_id: int, mine: str, clock: Clock) -> Begin:
    """Transactions each of which begins by renewing the lease. They raise `UnderWay` when another has taken it."""

    @contextmanager
    def held() -> Iterator[Session]:
        with begin() as session:
            _renew(session, campaign_id, mine, at=clock())
            yield session

    return held


def _people(begin: Begin, calendar: Calendar, tools: Tools, done: Done, clock: Clock) -> None:
    after = uuid.UUID(int=0)
    while True:
        with begin() as session:
            at = clock()
            rows = seen.kept(session, campaign_id=calendar.campaign_id, after=after, limit=CHUNK, at=at)
            if not rows:
                return
            after = rows[-1].card_id
            if due := [row.card_id for row in rows if row.due(calendar, at)]:
                _forget(session, calendar, tools, done, due, at)


def _forget(
    session: Session,
    calendar: Calendar,
    tools: Tools,
    done: Done,
    cards: Sequence[uuid.UUID],
    at: dt.datetime,
) -> None:
    # Looked at once more under lock: an arrival or a correction may have come in between.
    rows = seen.kept(session, campaign_id=calendar.campaign_id, only=cards, limit=CHUNK, at=at)
    wanted = {row.card_id: parts for row in rows if (parts := row.due(calendar, at))}
    gone = forgetting.forget(session, vault=tools.vault, outbox=tools.outbox, wanted=wanted)
    done.cards += len(gone.parts)
    done.unread += gone.unread
    for parts in gone.parts.values():
        done.parts.update(parts)


def _lists(begin: Begin, calendar: Calendar, tools: Tools, done: Done, by: str, clock: Clock) -> None:
    """First a list's files, then the word for them: a file that is gone too early is asked for again by nobody, and
    what was broken off is found again."""
    with begin() as session:
        bounds = _bounds(calendar, clock())
        over = manifest_tombstones.over(session, campaign_id=calendar.campaign_id, **bounds)
    for each in over:
        for key in each.file_keys:
            tools.files.delete(key)
        with begin() as session:
            manifest_tombstones.forget(session, manifest_id=each.id, by=by, at=clock())
    done.manifests = _numbers(over)


def _words(session: Session, calendar: Calendar, done: Done, *, at: dt.datetime) -> None:
    campaign_id = calendar.campaign_id
    if calendar.everything_goes <= at:
        done.records = overs.forget_records(session, campaign_id=campaign_id)
    forgetting.forget_old_reasons(session, campaign_id=campaign_id, given_up_before=at - GIVEN_UP)


def _numbers(lists: Sequence[manifest_tombstones.Over]) -> list[int]:
    return sorted({each.number for each in lists})


def _bounds(calendar: Calendar, at: dt.datetime) -> dict[str, dt.datetime]:
    """A list goes with the recipients on it; one that was never answered at the end."""
    never = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return {
        "handed_over_before": at - dt.timedelta(days=calendar.retention.recipient_after_hand_over),
        "sealed_before": at if calendar.everything_goes <= at else never,
    }


def _note(session: Session, calendar: Calendar, done: Done, *, by: str, at: dt.datetime) -> None:
    if done.cards or done.records:
        journal.write(
            session,
            campaign_id=calendar.campaign_id,
            action="retention.done",
            subject=f"campaign:{calendar.slug}",
            detail={"cards": done.cards, **done.parts, "records": done.records},
            by=by,
            at=at,
        )


def _claim(session: Session, campaign_id: int, mine: str, *, at: dt.datetime) -> Calendar:
    values = {"claimed_by": mine, "claimed_until": at + LEASE, "asked_at": None}
    taken = session.scalar(
        insert(RetentionTurn)
        .values(campaign_id=campaign_id, **values)
        .on_conflict_do_update(
            index_elements=["campaign_id"],
            set_=values,
            where=or_(RetentionTurn.claimed_until.is_(None), RetentionTurn.claimed_until < at),
        )
        .returning(RetentionTurn.campaign_id)
    )
    if taken is None:
        raise UnderWay("A worker is at this campaign's retention just now. Look again in a minute.")
    return seen.calendar(session, campaign_id)


def _renew(session: Session, campaign_id: int, mine: str, *, at: dt.datetime) -> None:
    renewed = session.execute(
        update(RetentionTurn)
        .where(RetentionTurn.campaign_id == campaign_id, RetentionTurn.claimed_by == mine)
        .values(claimed_until=at + LEASE)
    )
    if renewed.rowcount != 1:  # type: ignore[attr-defined]
        raise UnderWay("Another worker has taken this campaign's turn.")


def _ask(session: Session, campaign_id: int, *, at: dt.datetime) -> bool:
    """Tells whoever has the turn that something has happened since; False when nobody has it."""
    asked = session.execute(
        update(RetentionTurn)
        .where(RetentionTurn.campaign_id == campaign_id, RetentionTurn.claimed_until >= at)
        .values(asked_at=at)
    )
    return bool(asked.rowcount)  # type: ignore[attr-defined]


def _let_go(session: Session, campaign_id: int, mine: str, *, done_at: dt.datetime) -> bool:
    """True when the turn was asked for once more. The wish stays until somebody begins with it."""
    asked_at = session.scalar(
        update(RetentionTurn)
        .where(RetentionTurn.campaign_id == campaign_id, RetentionTurn.claimed_by == mine)
        .values(claimed_by=None, claimed_until=None, done_at=done_at)
        .returning(RetentionTurn.asked_at)
    )
    return asked_at is not None


def _break_off(session: Session, campaign_id: int, mine: str, *, at: dt.datetime) -> None:
    """The wish that began this turn is not fulfilled: the next look at all campaigns takes it up."""
    session.execute(
        update(RetentionTurn)
        .where(RetentionTurn.campaign_id == campaign_id, RetentionTurn.claimed_by == mine)
        .values(claimed_by=None, claimed_until=None, asked_at=at)
    )
