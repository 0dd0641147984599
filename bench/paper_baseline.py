"""The naive way to draw cards, frozen: what a first version of any such program does. Not to be made faster or slower.

One reportlab canvas; on each page all art is drawn anew; the QR comes from the library with its own best mask and is
drawn square by square; text by drawString. Scripts other than Latin, Cyrillic and Greek are beyond it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 148, 105
FONTS = Path(__file__).resolve().parent.parent / "postcards" / "paper" / "fonts"

#: A card: its number, the address in the QR, the code in letters, and the lines of the recipient's address.
Card = tuple[int, str, str, tuple[str, ...]]

NIGHT, DUSK, HILL = (1.0, 0.86, 0.36, 0.42), (0.94, 0.84, 0.24, 0.24), (0.80, 0.80, 0.18, 0.22)
CREAM, BLUE, GREY = (0.0, 0.04, 0.20, 0.0), (1.0, 0.62, 0.0, 0.10), (0, 0, 0, 0.62)
RINGS = tuple(
    (radius, (0.9 - at / 10, 0.8 - at / 20, 0.2 + at / 30, 0.2))
    for at, radius in enumerate(range(112, 12, -12))
)


@cache
def fonts() -> None:
    pdfmetrics.registerFont(TTFont("Regular", str(FONTS / "NotoSans_400Regular.ttf")))
    pdfmetrics.registerFont(TTFont("Bold", str(FONTS / "NotoSans_700Bold.ttf")))


def draw_naively(cards: Iterable[Card], out: BinaryIO) -> None:
    """This will write a PDF of two pages a card, A6."""
    fonts()
    canvas: Any = Canvas(out, pagesize=(WIDTH * mm, HEIGHT * mm), pageCompression=1)
    for number, url, code, lines in cards:
        _address_side(canvas, number, url, code, lines)
        canvas.showPage()
        _picture_side(canvas, number)
        canvas.showPage()
    canvas.save()


def _text(canvas: Any, text: str, x: float, y: float, size: float, font: str = "Regular") -> None:
    canvas.setFont(font, size)
    canvas.drawString(x * mm, (HEIGHT - y) * mm, text)


def _address_side(canvas: Any, number: int, url: str, code: str, lines: tuple[str, ...]) -> None:
    canvas.setFillColorCMYK(0, 0, 0, 1)
    canvas.setStrokeColorCMYK(0, 0, 0, 1)
    _text(canvas, "ATVIRUKAS / CARTE POSTALE", 6, 8.6, 6.4, "Bold")
    canvas.line(6 * mm, (HEIGHT - 10) * mm, 69 * mm, (HEIGHT - 10) * mm)
    sender = ("Ona Petraitienė", "Toli yra arti", "Vilniaus rotušė", "LT-01128 Vilnius", "LITHUANIA")
    for at, line in enumerate(sender):
        _text(canvas, line, 6, 14 + at * 2.95, 6.8)
    canvas.setFillColorCMYK(*BLUE)
    canvas.rect(6 * mm, (HEIGHT - 31.3) * mm, 32 * mm, 3.6 * mm, stroke=0, fill=1)
    canvas.setFillColorCMYK(0, 0, 0, 0)
    _text(canvas, "PRIORITAIRE / PAR AVION", 7.5, 30.2, 6.4, "Bold")
    canvas.setFillColorCMYK(0, 0, 0, 1)
    canvas.rect(101 * mm, (HEIGHT - 32) * mm, 41 * mm, 26 * mm, stroke=1, fill=0)
    for text, y, size in (("LIETUVA / LITHUANIA", 12, 9), ("TAXE PERÇUE", 20.5, 14), ("Nr. 2026", 27, 6.6)):
        canvas.setFont("Bold", size)
        canvas.drawCentredString(121.5 * mm, (HEIGHT - y) * mm, text)
    canvas.line(71.5 * mm, 18 * mm, 71.5 * mm, 99 * mm)
    for y in (39.5, 46, 52.5, 59):
        canvas.setDash(0.1, 2.4)
        canvas.line(6 * mm, (HEIGHT - y) * mm, 69 * mm, (HEIGHT - y) * mm)
    canvas.setDash()
    _cachet(canvas, 56, 74, 13)
    canvas.setFillColorCMYK(0, 0, 0, 1)
    _qr(canvas, url, 6, 87)
    _text(canvas, f"No. {number:05d} / 10 000", 6, 69, 6.4, "Bold")
    for at in range(3):
        _text(canvas, code[at * 4 : at * 4 + 4 + at // 2], 23.5, 76 + at * 3.9, 8.6)
    size = 10.0
    while any(canvas.stringWidth(line, "Regular", size) > 54 * mm for line in lines) and size > 9.2:
        size -= 0.2
    for at, line in enumerate(lines):
        _text(canvas, line, 79, 50 + at * 4.6, size)


def _qr(canvas: Any, url: str, left: float, bottom: float) -> None:
    maker = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0)
    maker.add_data(url)
    maker.make(fit=True)
    rows = maker.get_matrix()
    module = 0.508
    for y, row in enumerate(reversed(rows)):
        for x, dark in enumerate(row):
            if dark:
                canvas.rect(
                    (left + x * module) * mm, (HEIGHT - bottom + y * module) * mm, module * mm, module * mm,
                    stroke=0, fill=1,
                )  # fmt: skip


def _cachet(canvas: Any, x: float, y: float, radius: float) -> None:
    canvas.setStrokeColorCMYK(*BLUE)
    canvas.setFillColorCMYK(*BLUE)
    for part in (1.0, 0.95, 0.76):
        canvas.circle(x * mm, (HEIGHT - y) * mm, radius * part * mm, stroke=1, fill=0)
    for part in (0.42, 0.36, 0.3, 0.24, 0.18):
        canvas.circle(x * mm, (HEIGHT - y) * mm, radius * part * mm, stroke=1, fill=0)
    words = "FAR IS CLOSE · 60 · VILNIUS"
    for at, letter in enumerate(words):
        canvas.saveState()
        canvas.translate(x * mm, (HEIGHT - y) * mm)
        canvas.rotate(90 - at * 360 / len(words))
        canvas.setFont("Bold", 5)
        canvas.drawString(radius * 0.8 * mm, 0, letter)
        canvas.restoreState()
    shore = [(-0.7, -0.5), (-0.6, 0.1), (-0.4, 0.2), (-0.2, -0.1), (-0.1, -0.4)]
    for side in (-1, 1):
        _polygon(canvas, [(x + side * px * radius, y - py * radius) for px, py in shore], BLUE)


def _polygon(canvas: Any, points: list[tuple[float, float]], ink: tuple[float, ...]) -> None:
    canvas.setFillColorCMYK(*ink)
    path = canvas.beginPath()
    path.moveTo(points[0][0] * mm, (HEIGHT - points[0][1]) * mm)
    for x, y in points[1:]:
        path.lineTo(x * mm, (HEIGHT - y) * mm)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _picture_side(canvas: Any, number: int) -> None:
    """The same evening as on the real card, in its main shapes: 9 rings of light, stars, two towns, the post's way."""
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(5 * mm, 5 * mm, 138 * mm, 95 * mm)
    canvas.clipPath(frame, stroke=0, fill=0)
    canvas.setFillColorCMYK(*DUSK)
    canvas.rect(0, 0, WIDTH * mm, HEIGHT * mm, stroke=0, fill=1)
    for radius, ink in RINGS:
        canvas.setFillColorCMYK(*ink)
        canvas.circle(80 * mm, (HEIGHT - 58.5) * mm, radius * mm, stroke=0, fill=1)
    chance = random.Random(60)
    canvas.setFillColorCMYK(*CREAM)
    for _ in range(40):
        canvas.circle(chance.uniform(0, 148) * mm, chance.uniform(65, 105) * mm, 0.2 * mm, stroke=0, fill=1)
    canvas.setFillColorCMYK(*NIGHT)
    canvas.rect(0, 0, WIDTH * mm, 43 * mm, stroke=0, fill=1)
    for at in range(12):
        canvas.setFillColorCMYK(*CREAM)
        canvas.ellipse(
            (76 - at) * mm, (40 - at * 2) * mm, (84 + at) * mm, (40.6 - at * 2) * mm, stroke=0, fill=1
        )
    for base, way in ((-4.0, 1), (152.0, -1)):
        for inset, ink in ((0, HILL), (8, NIGHT)):
            ridge = [(base + way * x, 62 + inset + 9 * math.sin(x / 9)) for x in range(0, 60, 3)]
            _polygon(canvas, [*ridge, (base + way * 60, 110), (base, 110)], ink)
        for house in range(8):
            x, top = base + way * (3 + house * 5), 64 + house
            _polygon(canvas, [(x, top), (x + 2.5, top - 2), (x + 5, top), (x + 5, 90), (x, 90)], NIGHT)
            canvas.setFillColorCMYK(0.0, 0.34, 0.62, 0.12)
            canvas.rect((x + 1) * mm, (HEIGHT - top - 3) * mm, 0.75 * mm, 1.15 * mm, stroke=0, fill=1)
    canvas.setStrokeColorCMYK(*CREAM)
    canvas.setDash(1.4, 2.9)
    way_of_post = canvas.beginPath()
    way_of_post.moveTo(19 * mm, 40 * mm)
    for at in range(6):
        x = 19 + at * 19
        way_of_post.curveTo((x + 5) * mm, 75 * mm, (x + 12) * mm, 88 * mm, (x + 19) * mm, 70 * mm)
    canvas.drawPath(way_of_post, stroke=1, fill=0)
    canvas.setDash()
    canvas.restoreState()
    canvas.setFillColorCMYK(*CREAM)
    _text(canvas, "Far is Close", 10.5, 91, 19, "Bold")
    _text(canvas, "Vilnius", 10.8, 95.2, 7)
    for at, credit in enumerate(("Toli yra arti", "Spaustuvė", "Kepyklėlė", "Radijas", "Savaitraštis")):
        canvas.setFont("Regular", 5.4)
        canvas.drawRightString(137.5 * mm, (HEIGHT - 84.6 - at * 2.65) * mm, credit)
    canvas.setFillColorCMYK(0, 0, 0, 1)
    canvas.setFont("Regular", 5)
    canvas.drawRightString(143 * mm, 1.9 * mm, f"No. {number:05d} / 10 000")
