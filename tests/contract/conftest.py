"""One running `up` for the whole check, and two campaigns in it that must stay strangers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.outside import Outside, Town, open_town
from tests.journeys.newcomer import up


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A `postcards up` on a home of its own."""
    with up(tmp_path_factory.mktemp("outside") / "home") as running:
        stranger = Outside(running)
        yield stranger
        stranger.close()


@pytest.fixture(scope="session")
def vilnius(outside: Outside) -> Town:
    """The campaign that is asked: two kiosks and a partner."""
    return open_town(outside, "vilnius", slug="asked", cap=400, devices=2, partner=True)


@pytest.fixture(scope="session")
def bucharest(outside: Outside) -> Town:
    """The stranger beside it, with a card of its own."""
    town = open_town(outside, "romania", slug="neighbour", cap=30, devices=1, partner=True)
    assert town.kiosk.register(town.card()).status_code == 201
    return town


@pytest.fixture(scope="session")
def tiny(outside: Outside) -> Town:
    """A campaign with six stamps and two kiosks, for the end of the drawer."""
    return open_town(outside, "vilnius", slug="tiny", cap=6, devices=2)
