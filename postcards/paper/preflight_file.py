"""Reads a finished print file the way a PDF reader does: from its end, by its own table, object by object.

Only what our own writer makes is understood (cross references in a stream, dictionaries packed together, streams
deflated or plain), and anything else is a `BrokenFile`: what we cannot follow is not sent to a printer. Memory
stays that of one page and eight bytes an object.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterator
from typing import Any, BinaryIO

_TOKEN = re.compile(
    rb"\s*(?:(?P<ref>\d+)\s+\d+\s+R\b|(?P<number>[-+]?\d*\.?\d+)|/(?P<name>[^\s/<>\[\]()]*)|(?P<open><<|\[)"
    rb"|(?P<close>>>|\])|<(?P<hex>[0-9A-Fa-f\s]*)>|\((?P<string>(?:\\.|[^\\()])*)\)|(?P<word>[A-Za-z]+))"
)
_CONTENTS = re.compile(rb"/Contents (\d+) 0 R")
_WHOLE: set[tuple[int, int]] = set()  # lengths and check sums of pictures that were gone through
_STREAM = re.compile(rb"\s*stream\r?\n")
_INSIDE = 1 << 63  # marks a place inside an object stream: its number above bit 16, the index below
_LARGEST = 64 << 20  # bytes of one object; the largest is the picture of an edition


class BrokenFile(Exception):
    """The file is not a print file that can be followed; the message says where it breaks off."""


class Ref(int):
    """The number of another object."""


class PrintFile:
    """An open print file. `pages()` gives the pages in order; `value` and `content` open what they refer to."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._alike: dict[bytes, dict[str, Any]] = {}
        self._open: tuple[int, bytes, list[int], int] = (0, b"", [], 0)
        self._places, self.trailer = self._table()

    def pages(self) -> Iterator[dict[str, Any]]:
        """Every page's dictionary, with what it inherits. This will raise `BrokenFile` when the tree is none."""
        root = self.value(self.value(self.trailer.get("Root")).get("Pages"))
        count = 0
        for count, page in enumerate(self._below(root, {}, 0), start=1):  # noqa: B007
            yield page
        if count != root.get("Count"):
            raise BrokenFile(f"it says that it has {root.get('Count')} pages, and has {count}")

    def value(self, thing: Any) -> Any:
        """What `thing` is, or refers to: a dictionary, a list, a number, a name. Streams give their dictionary."""
        return self._object(thing)[0] if isinstance(thing, Ref) else thing

    def content(self, thing: Any) -> tuple[dict[str, Any], bytes]:
        """A stream's dictionary and what it holds, inflated. This will raise `BrokenFile` when it is cut off."""
        entries, data = self._stream(thing)
        if entries.get("Filter") != "FlateDecode":
            return entries, data
        try:
            return entries, zlib.decompress(data)
        except zlib.error as error:
            raise BrokenFile(f"object {int(thing)} cannot be unpacked") from error

    def must_be_whole(self, thing: Any, jpeg: bytes | None) -> None:
        """Go through a picture, which may be large, and keep nothing of it; through the same one only once.

        A JPEG holds no check sum and is held against `jpeg`. This will raise `BrokenFile` when it is damaged.
        """
        entries, data = self._stream(thing)
        if entries.get("Filter") == "DCTDecode" and data != jpeg:
            raise BrokenFile("its picture is damaged")
        mark = (len(data), zlib.crc32(data))
        if entries.get("Filter") != "FlateDecode" or mark in _WHOLE:
            return
        unpacking = zlib.decompressobj()
        try:
            while data and not unpacking.eof:
                unpacking.decompress(data, 1 << 20)
                data = unpacking.unconsumed_tail
        except zlib.error as error:
            raise BrokenFile(f"object {int(thing)} cannot be unpacked") from error
        if not unpacking.eof:
            raise BrokenFile(f"object {int(thing)} is cut off")
        if len(_WHOLE) > 64:
            _WHOLE.clear()
        _WHOLE.add(mark)

    def _stream(self, thing: Any) -> tuple[dict[str, Any], bytes]:
        if not isinstance(thing, Ref):
            raise BrokenFile("a stream is missing")
        entries, after = self._object(thing)
        length = self.value(entries.get("Length")) if isinstance(entries, dict) else None
        start = _STREAM.match(self._read(after, 16))
        if not isinstance(length, int) or not 0 <= length <= _LARGEST or start is None:
            raise BrokenFile(f"object {int(thing)} should hold something, and does not")
        data = self._read(after + start.end(), length + 10)
        if data[length:] != b"\nendstream":
            raise BrokenFile(f"object {int(thing)} is cut off")
        return entries, data[:length]

    def _below(self, node: Any, above: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
        if not isinstance(node, dict) or depth > 8:
            raise BrokenFile("its list of pages cannot be followed")
        passed = above | {key: node[key] for key in ("MediaBox", "Resources") if key in node}
        if node.get("Type") == "Page":
            yield passed | node
            return
        for kid in node.get("Kids", []):
            yield from self._below(self.value(kid), passed, depth + 1)

    def _table(self) -> tuple[array[int], dict[str, Any]]:
        """Where each object lies (ISO 32000-1, 7.5.8), and the trailer."""
        size = self._file.seek(0, 2)
        found = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", self._read(max(0, size - 64), 64))
        if found is None:
            raise BrokenFile("it has no end")
        number = re.match(rb"(\d+) 0 obj", self._read(int(found[1]), 32))
        if number is None:
            raise BrokenFile("its table of objects is not where it says")
        own = Ref(number[1])
        self._places = array("Q", [0]) * own + array("Q", [int(found[1])])
        entries, rows = self.content(own)
        if entries.get("Type") != "XRef" or entries.get("W") != [1, 4, 2] or len(rows) != 7 * entries["Size"]:
            raise BrokenFile("its table of objects cannot be read")
        places = array("Q", [0])
        for at in range(7, len(rows), 7):
            kind, place, index = rows[at], int.from_bytes(rows[at + 1 : at + 5], "big"), rows[at + 5 : at + 7]
            if kind == 2:
                places.append(_INSIDE | place << 16 | int.from_bytes(index, "big"))
            else:
                places.append(place if kind == 1 else 0)
        return places, entries

    def _packed(self, place: int, ref: Ref) -> Any:
        """An object that lies in an object stream (7.5.7); the stream is kept open for its neighbours."""
        holder, index = (place & ~_INSIDE) >> 16, place & 0xFFFF
        if self._open[0] != holder:
            entries, data = self.content(Ref(holder))
            heads = [int(each) for each in data[: entries["First"]].split()]
            self._open = (holder, data, heads, entries["First"])
        _, data, heads, first = self._open
        if heads[2 * index : 2 * index + 1] != [ref]:
            raise BrokenFile(f"object {int(ref)} is not where it should be")
        at = first + heads[2 * index + 1]
        end = first + heads[2 * index + 3] if 2 * index + 3 < len(heads) else len(data)
        parts = _CONTENTS.split(data[at:end])
        if len(parts) != 3:
            return parsed_at(data, at)[0]
        # Pages differ in little but what they show: what is the same is read once.
        same = parts[0] + parts[2]
        if same not in self._alike:
            if len(self._alike) > 8:
                self._alike.clear()
            self._alike[same] = parsed_at(same, 0)[0]
        return self._alike[same] | {"Contents": Ref(parts[1])}

    def _object(self, ref: Ref) -> tuple[Any, int]:
        """An object's value, and where in the file it ends."""
        at = self._places[ref] if 0 < ref < len(self._places) else 0
        if not at:
            raise BrokenFile(f"object {int(ref)} is missing")
        if at & _INSIDE:
            return self._packed(at, ref), 0
        size = 1 << 11
        while True:
            body = self._read(at, size)
            head = b"%d 0 obj\n" % ref
            if not body.startswith(head):
                raise BrokenFile(f"object {int(ref)} is not where it should be")
            whole = len(body) < size
            try:
                value, end = parsed_at(body, len(head))
            except BrokenFile:
                if whole or size > _LARGEST:
                    raise
            else:
                if whole or end < size - 16:  # else its last word may have been cut in two
                    return value, at + end
            size *= 4

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)


def parsed_at(data: bytes, at: int) -> tuple[Any, int]:
    """Read one value of PDF's at `at`: names and words as str, strings as bytes.

    This will return it and where it ends, or raise `BrokenFile`.
    """
    stack: list[list[Any]] = [[]]
    while True:
        found = _TOKEN.match(data, at)
        if found is None:
            raise BrokenFile("something in it cannot be read")
        at = found.end()
        kind, text = found.lastgroup, found[found.lastgroup or 0]
        if kind == "open":
            stack.append([])
            continue
        value: Any
        if kind == "close":
            items = stack.pop()
            if not stack:
                raise BrokenFile("something in it ends before it begins")
            value = items if text == b"]" else dict(zip(items[::2], items[1::2], strict=False))
        elif kind == "ref":
            value = Ref(text)
        elif kind == "number":
            value = float(text) if b"." in text else int(text)
        elif kind == "hex":
            value = bytes.fromhex(text.decode())
        else:
            value = text if kind == "string" else text.decode("latin-1")
        stack[-1].append(value)
        if len(stack) == 1:
            return stack[0][0], at
