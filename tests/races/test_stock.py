"""A stock card that is bound twice at once has one card; one that is taken back meanwhile has one or none."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from postcards.errors import Refusal
from postcards.services import stock
from tests.plugins.cast import House, Town, bearer
from tests.web.test_stock_cards import by_hand, stock_of


def _bind(client: FlaskClient, town: Town, start: threading.Barrier) -> str:
    body = by_hand(town, 1, id=str(uuid.uuid4()))
    start.wait(timeout=30)
    answer = client.post("/api/v1/kiosk/cards", json=body, headers=bearer(town.kiosks[0].token))
    return "bound" if answer.status_code == 201 else str(answer.get_json()["code"])


def test_a_stock_stamp_bound_by_many_at_once_carries_one_card(client: FlaskClient, vilnius: Town) -> None:
    stock_of(vilnius, 1)
    start = threading.Barrier(8)
    clients = [client.application.test_client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        said = sorted(pool.map(lambda one: _bind(one, vilnius, start), clients))
    assert said == ["bound", *["stamp_used"] * 7]


@pytest.mark.parametrize("round_", range(4))
def test_a_stock_stamp_bound_while_it_is_taken_back_is_one_or_the_other(
    client: FlaskClient, house: House, vilnius: Town, round_: int
) -> None:
    del round_
    drawn = stock_of(vilnius, 1)
    start = threading.Barrier(2)

    def take_back() -> tuple[int, ...]:
        start.wait(timeout=30)
        try:
            with house.begin() as session:
                return stock.take_back(
                    session, campaign_id=vilnius.id, booklet_id=drawn.booklet_id, by="test", at=house.at
                )
        except Refusal:
            return ()

    with ThreadPoolExecutor(2) as pool:
        bound, back = pool.submit(_bind, client, vilnius, start), pool.submit(take_back)
    was_bound = bound.result() == "bound"
    assert was_bound is (back.result() == ())
    with house.begin() as session:
        stamps = session.execute(
            text("SELECT status FROM stamp WHERE campaign_id = :id AND number = 1"), {"id": vilnius.id}
        )
        assert stamps.scalar_one() == ("used" if was_bound else "free")
