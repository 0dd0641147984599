"""A data key that is lost for good takes what was sealed with it, and nothing else: paper and lists go on without."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from postcards.gateways.sealed_files import SealedFiles
from postcards.models import Manifest
from postcards.paper.manifest_files import make_files
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


def test_lists_that_nobody_can_open_go_anew_and_keep_no_later_one_waiting(vilnius: Town) -> None:
    """One the Post had not taken yet; of the other there were no files, for the storage was away since the cut-off."""
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    numbers = [printed(vilnius), printed(vilnius, "NO")]
    seal(vilnius)
    town = with_new_keys(vilnius)
    assert rotate(town).lists == (1, 2)
    assert rotate(town).lists == ()
    printed(town)
    seal(town)
    assert make_all(town) == 3
    with town.house.begin() as session:
        lists = session.scalars(select(Manifest).order_by(Manifest.number, Manifest.version)).all()
        assert [(each.number, each.version, each.lines) for each in lists] == [
            (1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2), (3, 1, 1),
        ]  # fmt: skip
        first, first_anew, gone, anew, last = lists
        content = content_of(town.house.kit.vault, anew)
        assert manifest_files.waiting(session, campaign_id=town.id) == 0
        assert {each.kind: each.jobs for each in waiting_jobs(session, at=AT)}["manifest_files"] == 0
        forgotten = session.scalars(text("SELECT subject FROM journal WHERE action = 'manifest.forgotten'"))
        assert forgotten.all() == ["manifest:2"]
    assert [(line.card_number, line.country, line.postal_code) for line in content.lines] == [
        (numbers[0], "DE", ""),
        (numbers[1], "NO", ""),
    ]
    assert anew.header["replaces"] == {"version": 1, "content_sha256": gone.content_sha256.hex()}
    assert (gone.files_at, gone.content, first.content is None) == (None, None, False)
    chained = [first_anew.previous_sha256, anew.previous_sha256, last.previous_sha256]
    assert chained == [first.sums_sha256, first_anew.sums_sha256, anew.sums_sha256]
    assert [status_of(town, number) for number in numbers] == ["sealed", "sealed"]
    answer(town, number=2, accepted=2)
    assert [status_of(town, number) for number in numbers] == ["handed_over", "handed_over"]
    found = " ".join(books(town))
    assert "Manifest 1.1 of vilnius cannot be opened" in found
    assert not re.search(r"Manifest (vilnius/)?(1\.2|[23]\.)", found), found


def test_a_list_that_the_post_has_answered_is_let_go_and_not_sealed_again(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    answer(vilnius, accepted=1)
    town = with_new_keys(vilnius)
    assert rotate(town).lists == ()
    printed(town)
    seal(town)
    assert make_all(town) == 1
    assert not re.search(r"Manifest [12]\.", " ".join(books(town)))
    with town.house.begin() as session:
        forgotten = session.scalars(text("SELECT subject FROM journal WHERE action = 'manifest.forgotten'"))
        assert forgotten.all() == ["manifest:1"]


def test_whoever_is_at_the_files_of_a_list_that_goes_anew_comes_too_late(vilnius: Town) -> None:
    """A worker that was there before the loss still knows the key."""
    printed(vilnius)
    seal(vilnius)
    with vilnius.house.begin() as session:
        claim = manifest_files.claim_next(
            session, campaign_id=vilnius.id, vault=vilnius.house.kit.vault, worker="old", at=AT
        )
    assert claim is not None
    made = [(file, file.name) for file in make_files(claim.content, claim.previous_sha256)]
    town = with_new_keys(vilnius)
    assert rotate(town).lists == (1,)
    with pytest.raises(manifest_files.ClaimLost), town.house.begin() as session:
        manifest_files.record(session, claim=claim, files=made, at=AT)
    assert make_all(town) == 1


def test_a_rotation_that_ended_before_its_lists_is_taken_up_with_the_key_that_it_made(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    town = with_new_keys(vilnius)
    with town.house.begin() as session:
        key = town.house.kit.vault.new_key(campaign=town.slug)
        session.execute(text("UPDATE campaign SET data_key = :key"), {"key": key})
    done = rotate(town)
    assert (done.lists, done.resumed, done.key_id) == ((1,), True, key)


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
