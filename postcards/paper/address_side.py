"""The address side: what all cards share is drawn once, each card's own is a few lines of text and a QR."""

from __future__ import annotations

import math
from functools import cache

from postcards.paper import layout
from postcards.paper.address_block import MESSAGE_LEADING, fit_address, fit_message, fit_sender
from postcards.paper.art import BLACK, WHITE, Art, Ink
from postcards.paper.cachet import draw_cachet
from postcards.paper.qr import qr_rows
from postcards.paper.typesetting import MM, Typesetter, overhang, text_width
from postcards.rules.face import Face, Look
from postcards.rules.sheet import CARD_HEIGHT
from postcards.rules.tracking_code import spaced

GREY: Ink = (0, 0, 0, 0.62)
FAINT: Ink = (0, 0, 0, 0.28)
POSTAL_BLUE: Ink = (1.0, 0.62, 0.0, 0.10)
TEST_INK: Ink = (0.0, 0.62, 0.42, 0.0)

_POINT = 25.4 / 72


def draw_address_side(art: Art, look: Look) -> None:
    """Draw everything that is the same on all address sides of a campaign."""
    _heading(art, look)
    _sender(art, look)
    _indicia(art, look)
    top, bottom = layout.DIVIDER
    art.line(layout.DIVIDER_X, top, layout.DIVIDER_X, bottom, stroke=GREY, width=0.4)
    if look.cachet_placement == "left":
        draw_cachet(art, *layout.CACHET_LEFT, layout.CACHET_RADIUS, look.cachet_ring)
    if word := warning(look):
        size = 76.0
        while text_width(word, size, heavy=True) > layout.MESSAGE.width - 2:
            size -= 1
        middle = (layout.MESSAGE.top + layout.MESSAGE.bottom) / 2
        left = layout.MESSAGE.left + (layout.MESSAGE.width - text_width(word, size, heavy=True)) / 2
        art.outlined_text(word, left, middle + size * 0.357 * _POINT, size, ink=TEST_INK, width=1.4)
        _spoiled_indicia(art, look, word)


def draw_writing_lines(art: Art) -> None:
    """Draw the lines to write on, for cards without a typed message."""
    art.dashes(0.01, 2.4)
    for y in layout.WRITING_LINES:
        art.line(layout.LEFT, y, layout.RIGHT, y, stroke=FAINT, width=0.6)
    art.dashes()


@cache
def lines_for_an_address() -> bytes:
    """Lines in the address's place, for who writes it by hand. This will return PDF operators."""
    art = Art(Typesetter())
    art.dashes(0.01, 2.4)
    for y in layout.ADDRESS_WRITING_LINES:
        art.line(layout.ADDRESS.left, y, layout.ADDRESS.right, y, stroke=FAINT, width=0.6)
    art.dashes()
    return b"q " + art.operators() + b"Q\n"


def warning(look: Look) -> str | None:
    """The word that stands across a card which is no real one; None on real cards."""
    return "TEST" if look.test else "PRACTICE" if look.practice else None


def number_text(number: int, cap: int) -> str:
    """This will return e.g. "No. 00042 / 10 000": as many digits as the cap has, thousands apart."""
    return f"No. {number:0{len(str(cap))}d} / {f'{cap:,}'.replace(',', ' ')}"


def face_operators(look: Look, face: Face, set_text: Typesetter) -> bytes:
    """What is this card's own on its address side.

    This will return PDF operators, their origin in the card's lower left corner, or raise `DoesNotFit` or
    `NoSuchCharacter`.
    """
    rows = qr_rows(face.url)
    size = layout.QR_MODULE * len(rows)
    block = fit_address(face.address_lines)
    parts = [b"0 0 0 1 k\n", symbol(rows, size)]
    for place, line in enumerate(block.lines):
        x = layout.ADDRESS.left + overhang(line) * block.size_pt / 1000 * _POINT
        y = layout.ADDRESS_FIRST_BASELINE + place * layout.ADDRESS_LEADING
        parts.append(set_text.line(line, x=x, y=CARD_HEIGHT - y, size=block.size_pt, country=face.country))
    if not face.address_lines:
        parts.append(lines_for_an_address())
    number = number_text(face.number, look.cap)
    top = layout.QR_BOTTOM - size - layout.QR_QUIET * layout.QR_MODULE
    parts.append(
        set_text.line(
            number, x=layout.QR_LEFT, y=CARD_HEIGHT - top + 0.4, size=layout.NUMBER_SIZE, heavy=True
        )
    )
    beside = layout.QR_LEFT + size + layout.QR_QUIET * layout.QR_MODULE + 0.6
    groups = spaced(face.tracking_code).split(" ")
    first = layout.QR_BOTTOM - size / 2 - (len(groups) - 1) * layout.CODE_LEADING / 2 + 1.1
    for place, group in enumerate(groups):
        y = first + place * layout.CODE_LEADING
        parts.append(set_text.line(group, x=beside, y=CARD_HEIGHT - y, size=layout.CODE_SIZE, spacing=0.5))
    if face.sender_name:
        parts.append(_sender_name(face.sender_name, set_text))
    if face.message:
        parts.append(_message(face.message, set_text))
    return b"".join(parts)


