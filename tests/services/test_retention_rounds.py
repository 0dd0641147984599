"""Retention meets others at work: what they ask for is not lost, and a slow store holds no transaction open."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.services import retention
from postcards.services.retention import Done
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import whole_campaign

DAY = dt.timedelta(days=1)


def one(house: House, sql: str, **values: Any) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql), values)


def has_message(house: House, card_id: uuid.UUID) -> bool:
    return bool(one(house, "SELECT message IS NOT NULL FROM person WHERE card_id = :id", id=card_id))


def hand_over(house: House, card_id: uuid.UUID) -> None:
    with house.begin() as session:
        session.execute(
            text("UPDATE card SET status = 'handed_over', handed_over_at = :at WHERE id = :id"),
            {"at": house.at, "id": card_id},
        )


def soon(house: House, town: Town, begin: Callable[[], Any] | None = None) -> Done | None:
    return retention.run_soon(
        begin or house.kit.begin, campaign_id=town.id, tools=house.kit.forgetting(), worker="w", by="worker",
        clock=lambda: house.at,
    )  # fmt: skip


@dataclass
class Between:
    """Opens transactions, and lets others do something before one of them; knows how many are open."""

    house: House
    before: dict[int, Callable[[], Any]] = field(default_factory=dict)
    opened: int = 0
    open: int = 0

    def __call__(self) -> AbstractContextManager[Session]:
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Session]:
        self.opened += 1
        self.before.pop(self.opened, lambda: None)()
        with self.house.kit.begin() as session:
            self.open += 1
            try:
                yield session
            finally:
                self.open -= 1


def test_lists_that_are_answered_while_a_worker_is_at_it_are_looked_at_before_it_lets_go(
    house: House, vilnius: Town
) -> None:
    """The people were gone through when the second and third answer came: their messages go in one more round."""
    first, *later = [vilnius.register(message="Labas!").id for _ in range(3)]
    hand_over(house, first)
    noted: list[Done | None] = []

    def answered() -> None:
        for card_id in later:
            hand_over(house, card_id)
            noted.append(soon(house, vilnius))

    # Claiming, looking at people, looking again and finding nobody: then the answers come.
    done = soon(house, vilnius, Between(house, {4: answered}))
    assert noted == [None, None]
    assert done is not None
    assert (done.cards, done.parts) == (3, {"message": 3})
    assert [card_id for card_id in (first, *later) if has_message(house, card_id)] == []
    assert (
        one(house, "SELECT count(*) FROM retention_turn WHERE claimed_by IS NULL AND asked_at IS NULL") == 1
    )


def test_a_wish_that_nobody_could_fulfil_is_taken_up_before_the_night(house: House, vilnius: Town) -> None:
    night: dict[str, Any] = {"tools": house.kit.forgetting(), "worker": "w", "by": "beat"}
    assert retention.run_due(house.kit.begin, clock=lambda: house.at, **night) != []
    with house.begin() as session:
        session.execute(
            text("UPDATE retention_turn SET claimed_by = 'dead', claimed_until = :until"),
            {"until": house.at + dt.timedelta(minutes=1)},
        )
    card = vilnius.register(message="Labas!")
    hand_over(house, card.id)
    assert soon(house, vilnius) is None
    assert has_message(house, card.id)
    later = house.at + dt.timedelta(minutes=2)  # the lease is over, the next night is far
    assert [done.cards for done in retention.run_due(house.kit.begin, clock=lambda: later, **night)] == [1]
    assert not has_message(house, card.id)
    assert retention.run_due(house.kit.begin, clock=lambda: later, **night) == []


def test_who_lets_go_just_before_the_wish_is_written_leaves_it_to_its_own_worker(
    house: House, vilnius: Town
) -> None:
    turn = {"c": vilnius.id, "until": house.at + dt.timedelta(minutes=1)}
    with house.begin() as session:
        session.execute(text("INSERT INTO retention_turn VALUES (:c, 'another', :until, NULL)"), turn)

    def lets_go() -> None:
        with house.begin() as session:
            session.execute(text("UPDATE retention_turn SET claimed_by = NULL, claimed_until = NULL"))

    card = vilnius.register(message="Labas!")
    hand_over(house, card.id)
    done = soon(house, vilnius, Between(house, {2: lets_go}))
    assert done is not None
    assert done.parts == {"message": 1}


def test_what_is_broken_off_is_taken_up_by_the_next_look(house: House, vilnius: Town) -> None:
    """The night was done, then a hand-over asked, and the worker met a database that was away."""
    night: dict[str, Any] = {"tools": house.kit.forgetting(), "worker": "w", "by": "beat"}
    retention.run_due(house.kit.begin, clock=lambda: house.at, **night)
    card = vilnius.register(message="Labas!")
    hand_over(house, card.id)

    def away() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        soon(house, vilnius, Between(house, {2: away}))
    assert len(retention.run_due(house.kit.begin, clock=lambda: house.at, **night)) == 1
    assert not has_message(house, card.id)


@dataclass
class SlowStore:
    """Takes files away so slowly that a transaction open meanwhile would be cut off; `pause` is what it does then."""

    pause: Callable[[], None]
    deleted: list[str] = field(default_factory=list)

    def delete(self, key: str) -> None:
        self.pause()
        self.deleted.append(key)


def test_a_slow_store_holds_no_transaction_open_and_is_asked_once(house: House, vilnius: Town) -> None:
    whole_campaign(vilnius)
    begin = Between(house)
    open_meanwhile: list[int] = []
    store = SlowStore(lambda: open_meanwhile.append(begin.open))
    keys = one(
        house,
        "SELECT array_agg(f.file_key ORDER BY f.file_key) FROM manifest_file f "
        "JOIN manifest m ON m.id = f.manifest_id WHERE m.handed_over_at IS NOT NULL",
    )

    def night(days: float) -> list[str]:
        store.deleted.clear()
        retention.run(
            begin, campaign_id=vilnius.id, tools=replace(house.kit.forgetting(), files=store), worker="w",
            by="beat", clock=lambda: house.at + days * DAY,
        )  # fmt: skip
        return [key for key in store.deleted if not key.startswith("print-runs/")]

    night(60)  # print runs go in theirs
    open_meanwhile.clear()
    assert sorted(night(91)) == keys
    assert set(open_meanwhile) == {0}
    assert night(92) == []


class PowerCut(Exception):
    """The process is gone between two files."""


def test_a_list_of_which_half_the_files_are_gone_is_dropped_the_next_time(
    house: House, vilnius: Town
) -> None:
    whole_campaign(vilnius)
    store = SlowStore(lambda: None)

    def cut() -> None:
        if len(store.deleted) == 3:
            raise PowerCut

    store.pause = cut

    def night(files: Any) -> list[int]:
        return retention.run(
            house.kit.begin, campaign_id=vilnius.id, tools=replace(house.kit.forgetting(), files=files),
            worker="w", by="beat", clock=lambda: house.at + 91 * DAY,
        ).manifests  # fmt: skip

    with pytest.raises(PowerCut):
        night(store)
    assert one(house, "SELECT count(*) FROM manifest WHERE content IS NULL") == 0
    assert night(house.kit.files) == [1]
    assert one(house, "SELECT count(*) FROM manifest WHERE content IS NULL") == 1
    assert one(house, "SELECT count(*) FROM journal WHERE action = 'manifest.forgotten'") == 1


@pytest.mark.parametrize(("reason", "left"), [("Jonas says so", None), ("wish", "wish")])
def test_a_free_reason_goes_though_nothing_else_of_the_card_was_ever_kept(
    house: House, vilnius: Town, reason: str, left: str | None
) -> None:
    """As of a stock card: written by hand, without sender or volunteer."""
    card = vilnius.register()
    with house.begin() as session:
        session.execute(
            text(
                "UPDATE person SET sender = NULL, recipient = NULL, volunteer = NULL, email_index = NULL, "
                "recipient_index = NULL"
            )
        )
        session.execute(
            text("UPDATE card SET status = 'void', paper = 'none', void_reason = :reason"), {"reason": reason}
        )
        session.execute(
            text("UPDATE tracking_code SET ended = 'void', ended_at = :at WHERE code = :code"),
            {"at": house.at, "code": card.tracking_code},
        )
    for days, expected in ((6.9, reason), (7, left)):
        night = house.at + days * DAY
        retention.run(
            house.kit.begin, campaign_id=vilnius.id, tools=house.kit.forgetting(), worker="w", by="beat",
            clock=partial(dt.datetime.fromisoformat, night.isoformat()),
        )  # fmt: skip
        assert one(house, "SELECT void_reason FROM card") == expected
