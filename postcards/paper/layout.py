"""Where everything stands on a card, in millimetres from its top left corner, y growing downward.

The postal zones are those of an A6 card as sorting machines expect them; the rest is our own composition of
the left half. Nothing here draws.

    0                                74   79              133      148
    +--------------------------------+-----------------------------+ 0
    | heading                        |                  indicia    |
    | sender, return address         |   (franking, nothing else)  |
    | priority mark                  |                             | 40
    |                                +-----------------------------+
    | message, or lines to write on  |    | recipient      |       |
    |                                |    | 54 x 50 mm     |       |
    | No. 00042 / 10 000             |    |                |       |
    | QR  code      cachet           |    |                |       |
    +--------------------------------+----+----------------+-------+ 90
    |        machine coding: blank (8-148)                         |
    +--------------------------------------------------------------+ 105
"""

from __future__ import annotations

from dataclasses import dataclass

from postcards.rules.sheet import CARD_HEIGHT, CARD_WIDTH


@dataclass(frozen=True, slots=True)
class Zone:
    """A rectangle on a card: left, top, right, bottom in mm from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


CARD = Zone(0, 0, CARD_WIDTH, CARD_HEIGHT)

# The zones of the post (UPU Convention Manual, addressing and franking; EN 14142 for the block).
FRANKING = Zone(74, 0, 148, 40)
ADDRESS = Zone(79, 40, 133, 90)
CODING = Zone(8, 90, 148, 105)
LEFT_HALF = Zone(0, 0, 74, 90)

FRAME = 5.0  # white round the picture on sheets without bleed; also what office printers cannot reach

# The address: one size for the whole block, stepping down, never below 9.2 pt (2.3 mm capitals in Noto Sans).
ADDRESS_SIZES = (10.0, 9.8, 9.6, 9.4, 9.2)
ADDRESS_LINES = 7
ADDRESS_FIRST_BASELINE = 50.0
ADDRESS_LEADING = 4.6  # mm: 13 pt, so that accents on capitals stay clear of the line above

# Where a stock card is written on by hand: 7 mm apart, the last for the country, clear of the coding zone.
ADDRESS_WRITING_LINES = (49.0, 56.0, 63.0, 70.0, 77.0, 84.0)

# The left half, between x = 6 and x = 69.
LEFT = 6.0
RIGHT = 69.0
HEADING_BASELINE = 8.6
HEADING_SIZE = 6.4
SENDER_BASELINE = 14.0
SENDER_SIZE = 6.8
SENDER_SIZES = (6.8, 6.4, 6.0, 5.6)  # of the name; then two lines of 5 pt
SENDER_LEADING = 2.95
SENDER_LINES = 5  # the name and four of the return address
PRIORITY = Zone(6, 27.7, 38, 31.3)
MESSAGE = Zone(6, 34, 69, 58)
MESSAGE_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0)
WRITING_LINES = (39.5, 46.0, 52.5, 59.0)
DIVIDER_X = 71.5
DIVIDER = (6.0, 87.0)

# The QR: 0.508 mm modules are 6 dots at 300 dpi and 12 at 600; quiet zone 4 modules.
QR_MODULE = 0.508
QR_QUIET = 4
QR_LEFT = LEFT
QR_BOTTOM = 87.0  # of the symbol; its quiet zone ends at 89.03, above the coding zone
QR_LARGEST = 37  # modules, version 5: 18.8 mm, with its quiet zone 22.9 mm

NUMBER_SIZE = 6.4
CODE_SIZE = 8.6
CODE_LEADING = 3.9

CACHET_RADIUS = 13.0
CACHET_LEFT = (56.0, 74.0)  # its centre in the left half
CACHET_PICTURE = (29.5, 24.0)  # on the picture side

# The indicia: inside the franking zone, 5 mm from the edges; each side 15 to 50 mm.
INDICIA = Zone(101, 6, 142, 32)
INDICIA_WITH_CACHET = Zone(93, 6, 142, 36)
INDICIA_CACHET_RADIUS = 12.0
INDICIA_WORDS = 300.0  # mm²: the least area of the words, in bold

SMALL_NUMBER_SIZE = 5.0
