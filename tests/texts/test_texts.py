"""Every text that the code says is said in every language, with its placeholders, by the language's rules."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from postcards.texts import LANGUAGES, best_language, catalogue, extract, forms, preferences

OTHERS = [language for language in LANGUAGES if language != "en"]
#: Of Python and templates, `%(name)s`; of scripts, `{name}`.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]|\{\w+\}")


@pytest.fixture(scope="module")
def said() -> Catalog:
    return extract.said()


def kept(language: str) -> Catalog:
    with (extract.HERE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_the_file_holds_exactly_what_the_code_says(language: str, said: Catalog) -> None:
    path = extract.HERE / f"{language}.po"
    fresh = extract.written(extract.update(said, language)).decode()
    assert path.read_text(encoding="utf-8") == fresh, "run: python -m postcards.texts.extract"


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated(language: str) -> None:
    assert not [message.id for message in kept(language) if message.id and not forms(message)]


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_are_those_of_the_english_text(language: str) -> None:
    wrong = []
    for message in kept(language):
        english = message.id if isinstance(message.id, str) else message.id[1]
        wanted = sorted(PLACEHOLDER.findall(english))
        wrong += [said for said in forms(message) if english and sorted(PLACEHOLDER.findall(said)) != wanted]
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_keeps_its_outer_signs(language: str) -> None:
    """A sentence ends as a sentence, a label does not begin or end with blanks.

    "No." only looks like a sentence: elsewhere it is "Nr" or "№".
    """
    wrong = []
    for message in kept(language):
        if not message.id or not isinstance(message.id, str) or not message.string:
            continue
        text = str(message.string)
        if message.id.endswith("No.") and text == text.strip():
            continue
        if text != text.strip() or (message.id[-1] in ".:?!…") != (text[-1] in ".:?!…"):
            wrong.append((message.id, text))
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    rule = Locale.parse(language).plural_form
    order = {"one": 0, "few": 1, "many": 2, "other": 2}
    form = catalogue(language)._form
    wrong = [(n, form(n), rule(n)) for n in range(1200) if form(n) != order[rule(n)]]
    assert not wrong


def test_extraction_finds_python_templates_and_scripts(tmp_path: Path) -> None:
    for name, text in {
        "postcards/web/a.py": '_("In Python")\nngettext("%(n)s a", "%(n)s as", 2)\nx = N_("Said later")\n',
        "templates/a.html": "{{ _('In a template, %(name)s', name=x) }}{% import 'b' as b with context %}",
        "postcards/web/static/kiosk/a.js": 'const x = t("In a script");\ntn("%(n)s b", "%(n)s bs", 3);\n',
        "postcards/web/static/dist/a.js": 't("Built, not written");\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = {message.id for message in extract.said(tmp_path) if message.id}
    assert found == {
        "In Python",
        ("%(n)s a", "%(n)s as"),
        "Said later",
        "In a template, %(name)s",
        "In a script",
        ("%(n)s b", "%(n)s bs"),
    }


def test_updating_keeps_translations_and_drops_what_nobody_says() -> None:
    catalog = Catalog()
    catalog.add("Arrived", locations=[("a.html", 1)])
    catalog.add("A text that nobody has said before", locations=[("a.html", 2)])
    fresh = extract.update(catalog, "lt")
    assert fresh["Arrived"].string == "Gauta"
    assert fresh["A text that nobody has said before"].string is None
    assert len(fresh) == 2


def test_a_text_is_said_in_each_language() -> None:
    assert catalogue("en").gettext("Arrived") == "Arrived"
    assert catalogue("lt").gettext("Arrived") == "Gauta"
    assert catalogue("de").gettext("Arrived") == "Arrived"


def test_scripts_get_every_form_of_a_plural() -> None:
    words = ("postcard written so far, of %(cap)s", "postcards written so far, of %(cap)s")
    for language in LANGUAGES:
        say = catalogue(language)
        forms = say.forms_of(*words, cap="10")
        assert len(forms) == (2 if language == "en" else 3)
        rule = Locale.parse(language).plural_form
        for n in (0, 1, 2, 5, 11, 21, 22, 101):  # as wall.js chooses: one, few, the rest
            place = {"one": 0, "few": 1}.get(rule(n), len(forms) - 1)
            assert forms[place] == say.ngettext(*words, n, cap="10"), (language, n)


def test_numbers_days_and_countries() -> None:
    lithuanian = catalogue("lt")
    assert lithuanian.number(10000) == "10\N{NO-BREAK SPACE}000"
    assert catalogue("en").number(10000) == "10,000"
    assert lithuanian.date(dt.date(2026, 12, 18)) == "2026 m. gruodžio 18 d."
    assert lithuanian.country("DE") == "Vokietija"
    assert lithuanian.country("XX") == "XX"
    at = dt.datetime(2026, 12, 18, 22, 30, tzinfo=dt.UTC)
    assert "2026-12-19 00:30" in lithuanian.moment(at, "Europe/Vilnius")
    english = catalogue("en")
    assert english.date(dt.date(2026, 12, 18), "medium") == "18 Dec 2026"
    assert english.clock(dt.time(18, 12)) == "18:12"
    assert english.own_name == "English"
    assert catalogue("uk").own_name == "Українська"


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, []),
        ("", []),
        ("lt", ["lt"]),
        ("en;q=0.5, pl-PL, pl;q=0.9", ["pl-PL", "pl", "en"]),
        ("ru;q=0, uk", ["uk"]),
        ("*;q=0.1,ro", ["ro", "*"]),
        ("<script>, lt;q=x, ;;;", []),
    ],
)
def test_preferences_read_the_header_and_ignore_nonsense(header: str | None, tags: list[str]) -> None:
    assert preferences(header) == tags


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ([], "lt"),
        (["pl-PL", "en"], "pl"),
        (["ja", "de"], "en"),
        (["*"], "lt"),
        (["ja", "ru"], "ru"),
    ],
)
def test_best_language(wanted: list[str], chosen: str) -> None:
    assert best_language(wanted, ("lt", "en", "pl", "ru")) == chosen


def test_best_language_without_english_falls_back_to_the_default() -> None:
    assert best_language(["ja"], ("ro", "uk")) == "ro"
