"""The counters of a made-up campaign: kiosks at every venue, where cards are registered, mended and given up."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from postcards.cli import lifelike_people as people
from postcards.cli.lifelike_days import Days, Ledger
from postcards.errors import Denied
from postcards.kit import Kit
from postcards.paper.entry import check_entry
from postcards.rules.edition import Edition
from postcards.rules.edition_parts import Venue
from postcards.services import booklets, cards, kiosks, registration
from postcards.services.booklets import LentStamp
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration import CardRequest, Registered
from postcards.vault import token_hash
from postcards.web.kiosk.card_reading import read_card

#: Where kiosks stand, by the place of the venue in the edition: how busy each is, and its name.
KIOSKS = (
    (0, 30, "Rotušė, langas"),
    (0, 16, "Rotušė, fojė"),
    (1, 22, "Biblioteka"),
    (2, 18, "Prie baro"),
    (3, 9, "Prie lango"),
    (4, 5, "Salės gale"),
)
#: The last of them works from booklets of so many stamps.
BOOKLET = 20
#: In a thousand cards: printed at the kiosk at once, corrected, given up, and (of the booklet's) held.
AT_KIOSK, CORRECTED, VOIDED, HELD = 300, 25, 20, 60
#: A card on paper to a place where the Post does not go at present: it waits for the desk.
NOT_SERVED = {"name": "Amna Idris", "country": "SD", "lines": ["Nile Street 12"], "city": "Khartoum"}
SPOILT = ("Misprint", "Typed twice", "The visitor changed her mind")


@dataclass
class Counter:
    """One kiosk at work."""

    identity: KioskIdentity
    token: str
    venue: Venue
    weight: int
    booklet: list[LentStamp] = field(default_factory=list)
    from_booklets: bool = False

    @property
    def by(self) -> str:
        return f"kiosk:{self.identity.kiosk_id}"


class Counters:
    """All kiosks of the campaign. `plan_card` says when somebody comes; the rest follows."""

    def __init__(
        self,
        kit: Kit,
        ledger: Ledger,
        rng: random.Random,
        days: Days,
        edition: Edition,
        campaign_id: int,
        key_id: str,
    ) -> None:
        self._kit = kit
        self._ledger = ledger
        self._rng = rng
        self._days = days
        self._edition = edition
        self._campaign_id = campaign_id
        self._key_id = key_id
        self._counters: list[Counter] = []

    def set_up(self, at: dt.datetime) -> None:
        """This will add and pair the kiosks."""
        for place, weight, name in KIOSKS:
            venue = self._edition.venues[place % len(self._edition.venues)]
            with self._kit.begin() as session:
                _, code = kiosks.add_kiosk(
                    session, campaign_id=self._campaign_id, venue_slug=venue.slug, name=name, by="up", at=at
                )
            with self._kit.begin() as session:
                device = f"Tablet {len(self._counters) + 1}"
                _, token = kiosks.pair(session, pairing_code=code, device_name=device, at=at)
                identity = kiosks.find_by_token(session, token_hash=token_hash(token), at=at)
            if identity is None:
                raise RuntimeError("a kiosk that was paired just now is not known")
            self._counters.append(Counter(identity, token, venue, weight))
        self._counters[-1].from_booklets = True

    def plan_card(self, since: dt.datetime, until: dt.datetime) -> dt.datetime:
        """This will let somebody register a card between the two, when the venue is open, and return when."""
        weights = [counter.weight for counter in self._counters]
        counter = self._rng.choices(self._counters, weights)[0]
        moment = self._open_moment(counter.venue, since, until)
        self._days.add(moment, lambda at: self._register(counter, at))
        return moment

    def close_the_day(self, at: dt.datetime) -> None:
        """This will note when each kiosk was last seen; one has been taken home since."""
        for index, counter in enumerate(self._counters):
            seen = at - dt.timedelta(minutes=(0, 1, 3, 26, 200, 90)[index % 6])
            with self._kit.begin() as session:
                kiosks.find_by_token(session, token_hash=token_hash(counter.token), at=seen)

    def _open_moment(self, venue: Venue, since: dt.datetime, until: dt.datetime) -> dt.datetime:
        """Any moment of the stretch when the venue is open; when it never is, just any."""
        for _ in range(60):
            moment = since + (until - since) * self._rng.random()
            local = moment.astimezone(self._edition.zone)
            if any(one.opens <= local.time() < one.closes for one in venue.hours_on(local.date()).openings):
                break
        return moment

    def _register(self, counter: Counter, at: dt.datetime) -> None:
        held = counter.from_booklets and self._rng.randrange(1000) < HELD
        on_paper = at if held else None
        stamp = self._stamp(counter, at) if counter.from_booklets else None
        body = people.card(
            self._rng, self._edition, at=at, number=stamp.number if stamp else None, printed_at=on_paper
        )
        if held:
            body["recipient"] = NOT_SERVED | {"postal_code": None, "region": None}
        prepared = registration.prepare(
            self._request(body), vault=self._kit.vault, key_id=self._key_id, edition=self._edition,
            print_check=check_entry, at=at,
        )  # fmt: skip
        with self._ledger.begin() as session:
            made = registration.register_card(
                session,
                origin=registration.origin_of(counter.identity),
                prepared=prepared,
                by=counter.by,
                at=at,
            )
        if not held:
            self._plan_what_follows(counter, made, body, at)

    def _request(self, body: dict[str, Any]) -> CardRequest:
        """The body as the kiosk's API reads it."""
        return read_card(json.dumps(body).encode(), self._edition)

    def _plan_what_follows(
        self, counter: Counter, made: Registered, body: dict[str, Any], at: dt.datetime
    ) -> None:
        """Most cards just wait for the print run."""
        draw = self._rng.randrange(1000)
        if draw < AT_KIOSK:
            self._later(at, 2, lambda then: self._print(counter, made, then))
        if draw % 500 < CORRECTED / 2:
            self._later(at, 4, lambda then: self._correct(counter, made, body, then))
        elif draw % 500 < (CORRECTED + VOIDED) / 2:
            paper = "none" if draw >= AT_KIOSK else self._rng.choice(("destroyed", "destroyed", "missing"))
            self._later(at, 6, lambda then: self._void(counter, made, paper, then))

    def _later(self, at: dt.datetime, minutes: float, what: Callable[[dt.datetime], None]) -> None:
        """Somebody tries; when the card has gone its way meanwhile, they are told so and that is all."""

        def attempt(then: dt.datetime) -> None:
            with suppress(Denied):
                what(then)

        self._days.add(at + dt.timedelta(minutes=minutes * self._rng.uniform(0.5, 1.5)), attempt)

    def _print(self, counter: Counter, made: Registered, at: dt.datetime) -> None:
        settings = self._kit.settings
        with self._ledger.begin(may_be_refused=True) as session:
            if cards.get(session, campaign_id=self._campaign_id, card_id=made.id).status != "registered":
                return  # the day's run was quicker
            cards.record_print(
                session, campaign_id=self._campaign_id, card_id=made.id, kiosk_id=counter.identity.kiosk_id,
                print_id=uuid.UUID(int=self._rng.getrandbits(128), version=4), printed_at=at, reason=None,
                public_url=None if settings.is_test_address else settings.public_url, by=counter.by, at=at,
            )  # fmt: skip

    def _correct(self, counter: Counter, made: Registered, body: dict[str, Any], at: dt.datetime) -> None:
        """Somebody reads their card again and finds the house number wrong."""
        again = people.person(self._rng, self._edition, country=body["recipient"]["country"])
        moved = again["recipient"] | {"name": body["recipient"]["name"]}
        fresh = self._request(body | {"recipient": moved}).words
        with self._ledger.begin(may_be_refused=True) as session:
            cards.correct(
                session, campaign_id=self._campaign_id, card_id=made.id, kiosk_id=counter.identity.kiosk_id,
                changes=cards.Changes(recipient=cards.RecipientChange(fresh.recipient_name, fresh.address)),
                edition=self._edition, vault=self._kit.vault, print_check=check_entry, by=counter.by, at=at,
            )  # fmt: skip

    def _void(self, counter: Counter, made: Registered, paper: str, at: dt.datetime) -> None:
        with self._ledger.begin(may_be_refused=True) as session:
            cards.void(
                session, campaign_id=self._campaign_id, card_id=made.id, kiosk_id=counter.identity.kiosk_id,
                reason=self._rng.choice(SPOILT), paper=paper, by=counter.by, at=at,
            )  # fmt: skip

    def _stamp(self, counter: Counter, at: dt.datetime) -> LentStamp:
        if not counter.booklet:
            with self._ledger.begin() as session:
                lent = booklets.lend(
                    session, kiosk=counter.identity, booklet_id=uuid.UUID(int=self._rng.getrandbits(128), version=4),
                    stamps=BOOKLET, by=counter.by, at=at,
                )  # fmt: skip
            counter.booklet = list(lent.stamps)
        return counter.booklet.pop(0)
