"""Sets lines of text into a PDF: text operators out, and at the end the fonts with the glyphs that were used.

Each face becomes one composite font whose codes are the face's own glyph numbers, so what HarfBuzz answers is
what is printed. Letters of plain text are looked up in a table; shaped glyphs that stand for no single letter
carry their text along (ActualText), so that searching and copying give back what was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import uharfbuzz as hb

from postcards.paper.fonts import BOLD, REGULAR, Typeface, bold, no_such_character, regular
from postcards.paper.pdf_file import PdfFile, text_string
from postcards.paper.shaping import Glyph, is_plain, shape_line

MM = 72 / 25.4  # PDF points in a millimetre


class _Letters(dict[str, str]):
    """Letter → its glyph's number in four hexadecimal digits, filled as letters turn up."""

    def __init__(self, typeface: Typeface) -> None:
        super().__init__()
        self.typeface = typeface

    def __missing__(self, character: str) -> str:
        glyph = self.typeface.glyph(character)
        if not glyph:
            raise no_such_character([character])
        code = self[character] = f"{glyph:04X}"
        return code


class Typesetter:
    """The fonts of one PDF file. `line` sets text; `write` puts the fonts into the file, last of all.

    It may begin with the letters of `before`, a typesetter whose text goes into the same file.
    """

    def __init__(self, before: Typesetter | None = None) -> None:
        self._regular = _Letters(regular())
        self._bold = _Letters(bold())
        self._shaped: dict[str, tuple[Typeface, dict[int, str]]] = {}
        if before is not None:
            self._regular.update(before._regular)
            self._bold.update(before._bold)
            self._shaped = {name: (face, dict(texts)) for name, (face, texts) in before._shaped.items()}

    def line(
        self, text: str, *, x: float, y: float, size: float, heavy: bool = False, spacing: float = 0.0,
        country: str | None = None,
    ) -> bytes:  # fmt: skip
        """One line of text: pen at (x, y) mm from the lower left, `size` and letter `spacing` in points.

        `heavy` is for Latin, Cyrillic and Greek headings; Han characters are drawn as in `country`.
        This will return PDF operators, or raise `NoSuchCharacter`.
        """
        left, up = x * MM, y * MM
        if heavy or is_plain(text):
            letters, name = (self._bold, BOLD) if heavy else (self._regular, REGULAR)
            codes = "".join([letters[character] for character in text])
            space = f"{spacing:g} Tc " if spacing else ""
            unspace = " 0 Tc" if spacing else ""
            return f"BT /{name} {size:g} Tf {space}{left:.2f} {up:.2f} Td <{codes}> Tj{unspace} ET\n".encode()
        return self._shaped_line(text, left, up, size, country)

    def _shaped_line(self, text: str, left: float, up: float, size: float, country: str | None) -> bytes:
        parts: list[str] = []
        for run in shape_line(text, country):
            texts = self._shaped.setdefault(run.typeface.name, (run.typeface, {}))[1]
            parts.append(f"BT /{run.typeface.name} {size:g} Tf {left:.2f} {up:.2f} Td\n")
            silent: list[Glyph] = []  # glyphs that are found again by their own text
            for cluster in run.clusters:
                for glyph in cluster.glyphs:
                    texts.setdefault(glyph.number, cluster.text if len(cluster.glyphs) == 1 else "")
                if len(cluster.glyphs) == 1 and texts[cluster.glyphs[0].number] == cluster.text:
                    silent += cluster.glyphs
                    continue
                parts.append(_glyphs(run.typeface, silent, size))
                silent = []
                drawn = _glyphs(run.typeface, cluster.glyphs, size)
                parts.append(f"/Span <</ActualText {text_string(cluster.text).decode()}>> BDC\n{drawn}EMC\n")
            parts.append(_glyphs(run.typeface, silent, size))
            parts.append("ET\n")
            left += run.width * size / 1000
        return "".join(parts).encode()

    def write(self, file: PdfFile, resources: int) -> None:
        """Write the fonts used, and under the number `resources` the font dictionary that lists them."""
        used: dict[str, tuple[Typeface, dict[int, str]]] = {}
        for letters in (self._regular, self._bold):
            glyphs = {int(code, 16): character for character, code in letters.items()}
            used[letters.typeface.name] = (letters.typeface, glyphs)
        for name, (typeface, texts) in self._shaped.items():
            glyphs = used.setdefault(name, (typeface, {}))[1]
            for number, text in texts.items():
                glyphs.setdefault(number, text)
        entries = b"".join(
            b"/%b %d 0 R" % (name.encode(), _write_font(file, typeface, dict(sorted(glyphs.items()))))
            for name, (typeface, glyphs) in sorted(used.items())
            if glyphs
        )
        file.write(resources, b"<<%b>>" % entries)


def text_width(text: str, size: float, *, heavy: bool = False, spacing: float = 0.0) -> float:
    """How wide `text` is when set at `size` points. This will return millimetres."""
    return (_per_mille(text, heavy) * size / 1000 + spacing * len(text)) / MM


def _per_mille(text: str, heavy: bool) -> float:
    """Widths are kept letter by letter: a memory of whole lines would be one of people's addresses."""
    if heavy or is_plain(text):
        widths = (bold() if heavy else regular()).letter_widths
        return sum([widths[character] for character in text])
    return sum(run.width for run in shape_line(text))


