"""The Vilnius edition with faults planted in it, for the tests of editions."""

from __future__ import annotations

from pathlib import Path

import pytest

import postcards.editions
from postcards.errors import Invalid
from postcards.rules.edition import parse_edition

VILNIUS = (Path(postcards.editions.__file__).parent / "vilnius.toml").read_text("utf-8")


def planted(*changes: tuple[str, str]) -> str:
    text = VILNIUS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def refusal(text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_edition(text, name="mine.toml")
    return caught.value


def line_of(text: str, part: str) -> int:
    return text.count("\n", 0, text.index(part)) + 1
