"""Reads the list of a workbook's texts: each as it is shown, without the readings that Japanese texts carry."""

from __future__ import annotations

import re
from xml.parsers import expat

from postcards.errors import says
from postcards.gateways.table_bounds import CELL_MAX, TooMuch

#: How a workbook writes a character that XML has no place for: _x000D_ (ECMA-376, ST_Xstring).
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Words:
    """The letters of one text, gathered from its runs (`t` elements, not those within `rPh`)."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._in_text = False
        self._in_reading = 0

    def clear(self) -> None:
        self._parts.clear()
        self._length = 0

    def open(self, tag: str) -> None:
        self._in_reading += tag == "rPh"
        self._in_text = tag == "t" and not self._in_reading

    def close(self, tag: str) -> None:
        self._in_reading -= tag == "rPh"
        self._in_text = False

    def add(self, data: str) -> None:
        if not self._in_text:
            return
        self._length += len(data)
        if self._length > CELL_MAX:
            raise TooMuch(
                says(
                    "A text in the workbook has more than %(most)s characters. Shorten it.",
                    most=f"{CELL_MAX:,}",
                )
            )
        self._parts.append(data)

    def said(self) -> str:
        return unescaped("".join(self._parts))


class StringsReader:
    """Fills `strings` while `parser` is fed."""

    def __init__(self, strings: list[str], *, at_most: int) -> None:
        self._strings = strings
        self._at_most = at_most
        self._words = Words()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._words.add

    def _start(self, tag: str, _: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            self._words.clear()
        else:
            self._words.open(tag)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag != "si":
            self._words.close(tag)
            return
        if len(self._strings) >= self._at_most:
            raise TooMuch(
                says(
                    "The workbook holds more than %(most)s texts. Split it into several files.",
                    most=f"{self._at_most:,}",
                )
            )
        self._strings.append(self._words.said())


def unescaped(text: str) -> str:
    """This will give the text with its escaped characters as they are."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