def overhang(text: str) -> float:
    """How far the first glyph's ink stands out to the left of the pen (J does), per mille of the size."""
    if not text:
        return 0.0
    if is_plain(text):
        face, glyph, dx = regular(), regular().glyph(text[0]), 0.0
    else:
        run = shape_line(text)[0]
        face, glyph, dx = run.typeface, run.glyphs[0].number, run.glyphs[0].dx
    return max(0.0, -(face.left_bearing(glyph) + dx))


def _glyphs(typeface: Typeface, glyphs: Sequence[Glyph], size: float) -> str:
    """Glyphs moved where HarfBuzz moves them: sideways inside TJ, upward by text rise."""
    out: list[str] = []
    codes: list[str] = []
    rise = move = 0.0  # what the pen is still to move to the left, per mille: two numbers would run into one

    def flush() -> None:
        nonlocal move
        if abs(move) > 0.05:
            codes.append(f"{move:.1f}")
            move = 0.0
        if codes:
            out.append("[" + "".join(codes).replace("><", "") + "] TJ\n")
            codes.clear()

    for glyph in glyphs:
        if glyph.dy != rise:
            flush()
            rise = glyph.dy
            out.append(f"{rise * size / 1000:.3f} Ts\n")
        move -= glyph.dx
        if abs(move) > 0.05:
            codes.append(f"{move:.1f}")
            move = 0.0
        codes.append(f"<{glyph.number:04X}>")
        move += typeface.width(glyph.number) + glyph.dx - glyph.advance
    flush()
    if rise:
        out.append("0 Ts\n")
    return "".join(out)


def _write_font(file: PdfFile, typeface: Typeface, glyphs: dict[int, str]) -> int:
    """One composite font (Type0, Identity-H) with only the glyphs used. Returns its object number."""
    font = typeface.hb_font.get_font_extents("ltr")
    head = hb.Face(typeface.hb_face.blob)
    scale = typeface.per_mille
    subset = _subset(typeface, tuple(glyphs))
    name = _subset_name(typeface, glyphs)
    program = file.stream(subset, b"/Length1 %d" % len(subset))
    box = _bounding_box(head, scale)
    descriptor = file.write(
        file.reserve(),
        b"<</Type/FontDescriptor/FontName/%b/Flags 4/FontBBox[%b]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight 714/StemV %d/FontFile2 %d 0 R>>"
        % (
            name,
            box,
            font.ascender * scale,
            font.descender * scale,
            120 if "Bold" in typeface.name else 80,
            program,
        ),
    )
    widths = b"".join(b"%d[%d]" % (glyph, round(typeface.width(glyph))) for glyph in glyphs)
    descendant = file.write(
        file.reserve(),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor %d 0 R/DW 0/W[%b]/CIDToGIDMap/Identity>>"
        % (name, descriptor, widths),
    )
    to_unicode = file.stream(_to_unicode(glyphs))
    return file.write(
        file.reserve(),
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H"
        b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, descendant, to_unicode),
    )


# What a PDF reader does not look at in an embedded program of a composite font.
_NEEDLESS = (b"GSUB", b"GPOS", b"GDEF", b"name", b"post", b"OS/2", b"cmap", b"STAT", b"DSIG")


@lru_cache(maxsize=64)
def _subset(typeface: Typeface, glyphs: tuple[int, ...]) -> bytes:
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.glyph_set.update(glyphs)
    wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in _NEEDLESS)
    return bytes(hb.subset(typeface.hb_face, wanted).blob.data)


def _subset_name(typeface: Typeface, glyphs: dict[int, str]) -> bytes:
    """Six letters before the name say that it is a subset (ISO 32000-1, 9.6.4), here from its glyphs."""
    value = 0
    for glyph in glyphs:
        value = (value * 8191 + glyph) % 26**6
    letters = bytes(65 + (value // 26**place) % 26 for place in range(6))
    return letters + b"+" + typeface.name.replace("_400", "-").replace("_700", "-").encode()


def _bounding_box(face: hb.Face, scale: float) -> bytes:
    """From the table `head`: xMin, yMin, xMax, yMax at bytes 36-43."""
    table = bytes(face.reference_table("head").data)
    corners = [int.from_bytes(table[at : at + 2], "big", signed=True) for at in range(36, 44, 2)]
    return b" ".join(b"%d" % round(corner * scale) for corner in corners)


def _to_unicode(glyphs: dict[int, str]) -> bytes:
    pairs = [
        b"<%04X><%b>" % (glyph, text.encode("utf-16-be").hex().upper().encode())
        for glyph, text in glyphs.items()
        if text
    ]
    blocks = [
        b"%d beginbfchar\n%b\nendbfchar" % (len(pairs[at : at + 100]), b"\n".join(pairs[at : at + 100]))
        for at in range(0, len(pairs), 100)
    ]
    return (
        b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        b"/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"
        b"1 begincodespacerange<0000><FFFF>endcodespacerange\n"
        + b"\n".join(blocks)
        + b"\nendcmap CMapName currentdict/CMap defineresource pop end end\n"
    )