def _sender_name(name: str, set_text: Typesetter) -> bytes:
    """One line above the return address, or two small ones that end on the same baseline."""
    block = fit_sender(name)
    leading = block.size_pt * 1.12 * _POINT
    first = layout.SENDER_BASELINE - (len(block.lines) - 1) * leading
    return b"".join(
        set_text.line(line, x=layout.LEFT, y=CARD_HEIGHT - first - place * leading, size=block.size_pt)
        for place, line in enumerate(block.lines)
    )


def _message(message: str, set_text: Typesetter) -> bytes:
    block = fit_message(message)
    leading = block.size_pt * MESSAGE_LEADING * _POINT
    first = layout.MESSAGE.top + block.size_pt * 1.05 * _POINT
    return b"".join(
        set_text.line(
            line, x=layout.MESSAGE.left, y=CARD_HEIGHT - first - place * leading, size=block.size_pt
        )
        for place, line in enumerate(block.lines)
    )


def symbol(
    rows: tuple[int, ...],
    size_mm: float,
    *,
    left: float = layout.QR_LEFT,
    foot: float = CARD_HEIGHT - layout.QR_BOTTOM,
) -> bytes:
    """A QR as an inline one-bit mask in the text's black, each module a whole number of printer's dots.

    `rows` are as `qr_rows` gives them, `size_mm` is a side; it stands at (`left`, `foot`) mm from the lower left.
    This will return PDF operators.
    """
    size = len(rows)
    width = (size + 7) // 8
    pad = 8 * width - size
    # A mask paints where a bit is 0.
    data = b"".join((~(row << pad) & ((1 << (8 * width)) - 1)).to_bytes(width, "big") for row in rows)
    filtered = b""
    if b"EI" in data:  # some readers look for the end of an inline image by these letters
        data, filtered = data.hex().encode() + b">", b"/F/AHx"
    side = size_mm * MM
    return b"q %.3f 0 0 %.3f %.3f %.3f cm BI/IM true/W %d/H %d/BPC 1%b ID %b\nEI Q\n" % (
        side, side, left * MM, foot * MM, size, size, filtered, data,
    )  # fmt: skip


def _heading(art: Art, look: Look) -> None:
    if not look.heading:
        return
    size, spacing = layout.HEADING_SIZE, 0.9
    while (
        text_width(look.heading, size, heavy=True, spacing=spacing) > layout.RIGHT - layout.LEFT and size > 4
    ):
        size -= 0.2
        spacing *= 0.95
    art.text(look.heading, layout.LEFT, layout.HEADING_BASELINE, size, heavy=True, spacing=spacing)
    art.line(
        layout.LEFT, layout.HEADING_BASELINE + 1.5, layout.RIGHT, layout.HEADING_BASELINE + 1.5,
        stroke=GREY, width=0.4,
    )  # fmt: skip


