"""One running `up` for the whole check, and two campaigns in it that must stay strangers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.outside import Outside, Town, open_town, town_on_the_screen
from tests.contract.people import Person, Posted, post_cards, signed_in_by_link
from tests.journeys.newcomer import up


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A `postcards up` on a home of its own."""
    with up(tmp_path_factory.mktemp("outside") / "home") as running:
        stranger = Outside(running)
        yield stranger
        stranger.close()


@pytest.fixture(scope="session")
def asked(outside: Outside) -> Town:
    """The campaign that is asked, which `up` made: the kiosk of its screen, another one, and a partner."""
    return town_on_the_screen(outside)


@pytest.fixture(scope="session")
def neighbour(outside: Outside) -> Town:
    """The stranger beside it, with a card of its own."""
    town = open_town(outside, "romania", slug="neighbour", cap=30, devices=1, partner=True)
    assert town.kiosk.register(town.card()).status_code == 201
    return town


@pytest.fixture(scope="session")
def organiser(outside: Outside) -> Iterator[Person]:
    """Whoever took the one-time sign-in for the desk from the screen of `up`."""
    with signed_in_by_link(outside, "organiser@example.org") as person:
        yield person


@pytest.fixture(scope="session")
def posted(outside: Outside, asked: Town, organiser: Person) -> Posted:
    """Two sealed manifests; a card on the second bears what a broken device wrote for a postcode."""
    return post_cards(outside, asked, organiser)


@pytest.fixture(scope="session")
def tiny(outside: Outside) -> Town:
    """A campaign with six stamps and two kiosks, for the end of the drawer."""
    return open_town(outside, "vilnius", slug="tiny", cap=6, devices=2)
