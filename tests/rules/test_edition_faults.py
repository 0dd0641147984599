"""Each fault in an edition is named with its path and its line, all of them at once."""

from __future__ import annotations

import pytest

from postcards.rules.edition import Edition, load_edition, parse_edition
from tests.rules.planting import VILNIUS, line_of, planted, refusal


@pytest.fixture(scope="module")
def vilnius() -> Edition:
    return load_edition("vilnius")


@pytest.mark.parametrize(
    ("change", "field", "code", "says"),
    [
        (("cap = 10_000", "cap = 0"), "cap", "range", "between 1 and"),
        (("cap = 10_000", 'cap = "10000"'), "cap", "type", "a whole number"),
        (("cap = 10_000", "cap = true"), "cap", "type", "a whole number"),
        (("cap = 10_000", "cap = 1e4"), "cap", "type", "a whole number"),
        (('slug = "vilnius"', 'slug = "Vilnius!"'), "slug", "format", "lower-case"),
        (('name = "Far is Close · Vilnius"', 'name = "  "'), "name", "blank", "blank"),
        (('"Europe/Vilnius"', '"Europe/Wilno"'), "time_zone", "choice", "Europe/Vilnius"),
        (
            ('origin_country = "LT"', 'origin_country = "LTU"'),
            "origin_country",
            "format",
            "two capital letters",
        ),
        (
            ('origin_country = "LT"', 'origin_country = "QQ"'),
            "origin_country",
            "choice",
            "not the code of a country",
        ),
        (
            ('["lt", "en", "pl", "ru"]', '["lt", "en", "pl", "ru", "de"]'),
            "languages[4]",
            "choice",
            "not possible",
        ),
        (
            ('["lt", "en", "pl", "ru"]', '["lt", "en", "pl", "ru", "lt"]'),
            "languages[4]",
            "duplicate",
            "twice",
        ),
        (("abroad_only = true", 'abroad_only = "yes"'), "abroad_only", "type", "true or false"),
        (
            ('"origin-english"', '"origin-englisch"'),
            "country_line",
            "choice",
            'Did you mean "origin-english"',
        ),
        (("closes = 2027-01-31", "closes = 2026-01-31"), "dates.closes", "order", "before the opening"),
        (("opens = 2026-12-01", 'opens = "soon"'), "dates.opens", "type", "2026-12-18"),
        (('pl = "Daleko jest blisko"\n', ""), "texts.title.pl", "missing", "is missing"),
        (('ru = "Мэр Вильнюса"', "ru = 5"), "patron.role.ru", "type", "text in quotes"),
        (
            ("first_card_year = 2011", "first_card_year = 1066"),
            "patron.first_card_year",
            "range",
            "between 1869",
        ),
        (('role = "media-partner"', 'role = "media"'), "credits[3].role", "choice", "not possible"),
        (
            ('slug = "library"', 'slug = "town-hall"'),
            "venues[1].slug",
            "duplicate",
            "already that of venues[0]",
        ),
        (('kind = "library"', 'kind = "libary"'), "venues[1].kind", "choice", 'Did you mean "library"'),
        (('mon = "07:30-19:00"', 'mon = "19:00-07:30"'), "venues[3].hours.mon", "order", "run forward"),
        (('mon = "07:30-19:00"', 'mon = "7.30-19"'), "venues[3].hours.mon", "format", "10:00-18:00"),
        (('mon = "07:30-19:00"', "mon = 7"), "venues[3].hours.mon", "type", "text in quotes"),
        (('wed = "10:00-14:00, 15', 'wed = "10:00-16:00, 15'), "venues[4].hours.wed", "order", "run forward"),
        (('mon = "07:30-19:00"', 'moon = "07:30-19:00"'), "venues[3].hours.moon", "unknown_key", '"mon"'),
        (
            ("{ date = 2026-12-24, hours", "{ date = 24, hours"),
            "venues[0].exceptions[1].date",
            "type",
            "a date",
        ),
        (
            ('country = "LIETUVA / LITHUANIA"', 'country = "ЛИТВА"'),
            "indicia.country",
            "latin",
            "Latin letters",
        ),
        (('placement = "left"', 'placement = "right"'), "cachet.placement", "choice", "within-indicia"),
        (('message_area = "lines"', 'message_area = "line"'), "card.message_area", "choice", '"lines"'),
        (("weight_mg = 3_900", "weight_mg = 3900000"), "card.weight_mg", "range", "between"),
        (('category = "A"', 'category = "C"'), "postal_partner.category", "choice", "A, B"),
        (('cut_off = "18:00"', 'cut_off = "24:00"'), "dispatch.cut_off", "format", '"18:00"'),
        (("manifest_size = 400", "manifest_size = 0"), "dispatch.manifest_size", "range", "between"),
        (
            ("manifest_size = 400", "manifest_sise = 400"),
            "dispatch.manifest_sise",
            "unknown_key",
            '"manifest_size"',
        ),
        (('"thu", "fri"]\nnot_on', '"thu", "friday"]\nnot_on'), "dispatch.days[4]", "choice", '"fri"'),
        (('country = "HT"', 'country = "XX"'), "suspended[1].country", "choice", "not the code"),
        (("to = 2026-12-31", "to = 2026-11-30"), "suspended[1].to", "order", "before the first day"),
        (
            ("recipient_after_hand_over = 90", "recipient_after_hand_over = 181"),
            None,
            "range",
            "between 0 and 180",
        ),
        (('version = "2026-1"', 'version = "a b"'), "consent[0].version", "format", "2026-1"),
        (
            ("in_force_from = 2026-11-01", "in_force_from = 1"),
            "consent[0].in_force_from",
            "type",
            "2026-11-01",
        ),
    ],
)
def test_each_planted_fault_is_named_with_its_line(change, field: str | None, code: str, says: str) -> None:
    text = planted(change)
    found = refusal(text)
    [fault] = found.faults
    field = field or "retention.recipient_after_hand_over"
    assert (fault.field, fault.code) == (field, code)
    assert says in fault.message
    # A missing key has the line of its table; all others their own.
    place = "[texts.title]" if code == "missing" else change[0]
    assert fault.message.startswith(f"Line {line_of(VILNIUS, place)}, {field}: ")
    assert fault.message in found.message
    assert found.message.startswith("mine.toml cannot be used. ")


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    text = planted(
        ("cap = 10_000", "cap = -1"),
        ('kind = "library"', 'kind = "attic"'),
        ("first_card_year", "first_kard_year"),
        ('cut_off = "18:00"', 'cut_off = "soon"'),
    )
    found = refusal(text)
    assert [fault.field for fault in found.faults] == [
        "cap",
        "patron.first_card_year",
        "patron.first_kard_year",
        "venues[1].kind",
        "dispatch.cut_off",
    ]
    assert found.message.endswith("(and 4 more)")
    assert 'Did you mean "first_card_year"?' in found.faults[2].message


