"""Follows the drawing of one page and tells what stands where: forms, lines of text, QR symbols, card by card.

It reads the finished page, not the intentions of who drew it: letters, sizes and places are those that a printer
will use. Lengths are points, from the lower left corner of the card.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from postcards.paper.preflight_file import BrokenFile
from postcards.paper.preflight_fonts import Letters

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)

_TOKEN = re.compile(
    rb"\s*(?:([-+]?(?:\d+\.?\d*|\.\d+))|<([0-9A-Fa-f]*)>|/([^\s/<>\[\]()]+)|([A-Za-z'\"*]+\d?)|(\[|\]|<<|>>))"
)
# What most lines of text look like, from BT to ET: the same as one by one below, in a quarter of the time.
_PLAIN_LINE = re.compile(
    rb" /(\S+) ([\d.]+) Tf (?:([\d.]+) Tc )?([\d.]+) ([\d.]+) Td <([0-9A-F]*)> Tj(?: 0 Tc)? ET\n"
)
# What colours and shapes do to a page is for the pixels.
_SILENT = frozenset(b"k K g G rg RG w m l c h re f f* S s B b n W W* J j d M Tr ET Ts".split())
_NUMBER, _HEX, _NAME, _WORD, _BRACKET = range(1, 6)


@dataclass(slots=True)
class Line:
    """One line of text. `x`, `y` is where the pen begins; `codes` are glyph numbers from left to right."""

    size: float
    x: float
    y: float
    width: float
    codes: list[int]
    text: str  # from left to right, cluster by cluster
    fonts: list[str]  # the font of each

    @property
    def right(self) -> float:
        return self.x + self.width


@dataclass(slots=True)
class Symbol:
    """An inline one-bit picture: its rows as integers, 1 = dark, and the square it fills."""

    x: float
    y: float
    width: float
    height: float
    rows: tuple[int, ...]


@dataclass(slots=True)
class Block:
    """Everything between one outer `q` and its `Q`: on a sheet, one side of one card."""

    matrix: Matrix = IDENTITY
    forms: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)


def follow(content: bytes, letters: Callable[[str], Letters]) -> list[Block]:
    """What a page's (or a form's) operators draw. `letters` gives a font by its name in the resources.

    This will return the outermost blocks that hold anything, in order; what stands outside all of them comes as
    one more block at the end. Raises `BrokenFile` when the operators cannot be followed.
    """
    return _Follower(letters).blocks(content)


class _Follower:
    def __init__(self, letters: Callable[[str], Letters]) -> None:
        self._letters = letters
        self._loose = Block()
        self._block = self._loose
        self._found: list[Block] = []
        self._matrices: list[Matrix] = []
        self._matrix = IDENTITY  # within the block
        self._font, self._size, self._spacing = "", 0.0, 0.0
        self._pen, self._line_start = (0.0, 0.0), (0.0, 0.0)
        self._spoken: str | None = None

    def blocks(self, content: bytes) -> list[Block]:
        numbers: list[float] = []
        things: list[bytes | str | float] = []  # strings and names, and the numbers inside brackets
        depth, at, end = 0, 0, len(content)
        match = _TOKEN.match
        while at < end:
            found = match(content, at)
            if found is None:
                if content[at:].strip():
                    raise BrokenFile("a page's drawing cannot be followed")
                break
            at, kind = found.end(), found.lastindex
            if kind == _NUMBER:
                (things if depth else numbers).append(float(found[1]))
            elif kind == _HEX:
                things.append(found[2])
            elif kind == _NAME:
                things.append(found[3].decode("latin-1"))
            elif kind == _BRACKET:
                depth += 1 if found[5] in (b"[", b"<<") else -1
            else:
                word = found[4]
                if word in _SILENT:
                    pass
                elif word == b"BI":
                    at = self._picture(content, at)
                elif word == b"BT" and (plain := _PLAIN_LINE.match(content, at)):
                    at = plain.end()
                    self._plain(*plain.groups())
                else:
                    self._operate(word, numbers, things)
                numbers, things = [], []
        if self._matrices:
            raise BrokenFile("a page's drawing is cut off")
        if _holds(self._loose):
            self._found.append(self._loose)
        return self._found

    def _operate(self, word: bytes, numbers: list[float], things: list[bytes | str | float]) -> None:
        if word in (b"Tj", b"TJ"):
            self._show(things)
        elif word == b"Td":
            x, y = self._line_start
            self._pen = self._line_start = (x + numbers[0], y + numbers[1])
        elif word == b"Tf":
            self._font, self._size = str(things[0]), numbers[0]
        elif word == b"Tc":
            self._spacing = numbers[0]
        elif word == b"BT":
            self._pen = self._line_start = (0.0, 0.0)
        elif word == b"q":
            if not self._matrices:
                self._block = Block()
                self._matrix = IDENTITY
            self._matrices.append(self._matrix)
        elif word == b"Q":
            self._leave()
        elif word == b"cm":
            self._matrix = _times(tuple(numbers), self._matrix)  # type: ignore[arg-type]
            if len(self._matrices) == 1 and not _holds(self._block):
                self._block.matrix, self._matrix = _times(self._matrix, self._block.matrix), IDENTITY
        elif word == b"Do":
            self._block.forms.append(str(things[0]))
        elif word == b"BDC":
            self._spoken = bytes.fromhex(bytes(things[-1]).decode()).decode("utf-16")  # type: ignore[arg-type]
        elif word == b"EMC":
            self._spoken = None

    def _plain(
        self, font: bytes, size: bytes, spacing: bytes | None, x: bytes, y: bytes, codes: bytes
    ) -> None:
        self._font, self._size = font.decode("latin-1"), float(size)
        self._spacing = float(spacing or 0)
        self._pen = self._line_start = (float(x), float(y))
        self._show([codes])
        self._spacing = 0.0

    def _leave(self) -> None:
        if not self._matrices:
            raise BrokenFile("a page's drawing cannot be followed")
        self._matrix = self._matrices.pop()
        if not self._matrices:
            if _holds(self._block):
                self._found.append(self._block)
            self._block = self._loose

    def _show(self, things: list[bytes | str | float]) -> None:
        letters, size = self._letters(self._font), self._size
        widths, texts = letters.widths, letters.texts
        codes: list[int] = []
        width, text = 0.0, ""
        for thing in things:
            if isinstance(thing, float):
                width -= thing
                continue
            raw = bytes.fromhex(thing.decode() if isinstance(thing, bytes) else thing)
            own = struct.unpack(f">{len(raw) // 2}H", raw)
            codes += own
            width += sum([widths.get(code, 0.0) for code in own])
            text += "".join([texts.get(code, "") for code in own])
        if self._spoken is not None:
            text, self._spoken = self._spoken, ""
        a, b, c, d, e, f = self._matrix
        x, y = self._pen
        long = width * size / 1000 + self._spacing * len(codes)
        self._pen = (x + long, y)
        x, y = a * x + c * y + e, b * x + d * y + f
        last = self._block.lines[-1] if self._block.lines else None
        if last and abs(last.y - y) < 0.01 and abs(last.right - x) < 0.1 and last.size == size:
            last.width += long
            last.codes += codes
            last.text += text
            last.fonts += [self._font] * len(codes)
        else:
            self._block.lines.append(Line(size, x, y, long, codes, text, [self._font] * len(codes)))

    def _picture(self, content: bytes, at: int) -> int:
        start = content.find(b"ID ", at)
        head = content[at:start]
        wide, high = re.search(rb"/W (\d+)", head), re.search(rb"/H (\d+)", head)
        if start < 0 or wide is None or high is None or b"/BPC 1" not in head:
            raise BrokenFile("a picture in a page cannot be read")
        start, columns, count = start + 3, int(wide[1]), int(high[1])
        bytes_a_row = (columns + 7) // 8
        if b"/AHx" in head:
            end = content.index(b">", start)
            data, after = bytes.fromhex(content[start:end].decode()), end + 1
        else:
            after = start + bytes_a_row * count
            data = content[start:after]
        if not content.startswith(b"\nEI", after) or len(data) != bytes_a_row * count:
            raise BrokenFile("a picture in a page is cut off")
        pad, full = 8 * bytes_a_row - columns, (1 << columns) - 1
        rows = tuple(
            ~(int.from_bytes(data[place : place + bytes_a_row], "big") >> pad) & full
            for place in range(0, len(data), bytes_a_row)
        )
        a, _, _, d, e, f = self._matrix
        self._block.symbols.append(Symbol(e, f, a, d, rows))
        return after + 3


def _holds(block: Block) -> bool:
    return bool(block.forms or block.lines or block.symbols)


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip
