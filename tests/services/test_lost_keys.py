"""A data key that is lost for good takes what was sealed with it, and nothing else: paper and lists go on without."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from postcards.gateways.sealed_files import SealedFiles
from postcards.models import Manifest
from postcards.queries.waiting_jobs import waiting_jobs
from postcards.services import key_rotation, manifest_files, print_control
from postcards.services.manifests import content_of
from tests.plugins.cast import AT, House, Town
from tests.services.posting import answer, make_all, printed, seal, status_of
from tests.services.pressing import press
from tests.services.print_desk import ask, books, do, draw, registered, spoil_words, void

UNREADABLE = "Its names and addresses cannot be read any more. Give it up, and register it once more."


def lose_key(town: Town, *numbers: int) -> None:
    with town.house.begin() as session:
        session.execute(
            text(
                "UPDATE person SET key_id = 'lost' FROM card"
                " WHERE card.id = person.card_id AND card.campaign_id = :id AND card.number = ANY(:numbers)"
            ),
            {"id": town.id, "numbers": list(numbers)},
        )


def with_new_keys(town: Town) -> Town:
    """The town on a machine that has another master key, and none of the data keys."""
    house = town.house
    keys_file = house.kit.settings.keys_file
    keys_file.rename(keys_file.with_suffix(".lost"))
    vault = house.vault_anew("ab" * 32)
    files = SealedFiles(house.kit.files, vault)
    return replace(town, house=replace(house, kit=replace(house.kit, vault=vault, sealed_files=files)))


def rotate(town: Town) -> key_rotation.Rotated:
    house = town.house
    return key_rotation.rotate(
        house.begin, campaign_id=town.id, vault=house.kit.vault, by="cli", clock=lambda: house.at
    )


def test_a_card_that_cannot_be_read_any_more_is_taken_out_of_its_run(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    lose_key(vilnius, 2, 5, 6)  # of the second part nothing is left
    run = ask(vilnius)
    failed = draw(vilnius, run)
    assert (failed.status, failed.failure) == ("failed", "3 cards cannot be printed: No. 2, 5, 6.")
    with vilnius.house.begin() as session:
        faulty = print_control.faulty_cards(session, run_id=run.id, vault=vilnius.house.kit.vault)
    assert [(card.number, card.fault, str(card.in_words)) for card in faulty] == [
        (number, "key_lost", UNREADABLE) for number in (2, 5, 6)
    ]
    assert do(vilnius, print_control.take_out, run) == [2, 5, 6]
    assert draw(vilnius, run).status == "ready"
    [finding] = books(vilnius)
    assert finding.endswith("people's data of 3 cards. Names and addresses cannot be read of No. 2, 5, 6.")
    void(vilnius, made[1])


def test_what_was_wrong_with_a_card_before_its_key_was_lost_keeps_no_run_shut(vilnius: Town) -> None:
    made = registered(vilnius, 2)
    spoil_words(vilnius, made[0])
    run = ask(vilnius)
    draw(vilnius, run)
    vilnius.house.kit.settings.keys_file.write_text("{}")
    with vilnius.house.begin() as session:
        [faulty] = print_control.faulty_cards(session, run_id=run.id, vault=vilnius.house.vault_anew())
    assert (faulty.number, str(faulty.in_words)) == (1, UNREADABLE)


def test_with_another_houses_master_key_no_card_is_called_lost(vilnius: Town) -> None:
    registered(vilnius, 2)
    run, wrong = ask(vilnius), vilnius.house.vault_anew("ab" * 32)
    failed = draw(vilnius, run, with_press=replace(press(vilnius.house), vault=wrong))
    assert failed.status == "failed"
    with vilnius.house.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM print_fault")) == 0


def test_a_printed_card_that_cannot_be_read_any_more_goes_with_its_country_alone(vilnius: Town) -> None:
    number, other = printed(vilnius), printed(vilnius)
    lose_key(vilnius, number)
    assert [sealed.lines for sealed in seal(vilnius)] == [2]
    assert [status_of(vilnius, number) for number in (number, other)] == ["sealed", "sealed"]
    with vilnius.house.begin() as session:
        content = content_of(vilnius.house.kit.vault, session.scalars(select(Manifest)).one())
    assert [(line.country, line.postal_code) for line in content.lines] == [("DE", ""), ("DE", "10115")]


def test_a_list_that_lost_its_key_before_it_had_files_goes_anew_and_keeps_no_later_one_waiting(
    house: House, vilnius: Town
) -> None:
    """The storage was away since the cut-off, and then the keys were lost."""
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    numbers = [printed(vilnius), printed(vilnius, "NO")]
    seal(vilnius)
    town = with_new_keys(vilnius)
    assert rotate(town).lists == (2,)
    printed(town)
    seal(town)
    assert make_all(town) == 2
    with town.house.begin() as session:
        first, gone, anew, last = session.scalars(
            select(Manifest).order_by(Manifest.number, Manifest.version)
        ).all()
        assert [(one.number, one.version, one.lines) for one in (gone, anew, last)] == [
            (2, 1, 2), (2, 2, 2), (3, 1, 1),
        ]  # fmt: skip
        content = content_of(town.house.kit.vault, anew)
        assert manifest_files.waiting(session, campaign_id=town.id) == 0
        assert {kind.kind: kind.jobs for kind in waiting_jobs(session, at=AT)}["manifest_files"] == 0
    assert [(line.card_number, line.country, line.postal_code) for line in content.lines] == [
        (numbers[0], "DE", ""),
        (numbers[1], "NO", ""),
    ]
    assert anew.header["replaces"] == {"version": 1, "content_sha256": gone.content_sha256.hex()}
    assert (gone.files_at, gone.content) == (None, None)
    assert [anew.previous_sha256, last.previous_sha256] == [first.sums_sha256, anew.sums_sha256]
    assert [status_of(town, number) for number in numbers] == ["sealed", "sealed"]
    found = " ".join(books(town))
    assert "Manifest 1.1 of vilnius cannot be opened" in found
    assert not re.search(r"Manifest [23]\.", found), found


def test_a_list_that_the_post_has_answered_is_let_go_and_not_sealed_again(
    house: House, vilnius: Town
) -> None:
    printed(vilnius)
    seal(vilnius)
    answer(vilnius, accepted=1)
    town = with_new_keys(vilnius)
    done = rotate(town)
    printed(town)
    seal(town)
    assert (done.lists, make_all(town)) == ((), 1)


def test_a_house_that_lost_all_its_keys_goes_on_with_new_ones(house: House, vilnius: Town) -> None:
    """As docs/operator.md has it, where there is neither copy nor escrow."""
    printed(vilnius), printed(vilnius)
    waits = vilnius.register()
    town = with_new_keys(vilnius)
    vault = town.house.kit.vault
    with pytest.raises(key_rotation.DataKeyLost), house.begin() as session:
        key_rotation.refuse_when_lost(session, vault, at=AT)
    assert rotate(town).lost == 3
    with house.begin() as session:
        key_rotation.refuse_when_lost(session, vault, at=AT)
    assert [sealed.lines for sealed in seal(town)] == [2], "those on paper go"
    town.register()
    run = ask(town)
    assert draw(town, run).failure == f"One card cannot be printed: No. {waits.number}."
    assert do(town, print_control.take_out, run) == [waits.number]
    assert draw(town, run).status == "ready"
    void(town, waits)
