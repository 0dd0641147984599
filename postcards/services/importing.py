"""Makes cards of the rows of a table: each good row becomes one card, once, however often the table is loaded."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import Fault, Invalid, Unavailable, says
from postcards.queries import campaigns
from postcards.queries.campaigns import CampaignFound
from postcards.rules.card_words import check_words
from postcards.rules.edition import Edition
from postcards.rules.import_columns import Columns, Row
from postcards.rules.import_rows import RowRead, is_empty, own_cells, read_row
from postcards.services import journal, registration
from postcards.services.drawer import CapReached
from postcards.services.registration import CardRequest, NotOpen, Origin, PrintCheck
from postcards.vault import Vault

#: Rows in one transaction: a commit costs more than a card, and their stamps must not be held for long.
GROUP = 25
#: How often rows are tried again when the database is away or busy.
TRIES = 5

_NAMESPACE = uuid.UUID("0d5c1f5e-9a1f-4f6c-8a60-6a2b1d1f7c11")
_FREE = text("SELECT count(*) FROM stamp WHERE campaign_id = :campaign_id AND status = 'free'")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: `result` is registered, there (already), good (only looked at) or refused."""

    row: Row
    copy: int
    result: str
    faults: tuple[Fault, ...] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row that was checked and sealed before the transaction, or else its faults."""

    row: Row
    copy: int
    request: CardRequest
    prepared: registration.Prepared | tuple[Fault, ...]


@dataclass(slots=True)
class Counts:
    """How many rows went which way."""

    rows: int = 0
    registered: int = 0
    there: int = 0
    good: int = 0
    refused: int = 0

    def add(self, outcome: Outcome) -> None:
        """This will count one more row."""
        self.rows += 1
        setattr(self, outcome.result, getattr(self, outcome.result) + 1)

    def since(self, before: Counts) -> Counts:
        """This will give what was counted after `before`."""
        return Counts(**{name: count - getattr(before, name) for name, count in asdict(self).items()})

    @property
    def nothing_went_in(self) -> bool:
        """Rows were refused, and none was good."""
        return self.refused > 0 and self.refused == self.rows


class Import:
    """One table on its way in. `begin` opens a transaction, `print_check` knows the paper, `clock` the time."""

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        *,
        campaign: CampaignFound,
        edition: Edition,
        columns: Columns,
        consent: str | None,
        vault: Vault,
        print_check: PrintCheck,
        by: str,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._begin = begin
        self._campaign = campaign
        self._edition = edition
        self._columns = columns
        self._consent = _declared(consent, edition, clock())
        self._vault = vault
        self._print_check = print_check
        self._by = by
        self._clock = clock
        self._seen: dict[bytes, int] = {}

    def look_at(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """This will yield what would become of each row, and register nothing."""
        with self._begin() as session:
            campaign = campaigns.get(session, self._campaign.id)
            free = int(session.scalar(_FREE, {"campaign_id": campaign.id}) or 0)
        for row, read, copy in self._read(rows, after=0):
            request, prepared = self._prepare(read, copy)
            with self._begin() as session:
                replay = self._replay(session, request)
            if replay is not None:
                yield Outcome(row, copy, "there", number=replay.number)
            elif isinstance(prepared, tuple):
                yield Outcome(row, copy, "refused", prepared)
            elif campaign.status != "open":
                fault = Fault("row", f"campaign_{campaign.status}", "The campaign takes no cards now.")
                yield Outcome(row, copy, "refused", (fault,))
            elif free <= 0:
                fault = Fault("row", CapReached.code, "No stamp is free for this card.")
                yield Outcome(row, copy, "refused", (fault,))
            else:
                free -= 1
                yield Outcome(row, copy, "good")

    def register(
        self, rows: Iterable[Row], *, after: int = 0, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[Outcome]:
        """This will register the rows, some in a transaction, and yield what became of each once that is sure.

        Rows up to line `after` were seen to before. Raises `Unavailable` when the database stays away: the same
        table again goes on from there.
        """
        group: list[_Ready] = []
        for row, read, copy in self._read(rows, after=after):
            request, prepared = self._prepare(read, copy)
            group.append(_Ready(row, copy, request, prepared))
            if len(group) == GROUP:
                yield from self._register(group, pause)
                group = []
        if group:
            yield from self._register(group, pause)

    def note(self, session: Session, counts: Counts, *, at: dt.datetime) -> None:
        """This will write in the journal that a table was loaded; each card has its own entry besides."""
        if counts.registered:
            journal.write(
                session,
                campaign_id=self._campaign.id,
                action="cards.imported",
                subject=f"campaign:{self._campaign.slug}",
                detail={"cards": counts.registered, "there": counts.there, "refused": counts.refused},
                by=self._by,
                at=at,
            )

    def _read(self, rows: Iterable[Row], *, after: int) -> Iterator[tuple[Row, RowRead, int]]:
        at = self._clock()
        for row in rows:
            if is_empty(row, self._columns):
                continue
            read = read_row(row, self._columns, edition=self._edition, consent=self._consent, at=at)
            mark = self._vault.body_mark(read.canonical)[:16]
            copy = read.copy or self._seen.get(mark, 0) + 1
            self._seen[mark] = copy
            if row.line > after:
                yield Row(row.line, own_cells(row, self._columns)), read, copy

    def _prepare(
        self, read: RowRead, copy: int
    ) -> tuple[CardRequest, registration.Prepared | tuple[Fault, ...]]:
        """The request, and it checked and sealed, or else its faults."""
        at = self._clock()
        body = registration.body_of({"row": read.content, "copy": copy})
        request = CardRequest(
            id=self._id(body),
            number=None,
            registered_at=at,
            printed_at=None,
            words=read.words,
            body=body,
        )
        if read.faults:
            return request, (*read.faults, *self._other_faults(read, at))
        try:
            return request, registration.prepare(
                request,
                vault=self._vault,
                key_id=self._campaign.data_key,
                edition=self._edition,
                print_check=self._print_check,
                at=at,
            )
        except Invalid as refusal:
            return request, refusal.faults

    def _other_faults(self, read: RowRead, at: dt.datetime) -> Iterator[Fault]:
        """Every field at once: what the rules say of the fields that could be read."""
        unread = {fault.field for fault in read.faults}
        for fault in check_words(read.words, edition=self._edition, at=at).faults:
            of_address = fault.field.startswith("recipient.") and fault.field != "recipient.name"
            if fault.field not in unread and not ("recipient.country" in unread and of_address):
                yield fault

    def _id(self, body: bytes) -> uuid.UUID:
        """The same for the same row; keyed, so that nobody can find out from the id whom a card is for."""
        mark = self._vault.body_mark(body).hex()
        return uuid.uuid5(uuid.uuid5(_NAMESPACE, self._campaign.slug), mark)

    def _origin(self, status: str) -> Origin:
        return Origin(self._campaign.id, status, kiosk_id=None, venue_slug=None)

    def _replay(self, session: Session, request: CardRequest) -> registration.Registered | None:
        mark = self._vault.body_mark(request.body)
        origin = self._origin("open")
        return registration.find_replay(session, origin=origin, card_id=request.id, body_mark=mark)

    def _register(self, group: list[_Ready], pause: Callable[[float], None]) -> list[Outcome]:
        """One transaction; a row that is refused has changed nothing in it."""
        tries = 0
        while True:
            try:
                with self._begin() as session:
                    origin = self._origin(campaigns.get(session, self._campaign.id).status)
                    return [self._register_one(session, ready, origin) for ready in group]
            except Unavailable as away:
                tries += 1
                if tries == TRIES:
                    raise
                pause(min(away.retry_after, 2))

    def _register_one(self, session: Session, ready: _Ready, origin: Origin) -> Outcome:
        row, copy, prepared = ready.row, ready.copy, ready.prepared
        if isinstance(prepared, tuple):
            # The rules may have changed since this very row was registered: then it is that card still.
            replay = self._replay(session, ready.request)
            if replay is None:
                return Outcome(row, copy, "refused", prepared)
            return Outcome(row, copy, "there", number=replay.number)
        try:
            card = registration.register_card(
                session, origin=origin, prepared=prepared, by=self._by, at=self._clock()
            )
        except (CapReached, NotOpen, registration.IdReused) as refusal:
            return Outcome(row, copy, "refused", (Fault("row", refusal.code, refusal.message),))
        return Outcome(row, copy, "registered" if card.is_new else "there", number=card.number)


def _declared(consent: str | None, edition: Edition, at: dt.datetime) -> str | None:
    """The version that was declared for the whole file, when it is one. Raises `Invalid`."""
    if consent is None or edition.consent_in_force(consent, at):
        return consent
    words = says(
        "“%(consent)s” is no consent text of this campaign. Today's is %(version)s.",
        consent=consent,
        version=edition.current_consent(at).version,
    )
    raise Invalid(words, faults=[Fault("consent", "consent_version", words)])
