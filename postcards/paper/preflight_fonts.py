"""Reads the fonts out of a finished file: are they in it, and are their glyphs those that were meant?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import uharfbuzz as hb

from postcards.paper.fonts import typefaces
from postcards.paper.preflight_file import BrokenFile, PrintFile

_PAIR = re.compile(rb"<([0-9A-F]{4})><([0-9A-F]+)>")


@dataclass(frozen=True, slots=True)
class Letters:
    """A font as a page needs it: each glyph's width (per mille), the text it stands for, and its program."""

    name: str
    widths: Mapping[int, float]
    texts: Mapping[int, str]
    program: bytes


def fonts_in(file: PrintFile, resources: Any) -> dict[str, Letters]:
    """The fonts that a page's resources list, by name. This will raise `BrokenFile` when one is not embedded."""
    listed = file.value(file.value(resources).get("Font"))
    if not isinstance(listed, dict):
        raise BrokenFile("a page has no list of fonts")
    return {name: _font(file, name, file.value(font)) for name, font in listed.items()}


def wrong_glyphs(letters: Letters, used: Iterator[int]) -> Iterator[int]:
    """Of the glyphs `used`, those whose outline in the file is not that of our own font file.

    This will yield their numbers; glyph 0, the box for what a font lacks, is always wrong.
    """
    ours = typefaces().get(letters.name)
    theirs = hb.Font(hb.Face(letters.program)) if letters.program else None
    for glyph in used:
        if not glyph or ours is None or theirs is None or glyph not in letters.widths:
            yield glyph
            continue
        same_shape = theirs.get_glyph_extents(glyph) == ours.hb_font.get_glyph_extents(glyph)
        if (
            not same_shape or abs(letters.widths[glyph] - ours.width(glyph)) > 0.6
        ):  # the file has them rounded
            yield glyph


def _font(file: PrintFile, name: str, font: Any) -> Letters:
    if not isinstance(font, dict) or font.get("Encoding") != "Identity-H":
        raise BrokenFile(f"the font {name} is not ours")
    (descendant,) = (file.value(each) for each in file.value(font["DescendantFonts"]))
    descriptor = file.value(descendant["FontDescriptor"])
    if "FontFile2" not in descriptor:
        raise BrokenFile(f"the font {name} is not embedded")
    widths: dict[int, float] = {}
    listed = iter(file.value(descendant["W"]))
    for first in listed:
        for place, width in enumerate(next(listed, ())):
            widths[first + place] = float(width)
    texts = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in _PAIR.findall(file.content(font["ToUnicode"])[1])
    }
    return Letters(name, widths, texts, file.content(descriptor["FontFile2"])[1])
