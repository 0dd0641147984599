"""Writes a PDF from front to back, object by object, remembering nothing of it but where each object began.

So a run of any length takes the memory of one card. Reportlab draws our art and could write the file too, but
keeps every page until the end. What is written depends on what is drawn and on nothing else: no dates, and
the file's ID is the hash of its own bytes.

Pages and other dictionaries lie a hundred together in compressed object streams (ISO 32000-1, 7.5.7), and the
cross references are a stream too: a card's two pages then take a fifth less of the file, for every page says
the same of its boxes and fonts.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from typing import BinaryIO

_PAGES_A_NODE = 256  # a page tree of two levels: 65,536 pages before its root gets long
_TOGETHER = 100  # dictionaries in an object stream: more save little, and are looked for longer
_LEVEL = 6  # zlib: 9 takes twice the time for 1 % less
_INSIDE = 1 << 63  # marks a place inside an object stream: its number above bit 16, the index below
_FREE = b"\0" * 5 + b"\xff\xff"


class PdfFile:
    """An open PDF. Call `close` last; nothing is a PDF before."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._hash = hashlib.sha256()
        self._places = array("Q", [0])
        self._nodes: list[int] = []
        self._kids: list[int] = []
        self._waiting: list[tuple[int, bytes]] = []
        self._pages = 0
        self._emit(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        self.root = self.reserve()
        self.tree = self.reserve()
        self._node = self.reserve()

    def reserve(self) -> int:
        """This will return the number of an object that is to be written later."""
        self._places.append(0)
        return len(self._places) - 1

    def write(self, number: int, body: bytes) -> int:
        """Write one object under a number that was reserved. This will return the number."""
        self._places[number] = self._at
        self._emit(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def stream(self, content: bytes, entries: bytes = b"", *, number: int | None = None) -> int:
        """Write a compressed stream; `entries` go into its dictionary. This will return its number."""
        return self.packed_stream(packed(content), entries, number=number)

    def packed_stream(self, data: bytes, entries: bytes = b"", *, number: int | None = None) -> int:
        """Write a stream that `packed` has compressed. This will return its number."""
        head = b"<</Length %d/Filter/FlateDecode%b>>stream\n" % (len(data), entries)
        return self.write(number or self.reserve(), b"%b%b\nendstream" % (head, data))

    def page(self, content: bytes, entries: bytes) -> None:
        """Write one page: its drawing, and the entries of its dictionary (boxes, resources)."""
        drawing = self.stream(content)
        number = self.reserve()
        self._together(
            number, b"<</Type/Page/Parent %d 0 R%b/Contents %d 0 R>>" % (self._node, entries, drawing)
        )
        self._kids.append(number)
        self._pages += 1
        if len(self._kids) == _PAGES_A_NODE:
            self._close_node()
            self._node = self.reserve()

    def close(self, *, title: str) -> None:
        """Finish the file: page tree, information, cross references."""
        if self._kids or not self._nodes:
            self._close_node()
        else:
            self._together(self._node, b"null")
        nodes = b" ".join(b"%d 0 R" % node for node in self._nodes)
        self._together(self.tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (self._pages, nodes))
        self._flush()
        self.write(self.root, b"<</Type/Catalog/Pages %d 0 R>>" % self.tree)
        about = b"<</Title %b/Producer(Far is Close)/Trapped/False>>" % text_string(title)
        info = self.write(self.reserve(), about)
        identity = self._hash.hexdigest()[:32].encode()
        start = self._at
        self._places[number := self.reserve()] = start
        entries = b"/Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % (
            len(self._places), self.root, info, identity, identity,
        )  # fmt: skip
        self.stream(self._references(), entries, number=number)
        self._emit(b"startxref\n%d\n%%%%EOF\n" % start)

    def _references(self) -> bytes:
        """Seven bytes an object: 1 and where it begins, or 2, the stream that holds it, its place in there."""
        rows = bytearray(_FREE)
        for place in self._places[1:]:
            row = 1 << 48 | place << 16 if place < _INSIDE else 2 << 48 | place - _INSIDE
            rows += row.to_bytes(7, "big")
        return bytes(rows)

    def _together(self, number: int, body: bytes) -> None:
        """Keep a dictionary for the next object stream."""
        self._waiting.append((number, body))
        if len(self._waiting) == _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        stream = self.reserve()
        heads, bodies, at = [], [], 0
        for index, (number, body) in enumerate(self._waiting):
            self._places[number] = _INSIDE | stream << 16 | index
            heads.append(b"%d %d" % (number, at))
            bodies.append(body)
            at += len(body) + 1
        head = b" ".join(heads) + b"\n"
        entries = b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(head))
        self.stream(head + b"\n".join(bodies), entries, number=stream)
        self._waiting = []

    def _close_node(self) -> None:
        kids = b" ".join(b"%d 0 R" % kid for kid in self._kids)
        self._together(
            self._node,
            b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (self.tree, len(self._kids), kids),
        )
        self._nodes.append(self._node)
        self._kids = []

    def _emit(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self._at += len(data)


def packed(content: bytes) -> bytes:
    """This will return `content` compressed as the streams of our files are."""
    return zlib.compress(content, _LEVEL)


def text_string(text: str) -> bytes:
    """Text for a PDF dictionary, as UTF-16 in hexadecimal digits: no character needs an escape."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()
