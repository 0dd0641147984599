"""Looks at a drawn card as eyes, sorting machines and phones do: on its pixels, by crops of the page.

PDFium draws, zxing reads the QR, Pillow's own shaping is the reference for every line of text. None of the three
likes to be called by two threads at once, so one at a time looks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps

from postcards.paper import layout
from postcards.paper.address_block import fit_address, fit_message, fit_sender
from postcards.paper.address_side import warning
from postcards.paper.layout import Zone
from postcards.paper.preflight_page import Block, Line
from postcards.paper.preflight_reference import ONE_AT_A_TIME, ReferenceLine, differing, missing, reference
from postcards.paper.typesetting import MM
from postcards.rules.face import Face, Look
from postcards.rules.sheet import CARD_HEIGHT, Cell

Fault = tuple[str, str]
DPI, COARSE, SCAN = 300, 150, 200
_PAPER = 250  # of 255: lighter is bare paper
_EDGE = 0.5  # mm: half of a frame's line, and the grey beside it
_TAIL = 3.0  # mm: what reaches below the last line of an address
_STRAY = 4  # pixels that may differ: a speck, far less than a dot over an i
_WORDS = (
    "The {what} does not look as it should when it is drawn by other means: a letter is wrong or missing."
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A crop of a card, upright and grey, and how to find a place of the card in it."""

    grey: Image.Image
    left: float  # pixels at the card's left edge, and at its top
    top: float
    per_mm: tuple[float, float]

    def x(self, mm: float) -> float:
        return self.left + mm * self.per_mm[0]

    def y(self, mm: float) -> float:
        return self.top + mm * self.per_mm[1]

    def ink(self, zone: Zone) -> int:
        """How many pixels inside `zone` are not bare paper; those on its edges are left out."""
        left, top = math.ceil(self.x(zone.left) + 0.01), math.ceil(self.y(zone.top) + 0.01)
        right, bottom = math.floor(self.x(zone.right) - 0.01), math.floor(self.y(zone.bottom) - 0.01)
        return sum(self.grey.crop((left, top, right, bottom)).histogram()[:_PAPER])


def pixel_faults(look: Look, face: Face, block: Block, cell: Cell, page: Any) -> Iterator[Fault]:
    """Look at the address side of one card. `page` is PDFium's page, `cell` where the card lies on it, moved by the
    printer's offset.

    This will yield what a postmaster, a sorting machine or a phone would stumble over.
    """
    middle = (layout.ADDRESS.left - 5) * MM
    address = [line for line in block.lines if line.x + line.width / 2 > middle]
    left = [line for line in block.lines if line.x + line.width / 2 <= middle]
    lowest = min((line.y for line in address), default=0) / MM
    foot = min(
        CARD_HEIGHT - lowest + _TAIL, layout.ADDRESS.bottom - 0.5
    )  # nothing stands under the last line
    yield from _blank_zones(look, foot, photograph(page, cell, Zone(0, 0, 148, 105), COARSE))
    yield from _lines_faults(face, address, photograph(page, cell, Zone(76, 43, 136, foot), DPI))
    yield from _left_faults(look, face, left, page, cell)
    if block.symbols:
        yield from _qr_faults(face, block, page, cell)


def photograph(page: Any, cell: Cell, zone: Zone, dpi: int) -> Picture:
    """Draw one zone of a card, turned upright. This will return it in grey."""
    scale = dpi / 72
    with ONE_AT_A_TIME:
        width, height = page.get_size()
    across, down = (
        math.ceil(width * scale),
        math.ceil(height * scale),
    )  # PDFium fills whole pixels with the page
    sx, sy = across / width, down / height
    x1, y1, x2, y2 = _on_page(cell, zone)
    left, right = max(0, math.floor(x1 * sx)), min(across, math.ceil(x2 * sx))
    top, bottom = max(0, math.floor((height - y2) * sy)), min(down, math.ceil((height - y1) * sy))
    cut = (left, down - bottom, across - right, top)
    with ONE_AT_A_TIME:
        bitmap = page.render(
            scale=scale, grayscale=True, crop=tuple(max(0.0, edge - 0.01) / scale for edge in cut)
        )
        drawn = bitmap.to_pil().convert("L")
    return Picture(
        drawn.rotate(-cell.turn, expand=True) if cell.turn else drawn,
        *_corner(cell, height, (sx, sy), (left, top), drawn.size),
        (sx * MM, sy * MM) if cell.turn % 180 == 0 else (sy * MM, sx * MM),
    )


def _corner(
    cell: Cell, height: float, scale: tuple[float, float], at: tuple[int, int], size: tuple[int, int]
) -> tuple[float, float]:
    """Where a card's upper left corner lies in its upright picture; `at` is the crop's corner on the page."""
    x1, y1, x2, y2 = (edge * MM for edge in (cell.x, cell.y, cell.x + cell.width, cell.y + cell.height))
    (sx, sy), (left, top), (wide, high) = scale, at, size
    return {
        0: (x1 * sx - left, (height - y2) * sy - top),
        90: (high + top - (height - y1) * sy, x1 * sx - left),
        180: (wide + left - x2 * sx, high + top - (height - y1) * sy),
        270: ((height - y2) * sy - top, wide + left - x2 * sx),
    }[cell.turn]


def _on_page(cell: Cell, zone: Zone) -> tuple[float, float, float, float]:
    """A zone of a card (mm from its top left corner) on the page, in points from the lower left corner."""
    left, right = zone.left, zone.right
    bottom, top = CARD_HEIGHT - zone.bottom, CARD_HEIGHT - zone.top
    w, h = cell.width, cell.height
    corners = {
        0: (left, bottom, right, top),
        90: (w - top, left, w - bottom, right),
        180: (w - right, h - top, w - left, h - bottom),
        270: (bottom, h - right, top, h - left),
    }[cell.turn]
    x1, y1, x2, y2 = corners
    return (cell.x + x1) * MM, (cell.y + y1) * MM, (cell.x + x2) * MM, (cell.y + y2) * MM


def _blank_zones(look: Look, foot: float, picture: Picture) -> Iterator[Fault]:
    if picture.ink(layout.CODING):
        yield "zone", "Something stands in the lowest 15 mm, which sorting machines need blank."
    within = look.cachet_placement == "within-indicia"
    mark, zone = (layout.INDICIA_WITH_CACHET if within else layout.INDICIA), layout.FRANKING
    around = (
        Zone(zone.left, 0, mark.left - _EDGE, zone.bottom),
        Zone(mark.right + _EDGE, 0, zone.right, zone.bottom),
        Zone(zone.left, 0, zone.right, mark.top - _EDGE),
        Zone(zone.left, mark.bottom + _EDGE, zone.right, zone.bottom),
    )
    if any(picture.ink(side) for side in around):
        yield "zone", "Something beside the prepayment mark stands in its zone."
    address = layout.ADDRESS
    clear = (
        Zone(address.left - 5, address.top, address.left - 0.2, address.bottom),
        Zone(address.right + 0.2, address.top, 148, address.bottom),
        Zone(address.left, address.top, address.right, address.top + 3),
        Zone(address.left, foot, address.right, address.bottom),
    )
    if any(picture.ink(side) for side in clear):
        yield "zone", "Something stands in the 5 mm around the address."


def _lines_faults(face: Face, drawn: Sequence[Line], picture: Picture) -> Iterator[Fault]:
    if not face.address_lines:
        yield from _by_hand_faults(picture)
        return
    wanted = fit_address(face.address_lines).lines
    if len(wanted) != len(drawn):
        yield "reference", f"The address has {len(drawn)} lines, and should have {len(wanted)}."
    elif differing(_ink(picture), _reference(wanted, drawn, picture, face.country)) > _STRAY:
        yield "reference", _WORDS.format(what="address")


def _by_hand_faults(picture: Picture) -> Iterator[Fault]:
    """A stock card: lines to write an address on, and nothing between them."""
    address, lines = layout.ADDRESS, layout.ADDRESS_WRITING_LINES
    if not all(picture.ink(Zone(address.left, y - _EDGE, address.right, y + _EDGE)) for y in lines):
        yield "address", "A line to write the address on is missing."
    edges = (address.top + 3, *lines, address.bottom)
    between = (Zone(address.left, a + _EDGE, address.right, b - _EDGE) for a, b in pairwise(edges))
    if any(picture.ink(zone) for zone in between):
        yield "address", "Something stands where the address is to be written."


