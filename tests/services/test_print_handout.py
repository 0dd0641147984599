"""Handing out the file of a print run: what counts as taken, and that no card goes to the Post for paper nobody has."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from sqlalchemy import text

from postcards.errors import Refusal
from postcards.gateways.files import FileMissing, StorageAway
from postcards.models import PrintRun
from postcards.queries.print_runs import RunSeen
from postcards.services import erasure, print_control, print_handout
from postcards.services.dispatch import NothingToSeal
from postcards.services.registration import Registered
from postcards.vault import KeyMissing
from tests.plugins.cast import AT, Town
from tests.services.posting import seal
from tests.services.print_desk import ask, books, do, draw, file_of, registered, seen


def forget(town: Town, card: Registered) -> None:
    with town.house.begin() as session:
        erasure.erase(
            session, campaign_id=town.id, card_id=card.id, tools=town.house.kit.forgetting(), asked="desk",
            by="staff:1", at=AT,
        )  # fmt: skip


def downloads(town: Town) -> int:
    with town.house.begin() as session:
        return session.scalars(
            text("SELECT count(*) FROM journal WHERE action = 'print_run.downloaded'")
        ).one()


def test_a_part_that_an_erasure_took_away_sends_none_of_its_cards_without_paper(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    run = ask(vilnius)
    draw(vilnius, run)
    forget(vilnius, made[0])
    torn = seen(vilnius, run)
    assert [part.status for part in torn.parts] == ["gone", "drawn"]
    with pytest.raises(
        print_control.NotNow, match=r"Part 1 was deleted: .* Cancel the run and start it anew"
    ):
        do(vilnius, print_handout.take, run)
    with pytest.raises(print_control.NotNow, match="Part 1 was deleted"):
        file_of(vilnius, torn)
    assert (seen(vilnius, run).taken_at, downloads(vilnius)) == (None, 0)
    with pytest.raises(NothingToSeal):
        seal(vilnius)
    do(vilnius, print_control.cancel, run)
    anew = ask(vilnius)
    draw(vilnius, anew)
    do(vilnius, print_handout.take, anew)
    assert [sealed.lines for sealed in seal(vilnius)] == [5]
    assert books(vilnius) == []


def test_what_was_taken_before_an_erasure_and_a_draft_are_handed_out_without_that_part(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    draft, run = ask(vilnius, draft=True), ask(vilnius)
    for each in (run, draft):
        draw(vilnius, each)
    do(vilnius, print_handout.take, run)
    forget(vilnius, made[0])
    for each in (run, draft):
        do(vilnius, print_handout.take, each)
        assert file_of(vilnius, seen(vilnius, each)).startswith(b"%PDF-")
    assert downloads(vilnius) == 3


def without_its_file(town: Town, run: PrintRun, monkeypatch: pytest.MonkeyPatch) -> RunSeen:
    """The second part's file is gone from the storage, for good."""
    found = seen(town, run)
    town.house.kit.sealed_files.delete(found.parts[1].file_key or "")
    return found


def without_its_key(town: Town, run: PrintRun, monkeypatch: pytest.MonkeyPatch) -> RunSeen:
    """The second part's file is there, and nobody can open it any more."""
    found = seen(town, run)
    parts = (found.parts[0], dataclasses.replace(found.parts[1], key_id="lost"))
    return dataclasses.replace(found, parts=parts)


def without_storage(town: Town, run: PrintRun, monkeypatch: pytest.MonkeyPatch) -> RunSeen:
    """The storage is away."""

    def away(key: str) -> int:
        raise StorageAway(f"The storage is away ({key}).")

    monkeypatch.setattr(town.house.kit.files, "size", away)
    return seen(town, run)


@pytest.mark.parametrize(
    ("broken", "refusal"),
    [(without_its_file, FileMissing), (without_its_key, KeyMissing), (without_storage, StorageAway)],
)
def test_a_part_that_cannot_be_read_says_so_before_the_first_byte(
    vilnius: Town,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[Town, PrintRun, pytest.MonkeyPatch], RunSeen],
    refusal: type[Refusal],
) -> None:
    """At the call already: whoever hands it out notes nothing then."""
    registered(vilnius, 5)
    run = ask(vilnius)
    draw(vilnius, run)
    found = broken(vilnius, run, monkeypatch)
    with pytest.raises(refusal):
        print_handout.pieces(found, files=vilnius.house.kit.sealed_files, cover=b"")
