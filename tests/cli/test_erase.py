"""`postcards erase`: one card by number or code, all that an address knows; it says what it cannot know, and what
could not be done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from postcards import config
from postcards.cli.root import cli
from postcards.errors import Unavailable
from postcards.rules.tracking_code import spaced
from postcards.services import cards, print_files
from postcards.services.erasure import NumberGivenAgain
from tests.plugins.cast import House, Town


@pytest.fixture
def types(house: House, settings: config.Settings) -> Any:
    """Types `erase vilnius …` at the terminal."""
    env = {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner(env=env).invoke(cli, ["erase", "vilnius", *words], input=typed)

    return run


def one(house: House, sql: str) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql))


KEPT = "SELECT count(*) FROM person WHERE coalesce(sender, recipient, volunteer) IS NOT NULL"


def test_every_card_of_an_address_is_erased_though_the_ledger_cannot_be_written(
    types: Any, house: House, vilnius: Town
) -> None:
    for _ in range(3):
        vilnius.register()
    house.kit.ledger.path.mkdir(parents=True)  # where the file would be
    done = types("--email", "ona@example.org", "--json")
    assert isinstance(done.exception, Unavailable)
    assert str(done.exception).startswith("All of it is erased. The ledger of erasures cannot be written")
    assert str(done.exception).count("the next night tries again") == 1
    assert len(json.loads(done.stdout)["erased"]) == 3
    assert one(house, KEPT) == 0
    assert one(house, "SELECT count(*) FROM erasure") == 3


def test_the_recipient_is_erased_though_their_wish_is_not_in_the_ledger_yet(
    types: Any, house: House, vilnius: Town
) -> None:
    card = vilnius.register()
    house.kit.ledger.path.mkdir(parents=True)
    done = types("--code", card.tracking_code, "--never-again")
    assert isinstance(done.exception, Unavailable)
    assert f"Card {card.number}: erased" in done.stdout
    assert "the recipient of the card of this code will be held" in done.stdout
    assert (one(house, KEPT), one(house, "SELECT count(*) FROM do_not_write")) == (0, 1)


def test_cards_that_somebody_holds_are_counted_and_stop_no_other(
    types: Any, house: House, vilnius: Town
) -> None:
    """A row that is locked for longer than we wait is left for the next time."""
    held, free = vilnius.register(), vilnius.register()
    with house.begin() as session:
        session.execute(text("SELECT FROM card WHERE id = :id FOR UPDATE"), {"id": held.id})
        done = types("--email", "ona@example.org")
    assert isinstance(done.exception, Unavailable)
    assert str(done.exception).endswith("Not erased yet: 1 card. Type the same command again.")
    assert f"Card {free.number}: erased" in done.stdout
    assert types("--email", "ona@example.org").exit_code == 0
    assert one(house, KEPT) == 0


def test_a_card_that_could_not_be_erased_proves_nothing(
    types: Any, vilnius: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*given: Any, **named: Any) -> None:
        raise Unavailable("The storage is away.")

    card = vilnius.register()
    monkeypatch.setattr(print_files, "forget", away)
    done = types("--number", str(card.number), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["erased"], told["nothing_left"]) == ([], None)


def test_an_address_that_is_gone_proves_nothing_and_the_number_still_finds_the_card(
    types: Any, house: House, vilnius: Town
) -> None:
    card = vilnius.register()
    with house.begin() as session:
        session.execute(text("UPDATE person SET email_index = NULL"))  # as a week after the arrival
    told = json.loads(types("--email", "-", "--json", typed="ona@example.org\n").stdout)
    assert (told["erased"], told["nothing_left"]) == ([], None)
    [note] = told["notes"]
    assert "for 7 days after its arrival, and for 180 after it was registered" in note
    assert "--number or --code" in note
    assert types("--email", "ona@example.org").stdout == f"No card is known by this address.\n{note}\n"
    told = json.loads(types("--number", str(card.number), "--json").stdout)
    assert ([one["number"] for one in told["erased"]], told["nothing_left"]) == ([card.number], False)
    assert json.loads(types("--code", card.slip_code, "--json").stdout)["nothing_left"] is True


def test_the_card_that_had_the_number_before_is_reached_by_its_code_and_the_next_visitor_stays(
    types: Any, house: House
) -> None:
    town = house.open_campaign("vilnius", cap=1)
    first = town.register()
    with house.begin() as session:
        cards.void(
            session, campaign_id=town.id, card_id=first.id, reason="wish", paper="none", by="cli", at=house.at
        )
    second = town.register(recipient={"name": "Rasa Rasaitė"})
    refused = types("--number", "1").exception
    assert isinstance(refused, NumberGivenAgain)
    assert spaced(first.tracking_code) in str(refused)
    assert one(house, KEPT) == 2
    assert types("--code", first.tracking_code).stdout.startswith("Card 1: erased")
    assert types("--code", first.slip_code).stdout.startswith(
        "Nothing is left of the card of this code; it was"
    )
    with house.begin() as session:
        left = session.scalars(text("SELECT card_id FROM person WHERE recipient IS NOT NULL")).all()
    assert left == [second.id]


@pytest.mark.parametrize(
    "words", [(), ("--number", "1", "--code", "X"), ("--email", "a@b.c", "--never-again")], ids=str
)
def test_who_is_meant_is_said_once(types: Any, vilnius: Town, words: tuple[str, ...]) -> None:
    assert types(*words).exit_code == 2