def _left_faults(look: Look, face: Face, drawn: Sequence[Line], page: Any, cell: Cell) -> Iterator[Fault]:
    """The sender's name and the message; on TEST cards letters lie on a word, so only what is missing counts."""
    for what, wanted, zone in (
        ("sender's name", fit_sender(face.sender_name).lines if face.sender_name else (), _SENDER),
        ("message", fit_message(face.message).lines if face.message else (), _MESSAGE),
    ):
        lines = [line for line in drawn if _inside(line, zone)]
        if len(lines) != len(wanted):
            yield "reference", f"The {what} has {len(lines)} lines, and should have {len(wanted)}."
        elif wanted:
            picture = photograph(page, cell, zone, DPI)
            compare = missing if warning(look) and zone is _MESSAGE else differing
            if compare(_ink(picture), _reference(wanted, lines, picture, face.country)) > _STRAY:
                yield "reference", _WORDS.format(what=what)


# Where nothing else has ink: between the rule of the heading and the return address, and round the message.
_SENDER = Zone(layout.LEFT - 1, layout.HEADING_BASELINE + 1.9, layout.RIGHT + 1, layout.SENDER_BASELINE + 0.9)
_MESSAGE = Zone(
    layout.MESSAGE.left - 1, layout.MESSAGE.top - 1, layout.MESSAGE.right + 1, layout.MESSAGE.bottom + 1
)


def _inside(line: Line, zone: Zone) -> bool:
    y = CARD_HEIGHT - line.y / MM
    return zone.top <= y <= zone.bottom


def _reference(
    wanted: Iterable[str], drawn: Iterable[Line], picture: Picture, country: str | None
) -> Image.Image:
    lines = [
        ReferenceLine(
            text,
            picture.x(line.x / MM),
            picture.y(CARD_HEIGHT - line.y / MM),
            line.size / MM * picture.per_mm[0],
        )
        for text, line in zip(wanted, drawn, strict=True)
    ]
    return reference(lines, *picture.grey.size, country=country)


def _ink(picture: Picture) -> Image.Image:
    return ImageOps.invert(picture.grey)


def _qr_faults(face: Face, block: Block, page: Any, cell: Cell) -> Iterator[Fault]:
    symbol = block.symbols[0]
    edge = layout.QR_QUIET * layout.QR_MODULE
    left, top = symbol.x / MM, CARD_HEIGHT - (symbol.y + symbol.height) / MM
    size = symbol.width / MM
    zone = Zone(left - edge, top - edge, left + size + edge, top + size + edge)
    for check, picture, why in (
        ("qr", photograph(page, cell, zone, DPI).grey, "The QR code cannot be read as it is drawn."),
        (
            "scan",
            office_scan(photograph(page, cell, zone, SCAN).grey),
            "The QR code cannot be read from a scan.",
        ),
    ):
        read = [found.text for found in zxingcpp.read_barcodes(picture)]
        if read != [face.url]:
            yield check, why if not read else "The QR code leads somewhere else."


def office_scan(page: Image.Image) -> Image.Image:
    """What an office scanner makes of paper: softer, a little turned, grey for white, with noise; the same each time.

    This will return a picture a little larger, with paper around.
    """
    paper, ink = 236, 58
    levels = page.point([ink + (paper - ink) * level // 255 for level in range(256)])
    framed = ImageOps.expand(levels, border=8, fill=paper)
    turned = framed.filter(ImageFilter.GaussianBlur(0.7)).rotate(
        1.7, Image.Resampling.BICUBIC, fillcolor=paper
    )
    return ImageChops.add(turned, _noise(*turned.size), offset=-12)


@lru_cache(maxsize=8)
def _noise(width: int, height: int) -> Image.Image:
    """Grain of 0 to 24 levels. It is the same each time, so that a card passes always or never."""
    grain = random.Random(f"{width}x{height}").randbytes(width * height)  # noqa: S311 - not a secret
    return Image.frombytes("L", (width, height), grain).point([level * 24 // 255 for level in range(256)])
