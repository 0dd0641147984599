"""Text into glyphs for every script: bidirectional order by the Unicode rules, shapes by HarfBuzz.

Latin, Cyrillic and Greek take no part: they are drawn letter by letter (`is_plain`). Everything else is cut
into runs of one direction, one script and one face; each run is shaped with its direction said aloud (a guess
goes wrong for digits), and the runs are put into the order in which they are seen. Shape a line after
wrapping, never before: order is a property of the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import uharfbuzz as hb
from bidi import algorithm as bidi

from postcards.paper.fonts import NoSuchCharacter, Typeface, no_such_character, regular, typeface_for

__all__ = ["Cluster", "Glyph", "NoSuchCharacter", "Run", "is_plain", "missing_characters", "shape_line"]

# Letters whose glyphs stand side by side without joining, reordering or stacking: Latin with all its
# precomposed letters, Greek, Cyrillic, the punctuation of addresses. No combining marks (U+0300-036F).
_PLAIN = re.compile(
    "[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff"
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2116\u2122]*"
)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph: its number in the face, how far the pen moves, where it stands from the pen (per mille)."""

    number: int
    advance: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Glyphs that together stand for some text, which is in the order it is read."""

    text: str
    glyphs: tuple[Glyph, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one face and one direction, from left to right."""

    typeface: Typeface
    clusters: tuple[Cluster, ...]
    width: float  # per mille

    @property
    def glyphs(self) -> tuple[Glyph, ...]:
        return tuple(glyph for cluster in self.clusters for glyph in cluster.glyphs)


def is_plain(text: str) -> bool:
    """Whether `text` needs no shaping. This will return True for Latin, Cyrillic and Greek text in NFC."""
    return _PLAIN.fullmatch(text) is not None


def missing_characters(text: str) -> list[str]:
    """The characters that no installed font has, each once, in order; [] when all is well."""
    return [
        character
        for character in dict.fromkeys(text)
        if typeface_for(character) is None and character not in _INVISIBLE
    ]


# Joiners, non-joiners and the mark that keeps a direction: HarfBuzz knows what to do with them.
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")


def shape_line(text: str, country: str | None = None) -> tuple[Run, ...]:
    """Shape one line, Han characters as they are drawn in `country`.

    This will return its runs from left to right, or raise `NoSuchCharacter`.
    """
    return _shaped_line(text, country if _HAN.search(text) else None)


def forget_lines() -> None:
    """Lines are kept from measuring to drawing; this will let them go, for they are people's addresses."""
    _shaped_line.cache_clear()


_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@lru_cache(maxsize=16)
def _shaped_line(text: str, country: str | None) -> tuple[Run, ...]:
    lacking = missing_characters(text)
    if lacking:
        raise no_such_character(lacking)
    levels = _levels(text)
    pieces = _pieces(text, levels, country)
    return tuple(_shape(*piece) for piece in _seen_order(pieces))


# What reads to the left, the digits of Arabic, and the signs that say so.
_LEFTWARD = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def face_in_line(character: str, before: Typeface | None, country: str | None) -> Typeface:
    """The face of a character that follows another: Latin letters and digits look alike in all lines of a card,
    and spaces, marks and punctuation are of the script that they stand with.
    """
    if before is not None and (
        character in _INVISIBLE or (before.glyph(character) and not _ALIKE.match(character))
    ):
        return before
    return typeface_for(character, country) or regular()


_ALIKE = re.compile("[0-9A-Za-z\u00c0-\u02af\u1e00-\u1eff]")


def _levels(text: str) -> list[int]:
    """The embedding level of each character (UAX #9): even reads to the right, odd to the left."""
    if not _LEFTWARD.search(text):  # all to the right, digits too: rules W7 and I1
        return [0] * len(text)
    base = bidi.get_base_level(text)
    storage: dict[str, Any] = bidi.get_empty_storage()
    storage["base_level"] = base
    storage["base_dir"] = ("L", "R")[base]
    bidi.get_embedding_levels(text, storage)
    for position, entry in enumerate(storage["chars"]):
        entry["position"] = position
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, debug=False)
    bidi.resolve_implicit_levels(storage, debug=False)
    levels = [base] * len(text)
    for entry in storage["chars"]:  # explicit controls have been taken out of it
        levels[entry["position"]] = entry["level"]
    return levels


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    """The script of a letter, None for what all scripts share (digits, spaces, punctuation, marks)."""
    buffer = hb.Buffer()
    buffer.add_str(character)
    buffer.guess_segment_properties()
    script = str(buffer.script) if buffer.script else None
    return None if script in (None, "Zyyy", "Zinh", "Zzzz", "None") else script


def _pieces(text: str, levels: list[int], country: str | None) -> list[tuple[str, int, Typeface, str | None]]:
    """Cut where direction, script or face changes; what all scripts share stays with what is before it."""
    pieces: list[tuple[str, int, Typeface, str | None]] = []
    for character, level in zip(text, levels, strict=True):
        script = _script(character)
        face = face_in_line(character, pieces[-1][2] if pieces else None, country)
        if pieces:
            before, its_level, its_face, its_script = pieces[-1]
            joins = script is None or its_script is None or script == its_script
            if level == its_level and joins and face is its_face:
                pieces[-1] = (before + character, level, face, its_script or script)
                continue
        pieces.append((character, level, face, script))
    return pieces


def _seen_order(
    pieces: list[tuple[str, int, Typeface, str | None]],
) -> list[tuple[str, int, Typeface, str | None]]:
    """Rule L2: from the highest level down to 1, turn round every stretch at that level or above."""
    order = list(pieces)
    for level in range(max((piece[1] for piece in pieces), default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and order[end][1] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = max(end, start + 1)
    return order


def _shape(text: str, level: int, face: Typeface, script: str | None) -> Run:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    if script:
        buffer.script = script
    buffer.direction = "rtl" if level % 2 else "ltr"
    hb.shape(face.hb_font, buffer, {})
    scale = face.per_mille
    glyphs = [
        (info.cluster, Glyph(info.codepoint, at.x_advance * scale, at.x_offset * scale, at.y_offset * scale))
        for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    ]
    width = sum(glyph.advance for _, glyph in glyphs)
    if level % 2 == 0:
        return Run(face, (Cluster(text, tuple(glyph for _, glyph in glyphs)),), width)
    # Readers of PDFs turn right-to-left text round themselves, so each cluster keeps its own text.
    starts = sorted({start for start, _ in glyphs})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    clusters = tuple(
        Cluster(text[start : ends[start]], tuple(glyph for its, glyph in glyphs if its == start))
        for start in dict.fromkeys(start for start, _ in glyphs)
    )
    return Run(face, clusters, width)