def _sender(art: Art, look: Look) -> None:
    """The return address, below the line kept for the sender's name; the priority mark below it."""
    most = layout.SENDER_LINES - 1
    lines = list(look.return_address[:most])
    if len(look.return_address) > most:  # nothing is left out: the last line takes the rest
        lines[-1] = ", ".join(look.return_address[most - 1 :])
    for place, line in enumerate(lines, start=1):
        size = layout.SENDER_SIZE
        while text_width(line, size) > layout.RIGHT - layout.LEFT:
            size -= 0.1
        art.text(line, layout.LEFT, layout.SENDER_BASELINE + place * layout.SENDER_LEADING, size)
    if look.priority_mark:
        zone = layout.PRIORITY
        size = 6.4
        while text_width(look.priority_mark, size, heavy=True, spacing=0.3) > zone.width - 3 and size > 4:
            size -= 0.2
        wide = text_width(look.priority_mark, size, heavy=True, spacing=0.3) + 3
        art.box(zone.left, zone.top, zone.left + wide, zone.bottom, fill=POSTAL_BLUE)
        baseline = (zone.top + zone.bottom) / 2 + size * 0.357 * _POINT
        art.text(look.priority_mark, zone.left + 1.5, baseline, size, ink=WHITE, heavy=True, spacing=0.3)


def _indicia(art: Art, look: Look) -> None:
    """The Post's prepayment mark: country, words, licence and office in a frame, nothing else near it."""
    mark = look.indicia
    within = look.cachet_placement == "within-indicia"
    zone = layout.INDICIA_WITH_CACHET if within else layout.INDICIA
    art.box(zone.left, zone.top, zone.right, zone.bottom, stroke=BLACK, width=0.9)
    left = zone.left
    if within:
        radius = layout.INDICIA_CACHET_RADIUS
        left += 2 * radius + 1.6
        draw_cachet(art, zone.left + 1.6 + radius, (zone.top + zone.bottom) / 2, radius, look.cachet_ring)
    middle, room = (left + zone.right) / 2, zone.right - left - 3
    height = zone.height

    def centred(text: str, y: float, size: float, *, heavy: bool = False, spacing: float = 0.0) -> None:
        while text_width(text, size, heavy=heavy, spacing=spacing) > room and size > 4:
            size -= 0.1
            spacing *= 0.97
        art.text(text, middle, y, size, heavy=heavy, spacing=spacing, align=0.5)

    # The words have a compartment of their own, at least 300 mm² large; beside a cachet they stand on two lines.
    country, above, below, licence, office = _ROWS_WITHIN if within else _ROWS
    centred(mark.country, zone.top + height * country, 10, heavy=True, spacing=1.2)
    for rule in (above, below):
        y = zone.top + height * rule
        art.line(left + 1.5, y, zone.right - 1.5, y, stroke=BLACK, width=0.5)
    rows = mark.words.split(" ", 1) if within else [mark.words]
    size = 15.0
    while max(text_width(row, size, heavy=True) for row in rows) > room:
        size -= 0.1
    leading = size * 1.15 * _POINT
    first = zone.top + height * (above + below) / 2 + size * 0.357 * _POINT - leading * (len(rows) - 1) / 2
    for place, row in enumerate(rows):
        art.text(row, middle, first + place * leading, size, heavy=True, align=0.5)
    centred(mark.licence, zone.top + height * licence, 6.6)
    centred(mark.office, zone.top + height * office, 6.6)


def _spoiled_indicia(art: Art, look: Look, word: str) -> None:
    """A card that is no real one prepays nothing: a band across the words says so, whoever gets hold of it."""
    zone = layout.INDICIA_WITH_CACHET if look.cachet_placement == "within-indicia" else layout.INDICIA
    x, y = (zone.left + zone.right) / 2, (zone.top + zone.bottom) / 2
    art.push()
    art.clip(
        [(zone.left, zone.top), (zone.right, zone.top), (zone.right, zone.bottom), (zone.left, zone.bottom)]
    )
    art.turned(x, y, -math.atan2(zone.height, zone.width))
    art.box(zone.left - 10, y - 4.2, zone.right + 10, y + 4.2, fill=TEST_INK, stroke=WHITE, width=1.4)
    for text, size, baseline in ((word, 13.0, y + 0.7), (_NOT_POSTAGE, 5.4, y + 3.2)):
        art.text(text, x, baseline, size, ink=WHITE, heavy=True, spacing=0.6, align=0.5)
    art.pop()


_NOT_POSTAGE = (
    "NOT VALID FOR POSTAGE"  # in the language of the cards' own words, English: any sorter reads it
)

# Within the indicia, as parts of its height: the country's baseline, the two rules, licence, office.
_ROWS = (0.235, 0.32, 0.68, 0.80, 0.915)
_ROWS_WITHIN = (0.185, 0.245, 0.775, 0.865, 0.955)
