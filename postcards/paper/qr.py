"""QR symbols for the addresses of cards, one version, level and mask for each host, in microseconds.

A QR symbol is an affine function of its data bits: everything, error correction and mask too, is XOR. So the
library `qrcode` is asked about 80 times for a host, once for each bit in which two codes may differ, and from
then on a symbol is the XOR of the pieces of its letters (20 µs where the library takes 900). The tests hold
both against each other.

The address is upper case throughout and so stays in alphanumeric mode: two letters are 11 bits.
"""

from __future__ import annotations

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.util import MODE_ALPHA_NUM, QRData

from postcards.errors import Fault, Invalid, says
from postcards.paper.layout import QR_QUIET

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # ISO/IEC 18004, table 5
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}

# Letters that a version holds at levels M and Q (ISO/IEC 18004, table 7). Larger than version 5 has no room.
CAPACITY = {1: (20, 16), 2: (38, 29), 3: (61, 47), 4: (90, 67), 5: (122, 87)}

SMALL = 3  # 29 modules, 14.7 mm: up to here a level that survives a quarter of the symbol costs nothing

# All masks are legal and readable; looking for the prettiest takes most of the library's time. 2 (every third
# column) breaks up the long runs of these addresses.
MASK = 2


def version_and_level(length: int) -> tuple[int, str]:
    """Level Q as long as version 3 holds it (47 letters); beyond that the smallest version, Q when it fits.

    This will return e.g. (3, "Q"), or raise `Invalid` when the address is too long for a card.
    """
    for version, (medium, quartile) in CAPACITY.items():
        if length <= quartile:
            return version, "Q"
        if length <= medium and length > CAPACITY[SMALL][1]:
            return version, "M"
    message = says(
        "The address in the QR has %(length)s letters, and a card has room for "
        "%(capacity)s: set a shorter POSTCARDS_PUBLIC_URL.",
        length=length,
        capacity=CAPACITY[5][0],
    )
    raise Invalid(message, faults=[Fault("url", "too_long", message)])


def qr_size(url: str) -> int:
    """Modules along a side, without the quiet zone: 21 for version 1, 4 more for each further one."""
    return 17 + 4 * version_and_level(len(url))[0]


def qr_rows(url: str) -> tuple[int, ...]:
    """The symbol as one integer a row, the leftmost module in the highest bit, dark = 1.

    This will raise `Invalid` when `url` has signs that alphanumeric mode lacks (lower case, ? = # & _ ~).
    """
    values = []
    for sign in url:
        value = _VALUE.get(sign)
        if value is None:
            message = says("The address in the QR must be upper case and free of %(sign)s.", sign=repr(sign))
            raise Invalid(message, faults=[Fault("url", "not_alphanumeric", message)])
        values.append(value)
    size = qr_size(url)
    # Everything up to the last slash is the host's own; pairs are counted from the address's first letter.
    fixed = (url.rfind("/") + 1) & ~1
    base, bits = _pieces(url[:fixed], len(url))
    symbol = base
    for place in range(fixed, len(url), 2):
        pair = values[place : place + 2]
        value = pair[0] * 45 + pair[1] if len(pair) == 2 else pair[0]
        columns = bits[(place - fixed) // 2]
        while value:
            low = value & -value
            symbol ^= columns[low.bit_length() - 1]
            value ^= low
    row = (1 << size) - 1
    return tuple((symbol >> (size * (size - 1 - at))) & row for at in range(size))


def qr_matrix(url: str) -> tuple[tuple[bool, ...], ...]:
    """The symbol row by row, True for a dark module, without the quiet zone."""
    size = qr_size(url)
    return tuple(
        tuple(bool(row >> (size - 1 - column) & 1) for column in range(size)) for row in qr_rows(url)
    )


def qr_svg(url: str) -> str:
    """The symbol as an SVG picture of one path, quiet zone 4 included. This will return text that needs no
    style and no script; a module is one unit.
    """
    size = qr_size(url)
    whole = size + 2 * QR_QUIET
    path: list[str] = []
    for y, row in enumerate(qr_rows(url)):
        x = 0
        while x < size:
            length = 0
            while x + length < size and row >> (size - 1 - x - length) & 1:
                length += 1
            if length:
                path.append(f"M{x + QR_QUIET} {y + QR_QUIET}h{length}v1h-{length}z")
            x += max(length, 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" shape-rendering="crispEdges">'
        f'<rect width="{whole}" height="{whole}" fill="#fff"/><path d="{"".join(path)}" fill="#000"/></svg>'
    )


def library_rows(url: str) -> list[list[bool]]:
    """The same symbol by the library, slowly: what the pieces are made from."""
    version, level = version_and_level(len(url))
    maker = qrcode.QRCode(
        version=version,
        error_correction=ERROR_CORRECT_Q if level == "Q" else ERROR_CORRECT_M,
        border=0,
        mask_pattern=MASK,
    )
    maker.add_data(QRData(url, mode=MODE_ALPHA_NUM))
    maker.make(fit=False)
    return [[bool(module) for module in row] for row in maker.get_matrix()]


@lru_cache(maxsize=16)
def _pieces(fixed: str, length: int) -> tuple[int, list[list[int]]]:
    """The symbol of `fixed` followed by zeros, and what each bit of each later pair of letters changes."""
    zeros = "0" * (length - len(fixed))
    base = _as_integer(fixed + zeros)
    pairs: list[list[int]] = []
    for place in range(0, len(zeros), 2):
        width = min(2, len(zeros) - place)
        columns = []
        for bit in range(11 if width == 2 else 6):
            value = 1 << bit
            letters = LETTERS[value // 45] + LETTERS[value % 45] if width == 2 else LETTERS[value]
            columns.append(base ^ _as_integer(fixed + zeros[:place] + letters + zeros[place + width :]))
        pairs.append(columns)
    return base, pairs


def _as_integer(url: str) -> int:
    return int("".join("01"[module] for row in library_rows(url) for module in row), 2)
