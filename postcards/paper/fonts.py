"""The typefaces on this machine: which of them has a character, how wide its glyphs are, their outlines.

The files are static TrueType faces of the Noto family (SIL Open Font License), put into `paper/fonts/` by the
build hook out of these npm packages, under the names they have there:

    @expo-google-fonts/noto-sans             NotoSans_400Regular.ttf, NotoSans_700Bold.ttf
    @expo-google-fonts/noto-sans-arabic      NotoSansArabic_400Regular.ttf
    @expo-google-fonts/noto-sans-armenian    NotoSansArmenian_400Regular.ttf
    @expo-google-fonts/noto-sans-devanagari  NotoSansDevanagari_400Regular.ttf
    @expo-google-fonts/noto-sans-georgian    NotoSansGeorgian_400Regular.ttf
    @expo-google-fonts/noto-sans-hebrew      NotoSansHebrew_400Regular.ttf
    @expo-google-fonts/noto-sans-thai        NotoSansThai_400Regular.ttf

Any other `*_400Regular.ttf` with glyf outlines that lies there (Noto Sans JP, SC, KR …) is used for
characters that the ones above lack.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import uharfbuzz as hb

from postcards.errors import Fault, Invalid, Unavailable

FOLDER = Path(__file__).parent / "fonts"
REGULAR = "NotoSans_400Regular"
BOLD = "NotoSans_700Bold"


class NoSuchCharacter(Invalid):
    """No font here has a character; it is named. Never a box, never a question mark."""

    code = "no_such_character"


def no_such_character(characters: Iterable[str]) -> NoSuchCharacter:
    """The refusal that names `characters`. This will return it, to be raised by the caller."""
    named = ", ".join(f"“{each}” ({unicodedata.name(each, 'a sign without a name')})" for each in characters)
    message = f"We cannot print {named}. Please write it with other letters."
    return NoSuchCharacter(message, faults=[Fault("text", "no_such_character", message)])


class _LetterWidths(dict[str, float]):
    """Letter → how far the pen moves, in thousandths of the type size; filled as letters turn up."""

    def __init__(self, typeface: Typeface) -> None:
        super().__init__()
        self._typeface = typeface

    def __missing__(self, character: str) -> float:
        glyph = self._typeface.glyph(character)
        if not glyph:
            raise no_such_character([character])
        width = self[character] = self._typeface.width(glyph)
        return width


class Typeface:
    """One font file. Widths are in thousandths of the type size, as PDF counts them."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.path = path
        self.hb_face: Any = hb.Face(hb.Blob.from_file_path(str(path)))
        self.hb_font: Any = hb.Font(self.hb_face)
        self.per_mille = 1000 / self.hb_face.upem
        self.letter_widths = _LetterWidths(self)
        self._glyphs: dict[str, int] = {}
        self._widths: dict[int, float] = {}

    def glyph(self, character: str) -> int:
        """The glyph of one character. This will return 0 when the face lacks it."""
        glyph = self._glyphs.get(character)
        if glyph is None:
            glyph = self._glyphs[character] = self.hb_font.get_nominal_glyph(ord(character)) or 0
        return glyph

    def width(self, glyph: int) -> float:
        """How far the pen moves after `glyph`, in thousandths of the type size."""
        width = self._widths.get(glyph)
        if width is None:
            width = self._widths[glyph] = self.hb_font.get_glyph_h_advance(glyph) * self.per_mille
        return width

    def left_bearing(self, glyph: int) -> float:
        """From the pen to the ink, in thousandths of the type size; negative when the ink begins before."""
        extents = self.hb_font.get_glyph_extents(glyph)
        return float(extents.x_bearing) * self.per_mille if extents else 0.0


@cache
def typefaces() -> dict[str, Typeface]:
    """All faces by name, Noto Sans first. This will raise `Unavailable` when they have not been installed."""
    paths = sorted(FOLDER.glob("*.ttf"), key=lambda path: (not path.stem.startswith("NotoSans_"), path.stem))
    found = {path.stem: Typeface(path) for path in paths}
    if REGULAR not in found or BOLD not in found:
        raise Unavailable(
            "The fonts for printing are not installed on this machine. Run `make install`.",
            code="fonts_missing",
            retry_after=60,
        )
    return found


def regular() -> Typeface:
    """The face of addresses and of everything else that is read."""
    return typefaces()[REGULAR]


def bold() -> Typeface:
    """The face of headings and marks; never of an address."""
    return typefaces()[BOLD]


@cache
def typeface_for(character: str) -> Typeface | None:
    """The first face that has `character`. This will return None when none has: such text must be refused."""
    for face in typefaces().values():
        if face.name != BOLD and face.glyph(character):
            return face
    return None
