"""Writes a PDF from front to back, object by object, remembering nothing of it but where each object began.

So a run of any length takes the memory of one card. Reportlab draws our art and could write the file too, but
keeps every page until the end. What is written depends on what is drawn and on nothing else: no dates, and
the file's ID is the hash of its own bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from typing import BinaryIO

_PAGES_A_NODE = 256  # a page tree of two levels: 65,536 pages before its root gets long
_LEVEL = 6  # zlib: 9 takes twice the time for 1 % less


class PdfFile:
    """An open PDF. Call `close` last; nothing is a PDF before."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._hash = hashlib.sha256()
        self._offsets = array("Q", [0])
        self._nodes: list[int] = []
        self._kids: list[int] = []
        self._pages = 0
        self._emit(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        self.root = self.reserve()
        self.tree = self.reserve()
        self._node = self.reserve()

    def reserve(self) -> int:
        """This will return the number of an object that is to be written later."""
        self._offsets.append(0)
        return len(self._offsets) - 1

    def write(self, number: int, body: bytes) -> int:
        """Write one object under a number that was reserved. This will return the number."""
        self._offsets[number] = self._at
        self._emit(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def stream(self, content: bytes, entries: bytes = b"", *, number: int | None = None) -> int:
        """Write a compressed stream; `entries` go into its dictionary. This will return its number."""
        data = zlib.compress(content, _LEVEL)
        head = b"<</Length %d/Filter/FlateDecode%b>>stream\n" % (len(data), entries)
        return self.write(number or self.reserve(), b"%b%b\nendstream" % (head, data))

    def page(self, content: bytes, entries: bytes) -> None:
        """Write one page: its drawing, and the entries of its dictionary (boxes, resources)."""
        drawing = self.stream(content)
        number = self.reserve()
        self.write(number, b"<</Type/Page/Parent %d 0 R%b/Contents %d 0 R>>" % (self._node, entries, drawing))
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
            self.write(self._node, b"null")
        nodes = b" ".join(b"%d 0 R" % node for node in self._nodes)
        self.write(self.tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (self._pages, nodes))
        self.write(self.root, b"<</Type/Catalog/Pages %d 0 R>>" % self.tree)
        about = b"<</Title %b/Producer(Far is Close)/Trapped/False>>" % text_string(title)
        info = self.write(self.reserve(), about)
        identity = self._hash.hexdigest()[:32].encode()
        start, count = self._at, len(self._offsets)
        self._emit(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for first in range(1, count, 512):
            self._emit(b"".join(b"%010d 00000 n \n" % at for at in self._offsets[first : first + 512]))
        self._emit(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (count, self.root, info, identity, identity, start)
        )

    def _close_node(self) -> None:
        kids = b" ".join(b"%d 0 R" % kid for kid in self._kids)
        body = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (self.tree, len(self._kids), kids)
        self._nodes.append(self.write(self._node, body))
        self._kids = []

    def _emit(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self._at += len(data)


def text_string(text: str) -> bytes:
    """Text for a PDF dictionary, as UTF-16 in hexadecimal digits: no character needs an escape."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()
