"""The typefaces on this machine: which of them has a character, how wide its glyphs are, their outlines.

The files are static TrueType faces of the Noto family (SIL Open Font License), laid out by the build hook:

    fonts/        Noto Sans regular and bold (Latin, Greek, Cyrillic, Devanagari), Arabic, Armenian, Devanagari,
                  Georgian, Hebrew, Thai: the standard installation
    fonts.cjk/    Noto Sans SC, TC, JP, KR: the extra “cjk”
    fonts.world/  Bengali, Tamil, Ethiopic and other scripts that are small: the extra “world”

One Han character is drawn differently in China, Taiwan, Japan and Korea, so where a card goes decides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import uharfbuzz as hb

from postcards.errors import Fault, Invalid, Said, Unavailable, as_given, says, says_all, says_n

FOLDER = Path(__file__).parent / "fonts"
EXTRAS = ("cjk", "world")
REGULAR = "NotoSans_400Regular"
BOLD = "NotoSans_700Bold"


class NoSuchCharacter(Invalid):
    """No font here has a character; it is named. Never a box, never a question mark."""

    code = "no_such_character"


def no_such_character(characters: Iterable[str]) -> NoSuchCharacter:
    """The refusal that names `characters`. This will return it, to be raised by the caller."""
    message = says_all([unprintable(characters), says("Please write it with other letters.")])
    return NoSuchCharacter(message, faults=[Fault("text", "no_such_character", message)])


def unprintable(characters: Iterable[str]) -> Said:
    """Say which characters cannot be printed here, and which extra would bring them.

    This will return e.g. "“木” (CJK UNIFIED IDEOGRAPH-6728) needs the extra “cjk”, which is not installed here."
    """
    by_extra: dict[str | None, list[str]] = {}
    for character in characters:
        extra = extra_for(character)
        by_extra.setdefault(None if extra and folder_of(extra).is_dir() else extra, []).append(character)
    said = []
    for extra, lacking in by_extra.items():
        shown = _listed(lacking)
        if extra is None:
            said.append(says("We cannot print %(shown)s.", shown=shown))
        else:
            said.append(
                says_n(
                    "%(shown)s needs the extra “%(extra)s”, which is not installed here.",
                    "%(shown)s need the extra “%(extra)s”, which is not installed here.",
                    len(lacking),
                    shown=shown,
                    extra=extra,
                )
            )
    return says_all(said)


def _listed(characters: list[str]) -> Said:
    """One with its name, for it may look like nothing; of many the first four."""
    if len(characters) == 1:
        name = unicodedata.name(characters[0], None) or says("a sign without a name")
        return says("“%(sign)s” (%(name)s)", sign=characters[0], name=name)
    shown = ", ".join(f"“{each}”" for each in characters[:4])
    more = len(characters) - 4
    return says("%(shown)s and %(more)s more", shown=shown, more=more) if more > 0 else as_given(shown)


def extra_for(character: str) -> str | None:
    """The extra whose faces have the script of `character`; None when none of them has."""
    at = ord(character)
    return next((extra for first, last, extra in _BROUGHT if first <= at <= last), None)


def folder_of(extra: str) -> Path:
    """Where the faces of an extra lie once it has been installed."""
    return FOLDER.with_name(f"{FOLDER.name}.{extra}")


# Blocks of Unicode, and the extra that has a face for them.
_BROUGHT = (
    (0x0780, 0x07BF, "world"),  # Thaana
    (
        0x0980,
        0x0DFF,
        "world",
    ),  # Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam, Sinhala
    (0x0E80, 0x0EFF, "world"),  # Lao
    (0x0F00, 0x0FFF, "world"),  # Tibetan
    (0x1000, 0x109F, "world"),  # Myanmar
    (0x1100, 0x11FF, "cjk"),  # Hangul letters
    (0x1200, 0x139F, "world"),  # Ethiopic
    (0x1780, 0x17FF, "world"),  # Khmer
    (0x2E80, 0xA4CF, "cjk"),  # radicals, kana, bopomofo, ideographs, Yi
    (0xAC00, 0xD7FF, "cjk"),  # Hangul
    (0xF900, 0xFAFF, "cjk"),  # compatibility ideographs
    (0xFF00, 0xFFEF, "cjk"),  # full-width forms
)

# Which Han face a country reads with ease; everybody else gets the mainland's.
_HAN = ("NotoSansSC_400Regular", "NotoSansTC_400Regular", "NotoSansJP_400Regular", "NotoSansKR_400Regular")
_HAN_OF = {"TW": 1, "HK": 1, "MO": 1, "JP": 2, "KR": 3, "KP": 3}


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
        self._bearings: dict[int, float] = {}

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
        bearing = self._bearings.get(glyph)
        if bearing is None:
            extents = self.hb_font.get_glyph_extents(glyph)
            bearing = self._bearings[glyph] = float(extents.x_bearing) * self.per_mille if extents else 0.0
        return bearing


@cache
def typefaces() -> dict[str, Typeface]:
    """All faces by name, Noto Sans first. This will raise `Unavailable` when they have not been installed."""
    standard = sorted(
        FOLDER.glob("*.ttf"), key=lambda path: (not path.stem.startswith("NotoSans_"), path.stem)
    )
    extras = [path for extra in reversed(EXTRAS) for path in sorted(folder_of(extra).glob("*.ttf"))]
    found = {path.stem: Typeface(path) for path in (*standard, *extras)}
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


@lru_cache(maxsize=1 << 16)
def typeface_for(character: str, country: str | None = None) -> Typeface | None:
    """The first face that has `character`, for Han characters the one they read in `country`.

    This will return None when none has it: such text must be refused.
    """
    wanted = _HAN[_HAN_OF.get(country or "", 0)]
    faces = typefaces()
    order = sorted(faces, key=lambda name: (name in _HAN, name != wanted if name in _HAN else False))
    return next((faces[name] for name in order if name != BOLD and faces[name].glyph(character)), None)
