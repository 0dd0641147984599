"""The Post of a made-up campaign: print runs, sealed manifests, receipts, and cards that arrive far away."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from contextlib import suppress

from sqlalchemy import select

from postcards.cli.lifelike_days import Days, Ledger
from postcards.cli.lifelike_travel import journey
from postcards.gateways.mail import FolderMailer
from postcards.kit import Kit
from postcards.models import Card, ManifestLine
from postcards.paper.manifest_files import make_files
from postcards.press import press_of
from postcards.rules.edition import Edition
from postcards.rules.manifest import canonical
from postcards.services import (
    cut_offs,
    mailing,
    manifest_files,
    partner_tokens,
    print_handout,
    print_requests,
    printing,
    receipts,
    tracking,
)
from postcards.services.manifests import SealedManifest
from postcards.services.print_requests import NothingToPrint
from postcards.vault import token_hash
from postcards.web.letters import composer

WORKER = "worker-lifelike"
#: How long before a cut-off the day's run is printed, and the Post answers the cut-off before it.
PRINTED_BEFORE, ANSWERED_BEFORE = dt.timedelta(minutes=50), dt.timedelta(hours=8)
MAIL_EVERY = dt.timedelta(hours=8)
#: Every so many manifests one has refused cards, and every so many more the counts differ.
REFUSES_EVERY, DIFFERS_EVERY = 4, 13
SETTLED_AFTER = dt.timedelta(days=6)
REASONS = ("illegible", "address incomplete", "damaged")
#: In a hundred recipients who confirm: so many leave thanks.
THANKFUL = 22
THANKS = (
    "Ačiū! Verkiau iš džiaugsmo.",
    "What a surprise on a grey Monday. Thank you, and a kiss to Vilnius!",
    "Gavom! Kabo ant šaldytuvo.",
    "Dziękujemy, pocztówka doszła cała i zdrowa.",
    "Danke! Die Karte steht jetzt auf dem Klavier.",
    "Дякую! Далеко – це справді близько.",
    "Спасибо, обнимаю всех!",
    "It took its time, but it came. We read it aloud at dinner.",
)


class Post:
    """Everything after the counter, on the campaign's own days."""

    def __init__(
        self, kit: Kit, ledger: Ledger, rng: random.Random, days: Days, edition: Edition, campaign_id: int
    ) -> None:
        self._kit = kit
        self._ledger = ledger
        self._rng = rng
        self._days = days
        self._edition = edition
        self._campaign_id = campaign_id
        self._mailer = FolderMailer(kit.settings.home / "outbox", kit.settings.mail_from)
        self._compose = composer(kit.settings.public_url)
        self._partner = ""
        self._answers = 0

    def plan_cut_off(self, cut_off: dt.datetime, *, answered: bool) -> None:
        """This will print before it, seal at it, and let the Post answer the next working morning."""
        self.plan_print_run(cut_off - PRINTED_BEFORE)
        self._days.add(cut_off, lambda at: self._seal(at, answered))

    def plan_print_run(self, at: dt.datetime) -> None:
        """This will print what waits for paper then."""
        self._days.add(at, self._print)

    def plan_mail(self, since: dt.datetime, until: dt.datetime) -> None:
        """This will send the notices that wait, every few hours."""
        while since < until:
            self._days.add(since, self._send)
            since += MAIL_EVERY
        self._days.add(until, self._send)

    def _print(self, at: dt.datetime) -> None:
        with suppress(NothingToPrint):
            with self._ledger.begin(may_be_refused=True) as session:
                run = print_requests.request_run(
                    session, campaign_id=self._campaign_id, sheet="a4-4up", by="up", at=at
                )
            self._ledger.settle()
            ready = at + dt.timedelta(seconds=20)
            kit = self._kit
            press = press_of(kit.settings, files=kit.files, sealed_files=kit.sealed_files, vault=kit.vault)
            printing.draw(kit.begin, run_id=run.id, press=press, worker=WORKER, clock=lambda: ready)
            with kit.begin() as session:
                print_handout.take(session, campaign_id=self._campaign_id, run_id=run.id, by="up", at=ready)

    def _seal(self, at: dt.datetime, answered: bool) -> None:
        self._ledger.settle()
        sealed_at, ready = at + dt.timedelta(seconds=8), at + dt.timedelta(seconds=25)
        sealed = cut_offs.seal_due(self._kit.begin, vault=self._kit.vault, by="beat", clock=lambda: sealed_at)
        manifest_files.make_all(
            self._kit.begin, campaign_id=self._campaign_id, draw=make_files, files=self._kit.sealed_files,
            vault=self._kit.vault, worker=WORKER, clock=lambda: ready,
        )  # fmt: skip
        for manifest in sealed if answered else ():
            morning = self._edition.next_cut_off(at) - ANSWERED_BEFORE
            self._plan_answer(manifest, morning + dt.timedelta(minutes=self._rng.randrange(90)))

    def _plan_answer(self, manifest: SealedManifest, at: dt.datetime) -> None:
        self._days.add(at, lambda then: self._answer(manifest, then))

    def _answer(self, manifest: SealedManifest, at: dt.datetime, *, counted_again: bool = False) -> None:
        """The Post counts, and says what it took; when the counts differ, it looks again days later."""
        with self._ledger.begin() as session:
            lines = session.execute(
                select(Card.number, Card.code, Card.country)
                .join(ManifestLine, ManifestLine.card_id == Card.id)
                .where(ManifestLine.manifest_id == manifest.id)
                .order_by(ManifestLine.line)
            ).all()
        self._answers += 1
        refused = self._rng.sample([line.number for line in lines], k=min(2, len(lines) // 8))
        if self._answers % REFUSES_EVERY:
            refused = []
        difference = 0 if counted_again or self._answers % DIFFERS_EVERY else -1
        answer = receipts.Answer(
            id=uuid.UUID(int=self._rng.getrandbits(128), version=4),
            accepted=len(lines) - len(refused) + difference,
            refused=tuple(receipts.Refusal(number, self._rng.choice(REASONS)) for number in refused),
            received_at=at - dt.timedelta(minutes=20),
            difference=difference,
            note="One card is missing from the bundle." if difference else "",
        )
        mark = self._kit.vault.body_mark(canonical({"id": str(answer.id), "accepted": answer.accepted}))
        with self._ledger.begin() as session:
            receipts.record(
                session, campaign_id=self._campaign_id, number=manifest.number, answer=answer, body_mark=mark,
                by=self._by(at), at=at,
            )  # fmt: skip
        if difference:
            self._days.add(at + SETTLED_AFTER, lambda then: self._answer(manifest, then, counted_again=True))
        else:
            for line in lines:
                if line.number not in refused:
                    self._travel(line.code, line.country, at)

    def _by(self, at: dt.datetime) -> str:
        """The partner's system, which got its token before its first answer."""
        if not self._partner:
            with self._ledger.begin() as session:
                token = partner_tokens.make_token(session, campaign_id=self._campaign_id, by="up", at=at)
                found = partner_tokens.find_by_token(session, token_hash=token_hash(token))
            if found is None:
                raise RuntimeError("a token that was made just now is not known")
            self._partner = f"partner:{found.token_id}"
        return self._partner

    def _travel(self, code: str, country: str, since: dt.datetime) -> None:
        took = journey(self._rng, country)
        if took is not None:
            self._days.add(since + took, lambda at: self._arrive(code, at))

    def _arrive(self, code: str, at: dt.datetime) -> None:
        with self._ledger.begin() as session:
            tracking.confirm_arrival(session, code=code, by="recipient", at=at)
        if self._rng.randrange(100) < THANKFUL:
            words = self._rng.choice(THANKS)
            with self._ledger.begin() as session:
                tracking.leave_thanks(
                    session, vault=self._kit.vault, code=code, text=words, by="recipient", at=at
                )

    def _send(self, at: dt.datetime) -> None:
        """The mail of the last hours leaves, or so it says."""
        self._ledger.settle()
        mailing.deliver_waiting(
            self._kit.begin, vault=self._kit.vault, mailer=self._mailer, compose=self._compose,
            worker=WORKER, limit=1_000, clock=lambda: at,
        )  # fmt: skip