def test_an_empty_file_misses_everything_that_is_needed_and_nothing_else() -> None:
    faults = refusal("").faults
    assert {fault.code for fault in faults} == {"missing"}
    assert {fault.field for fault in faults if "." not in fault.field} == {
        *("slug", "name", "cap", "languages", "time_zone", "origin_country", "city", "guardian_age", "dates"),
        *("texts", "venues", "indicia", "cachet", "card", "postal_partner", "dispatch", "consent"),
    }


def test_consent_versions_follow_each_other() -> None:
    more = '\n[[consent]]\nversion = "{0}"\nin_force_from = {1}\n[consent.texts]\n'
    words = 'lt = "a"\nen = "b"\npl = "c"\nru = "d"\n'
    twice = refusal(VILNIUS + more.format("2026-1", "2026-12-10") + words)
    assert [(fault.field, fault.code) for fault in twice.faults] == [("consent[1].version", "duplicate")]
    early = refusal(VILNIUS + more.format("2026-2", "2026-10-31") + words)
    assert [(fault.field, fault.code) for fault in early.faults] == [("consent[1].in_force_from", "order")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = 1\nb = "', 2),
        ("a = 1\n\na = 2\n", 3),
        ("a = 1\n[b\n", 2),
        ("x = " + "[" * 5_000, 1),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int) -> None:
    found = refusal(text)
    assert [fault.code for fault in found.faults] == ["syntax"]
    assert f"Line {line}: this is not TOML" in found.message


def test_a_byte_order_mark_and_windows_lines_are_no_faults(vilnius: Edition) -> None:
    assert parse_edition("\ufeff" + VILNIUS.replace("\n", "\r\n"), name="x") == vilnius
    text = planted(("cap = 10_000", "cap = 0")).replace("\n", "\r\n")
    assert refusal(text).faults[0].message.startswith(f"Line {line_of(text, 'cap = 0')}, cap")
