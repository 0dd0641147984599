"""An edition names a picture in its own folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from postcards.errors import Invalid
from postcards.rules.edition import Edition, parse_edition

VILNIUS = (Path(__file__).parents[2] / "postcards" / "editions" / "vilnius.toml").read_text("utf-8")


def with_card(line):
    return parse_edition(VILNIUS.replace("[card]\n", f"[card]\n{line}\n"), name="vilnius.toml")


@pytest.mark.parametrize("name", ["winter.jpg", "art/Žiema 2026.PNG", "a.b.svg", "card.pdf", "card.jpeg"])
def test_a_file_beside_the_edition_is_named(name):
    card = with_card(f'picture = "{name}"\npicture_words = false').card
    assert (card.picture, card.picture_words, card.picture_sha256) == (name, False, None)


def test_without_a_picture_the_card_has_our_own():
    card = parse_edition(VILNIUS, name="vilnius.toml").card
    assert (card.picture, card.picture_words, card.picture_sha256) == (None, True, None)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.png", "place"),
        ("/etc/hostname.png", "place"),
        ("art/../../secret.png", "place"),
        ("~/secret.png", "place"),
        ("C:secret.png", "place"),
        (r"art\\\\secret.png", "place"),
        ("file:///etc/a.png", "place"),
        ("https://example.org/a.png", "place"),
        ("winter.gif", "kind"),
        ("winter", "kind"),
    ],
)
def test_a_picture_elsewhere_or_of_another_kind_is_refused(name, code):
    with pytest.raises(Invalid) as refused:
        with_card(f'picture = "{name}"')
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("card.picture", code)]


def test_the_hash_under_which_it_is_kept_comes_and_goes_with_it():
    edition = with_card('picture = "winter.jpg"').with_kept_picture("ab" * 32)
    assert Edition.from_dict(edition.to_dict()) == edition
    assert edition.changed(slug="other").card.picture_sha256 == "ab" * 32
    for line in ('picture_sha256 = "' + "ab" * 32 + '"', 'picture = "a.png"\npicture_sha256 = "AB"'):
        with pytest.raises(Invalid) as refused:
            with_card(line)
        assert refused.value.faults[0].field == "card.picture_sha256"
