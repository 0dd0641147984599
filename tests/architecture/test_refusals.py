"""Every refusal can be said in the reader's language: its sentence is one that the catalogues hold."""

from __future__ import annotations

import pytest

from postcards.texts import refusals
from tests.architecture.tree import ROOT

PLANTED = """
from postcards.errors import Denied, Fault, Invalid, Said, says, says_n


class TooLate(Denied):
    pass


def _why(n: int) -> Said:
    return says_n("One card is late.", "%(n)s cards are late.", n)


def check(n, words, name: Said):
    known = says("A marked one.")
    raise {refusal}
"""


def found(refusal: str, place: str = "postcards/services/planted.py") -> refusals.Sentences:
    errors = refusals.source_of(
        "postcards/errors.py", (ROOT / "postcards/errors.py").read_text(encoding="utf-8")
    )
    return refusals.sentences([errors, refusals.source_of(place, PLANTED.replace("{refusal}", refusal))])


@pytest.fixture(scope="module")
def ours() -> refusals.Sentences:
    return refusals.read(ROOT, "postcards", "workers")


def test_no_refusal_is_worded_where_the_catalogues_cannot_find_it(ours: refusals.Sentences) -> None:
    assert not ours.unknown


def test_every_sentence_of_a_refusal_is_gathered(ours: refusals.Sentences) -> None:
    gathered = {text for _, text in ours.texts}
    for text in (
        "Some of what was entered needs mending.",  # a default
        "There is nothing at this address.",  # raised as it is
        "Please give the town.",  # handed on
        "Character %(place)s (%(sign)s) is a picture: the card is printed with letters only.",  # marked in a table
        ("One card cannot be printed: No. %(shown)s.", "%(n)s cards cannot be printed: No. %(shown)s."),
    ):
        assert text in gathered, text


def test_what_only_an_operator_reads_stays_english(ours: refusals.Sentences) -> None:
    assert all((ROOT / place).exists() or list(ROOT.glob(f"{place}*")) for place in refusals.FOR_OPERATORS)
    assert not {place for place, _ in ours.texts if place.startswith("postcards/cli/")}
    assert not found('Denied(f"No {n}.")', place="postcards/cli/planted.py").unknown


@pytest.mark.parametrize(
    "refusal",
    [
        'Denied(f"There are {n}.")',
        'TooLate("There are " + words)',
        'TooLate("There are %s." % n)',
        'Denied("There are {}.".format(n))',
        "Denied(words)",
        "Denied(message=words)",
        'Invalid(faults=[Fault("n", "range", f"is {n}.")])',
        'Invalid(faults=[Fault("n", "range", words if n else "is nothing.")])',
        "Denied(says(words))",
        'Denied(says(f"There are {n}."))',
        'Denied(says("There " + "are."))',
    ],
)
def test_a_sentence_that_nobody_could_translate_is_named(refusal: str) -> None:
    unknown = found(refusal).unknown
    assert len(unknown) == 1
    assert unknown[0].startswith("postcards/services/planted.py:15: ")


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        ('Denied("As it is.")', "As it is."),
        ('Denied("In two " "parts.")', "In two parts."),
        ('TooLate(message="By its name.")', "By its name."),
        ('Denied(says("There are %(n)s.", n=n))', "There are %(n)s."),
        ('Invalid(faults=[Fault("n", "range", "is too many.")])', "is too many."),
        ("Denied(known)", "A marked one."),
        ("Denied(_why(n))", ("One card is late.", "%(n)s cards are late.")),
        ("Denied(name)", "A marked one."),
    ],
)
def test_a_sentence_that_can_be_found_is_gathered(refusal: str, text: str | tuple[str, str]) -> None:
    sentences = found(refusal)
    assert not sentences.unknown
    assert ("postcards/services/planted.py", text) in sentences.texts
