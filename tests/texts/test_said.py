"""A sentence for people is plain English wherever it goes, and is said in another language at the edge."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from postcards.errors import CountryNamed, InLanguages, Said, as_given, says, says_all, says_n
from postcards.rules.address_labels import in_sentences
from postcards.texts import catalogue

LT = catalogue("lt")


def test_it_is_the_english_text_to_everything_else() -> None:
    said = says("There is no card %(number)s in this campaign.", number=17)
    assert said == "There is no card 17 in this campaign."
    assert json.loads(json.dumps({"why": said})) == {"why": "There is no card 17 in this campaign."}
    assert says("100 % of it") == "100 % of it"
    assert catalogue("en").say(said) == "There is no card 17 in this campaign."


@pytest.mark.parametrize(
    "said",
    [
        says("There is no card %(number)s in this campaign.", number=17),
        says_n("One card.", "%(n)s cards.", 3),
        says_all(["One.", says("Two %(n)s.", n=2)]),
        CountryNamed("DE", "Germany"),
        InLanguages("state", {"lt": "valstija"}),
    ],
    ids=["values", "plural", "joined", "country", "table"],
)
def test_it_travels_whole(said: Said) -> None:
    for other in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert (type(other), str(other), other.msgid, other.plural, other.n) == (
            type(said), str(said), said.msgid, said.plural, said.n,
        )  # fmt: skip
        assert dict(other.values) == dict(said.values)


def test_it_is_said_in_a_language_with_its_values() -> None:
    said = LT.say(says("There is no card %(number)s in this campaign.", number=17))
    assert "17" in said
    assert said != "There is no card 17 in this campaign."


def test_what_is_said_within_it_is_said_in_that_language_too() -> None:
    both = says_all([says("Please give the town."), says("Please fill this in.")])
    assert LT.say(both) == f"{LT.gettext('Please give the town.')} {LT.gettext('Please fill this in.')}"
    here = says("%(country)s has no such postcode.", country=CountryNamed("DE", "Germany"))
    assert here == "Germany has no such postcode."
    assert "Vokietija" in LT.say(here)
    lacks = says(
        "Letters to %(country)s usually name the %(region)s.", country="X", region=in_sentences("state")
    )
    assert lacks == "Letters to X usually name the state."
    assert "valstija" in LT.say(lacks)


def test_it_is_said_in_the_form_that_the_number_asks_for() -> None:
    shown = {n: LT.say(says_n(*FORMS, n, shown="3")).replace(str(n), "N") for n in (1, 2, 10)}
    assert len(set(shown.values())) == 3
    assert says_n(*FORMS, 1, shown="3") == "One card cannot be printed: No. 3."


FORMS = ("One card cannot be printed: No. %(shown)s.", "%(n)s cards cannot be printed: No. %(shown)s.")


def test_words_that_are_in_no_catalogue_stay_as_they_are() -> None:
    assert LT.say("50 % of nothing we ever said") == "50 % of nothing we ever said"
    assert LT.say(as_given("%(name)s from a library")) == "%(name)s from a library"
    assert LT.say(says("Never translated, %(n)s.", n=2)) == "Never translated, 2."
    assert LT.say(says_n("Never one.", "Never %(n)s.", 2)) == "Never 2."
