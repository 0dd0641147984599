"""One running `up` for the whole check, and two campaigns in it that must stay strangers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.outside import Outside, Town, open_town, town_on_the_screen
from tests.contract.people import Person, Posted, post_cards, signed_in_by_link
from tests.contract.remembering import PEOPLE, Remembering
from tests.journeys.newcomer import up
from tests.journeys.unsaid import lines_with


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A `postcards up` on a home of its own; at its end, after every refusal there is, no log holds a person's words
    or a secret that was given."""
    home = tmp_path_factory.mktemp("outside") / "home"
    with up(home) as running:
        stranger = Remembering(running)
        stranger.read_screen()
        yield stranger
        stranger.close()
    assert '"event":"request"' in (home / "logs" / "web.log").read_text()
    assert lines_with(home / "logs", [*PEOPLE, *stranger.secrets]) == []


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
