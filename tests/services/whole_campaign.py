"""A small campaign with a card at every stage of its way, brought there by the real services."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, field

from postcards.paper.manifest_files import make_files
from postcards.services import (
    booklets,
    cards,
    dispatch,
    journal_chain,
    manifest_files,
    print_requests,
    printing,
    receipts,
    tallies,
    tracking,
    withdrawal,
)
from postcards.services.receipts import Answer
from postcards.services.registration import Registered
from tests.plugins.cast import Town
from tests.services.pressing import public_press

HOUR = dt.timedelta(hours=1)


@dataclass
class WholeCampaign:
    """`cards` by what they are: "registered", "printed", "sealed" and so on."""

    town: Town
    cards: dict[str, Registered] = field(default_factory=dict)
    booklet: uuid.UUID | None = None

    def number(self, name: str) -> int:
        return self.cards[name].number

    def id(self, name: str) -> uuid.UUID:
        return self.cards[name].id


def whole_campaign(town: Town) -> WholeCampaign:
    """This will register, print, seal, hand over, void and confirm, and fold half of the tallies and chain half of
    the journal on the way."""
    house, made = town.house, WholeCampaign(town)
    clock = itertools.count(1)

    def at() -> dt.datetime:
        return house.at + dt.timedelta(minutes=next(clock))

    for name in [
        "handed_over",
        "refused",
        "arrived",
        "sealed",
        "arrived_unanswered",
        "withdrawn_from",
        "printed",
        "in_run",
        "in_waiting_run",
        "registered",
        "void",
        "missing",
    ]:
        country = {"refused": ("PL", "00-850", "Warszawa"), "printed": ("NO", "0155", "Oslo")}.get(name)
        place = {"country": country[0], "postal_code": country[1], "city": country[2]} if country else {}
        made.cards[name] = town.register(recipient=place)
    kiosk = f"kiosk:{town.kiosks[0].id}"

    def print_card(name: str) -> None:
        with house.begin() as session:
            moment = at()
            cards.record_print(
                session,
                campaign_id=town.id,
                card_id=made.id(name),
                print_id=uuid.uuid4(),
                printed_at=moment,
                reason=None,
                public_url=None,
                by=kiosk,
                at=moment,
            )

    def seal() -> None:
        dispatch.seal_all(
            house.begin, campaign_id=town.id, edition=town.edition, vault=house.kit.vault, by="beat", clock=at
        )
        make_manifest_files()

    def make_manifest_files() -> None:
        manifest_files.make_all(
            house.begin,
            campaign_id=town.id,
            draw=make_files,
            files=house.kit.sealed_files,
            vault=house.kit.vault,
            worker="worker",
            clock=at,
        )

    def arrive(name: str) -> None:
        with house.begin() as session:
            tracking.confirm_arrival(session, code=made.cards[name].tracking_code, by="recipient", at=at())

    for name in ("handed_over", "refused", "arrived"):
        print_card(name)
    seal()
    refusal = receipts.Refusal(made.number("refused"), "illegible")
    with house.begin() as session:
        moment = at()
        receipts.record(
            session,
            campaign_id=town.id,
            number=1,
            answer=Answer(uuid.uuid4(), 2, (refusal,), moment, 0, ""),
            body_mark=b"m" * 32,
            by="partner:1",
            at=moment,
        )
    arrive("arrived")
    with house.begin() as session:
        tallies.fold(session)
        journal_chain.seal(session)

    for name in ("sealed", "arrived_unanswered", "withdrawn_from"):
        print_card(name)
    seal()
    with house.begin() as session:
        withdrawal.withdraw(
            session,
            campaign_id=town.id,
            number=2,
            cards=[made.number("withdrawn_from")],
            edition=town.edition,
            vault=house.kit.vault,
            by="staff:1",
            at=at(),
        )
    make_manifest_files()
    arrive("arrived_unanswered")

    print_card("printed")
    for name, paper in (("void", "none"), ("missing", "missing")):
        with house.begin() as session:
            cards.void(
                session,
                campaign_id=town.id,
                card_id=made.id(name),
                reason="spoiled",
                paper=paper,
                by="staff:1",
                at=at(),
            )
    for name in ("in_run", "in_waiting_run"):
        number = made.number(name)
        with house.begin() as session:
            print_requests.request_run(
                session, campaign_id=town.id, sheet="a6", numbers=(number, number), by="staff:1", at=at()
            )
        if name == "in_run":
            printing.draw_waiting(
                house.begin,
                clock=at,
                press=public_press(house),
                worker="worker",
            )
    made.booklet = uuid.uuid4()
    with house.begin() as session:
        lent = booklets.lend(
            session, kiosk=town.identity(), booklet_id=made.booklet, stamps=3, by=kiosk, at=at()
        )
    made.cards["from_booklet"] = town.register(number=lent.stamps[0].number)
    return made
