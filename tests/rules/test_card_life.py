"""The life of a card is the one the design promises, and nothing more."""

from __future__ import annotations

from itertools import product

from postcards.rules.card_life import FINAL, TRANSITIONS, CardStatus, before, diagram, may_become

ALLOWED = {
    "registered": "printed void",
    "printed": "registered sealed void",
    "sealed": "printed handed_over refused arrived",
    "handed_over": "refused returned arrived",
    "refused": "registered void arrived",
    "returned": "registered void arrived",
    "arrived": "",
    "void": "",
}


def test_exactly_the_promised_steps_are_allowed() -> None:
    assert {str(status) for status in CardStatus} == set(ALLOWED)
    for old, new in product(CardStatus, repeat=2):
        assert may_become(old, new) is (new in ALLOWED[old].split()), (old, new)


def test_before_is_the_same_table_read_backwards() -> None:
    for old, new in product(CardStatus, repeat=2):
        assert (old in before(new)) is may_become(old, new)


def test_an_arrival_and_a_void_are_the_end() -> None:
    assert sorted(FINAL) == ["arrived", "void"]


def test_every_status_can_be_reached_and_left_or_ends() -> None:
    reached = {CardStatus.REGISTERED}
    while more := {new for old, new in TRANSITIONS if old in reached} - reached:
        reached |= more
    assert reached == set(CardStatus)


def test_the_diagram_shows_each_step_once() -> None:
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    steps = [tuple(line.strip().partition(":")[0].split(" --> ")) for line in lines[1:]]
    assert len(steps) == len(set(steps))
    assert {step for step in steps if "[*]" not in step} == {(str(a), str(b)) for a, b in TRANSITIONS}
    assert ("[*]", "registered") in steps
    assert ("void", "[*]") in steps
