"""Reads the first sheet of an XLSX as a stream of rows: as text, without formulas, and never more than it may unpack.

Only five parts of the archive are opened, each is read in pieces by expat, and no tree is ever built: a workbook that
unpacks to gigabytes, refers far outside its sheet or brings entities of its own is refused on the way.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from postcards.errors import says, says_all
from postcards.gateways.table_bounds import (
    ROWS_MAX,
    STRINGS_MAX,
    UNPACKED_MAX,
    NotATable,
    TooMuch,
    Unreadable,
    too_many_rows,
)
from postcards.gateways.table_sheet import SheetReader
from postcards.gateways.table_strings import StringsReader
from postcards.rules.import_columns import Row

_PIECE = 64 * 1024
#: Parts without cells (relations, the list of sheets) are small.
_SMALL_PART = 2 * 1024 * 1024
#: The only two that a workbook may be packed by (ECMA-376, part 2); others may ask for gigabytes to unpack a word.
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: By these zipfile says that an archive is damaged, encrypted, or newer than itself; some are words of Python's own,
#: of a place before the beginning or behind all ends, or of a name in no alphabet.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
_NOT_ONE = says("This is an archive, but no workbook (.xlsx). Save the table as .xlsx or as CSV UTF-8.")
_DAMAGED = says(
    "The workbook is damaged. Open it in a spreadsheet, and save it again as .xlsx or as CSV UTF-8."
)


class XlsxTable:
    """A workbook; its first visible sheet is the table. A report on it is parted by commas."""

    def __init__(self, file: BinaryIO) -> None:
        self.delimiter = ","
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN:
            raise NotATable(_DAMAGED) from None
        names = set(self._archive.namelist())
        book = self._related("", "officeDocument", names)
        if book is None:
            raise NotATable(_NOT_ONE)
        self._sheet = self._first_sheet(book, names)
        strings = self._related(book, "sharedStrings", names)
        self._strings: list[str] = []
        if strings is not None:
            reader = StringsReader(self._strings, at_most=STRINGS_MAX)
            for _ in self._parse(strings, reader.parser, UNPACKED_MAX):
                pass
        first = next(self._records(), None)
        if first is None:
            raise NotATable("The first sheet is empty: its first row must hold the headings.")
        self.headings = first.cells

    def rows(self) -> Iterator[Row]:
        """This will yield the rows below the headings; `line` is the sheet's own row number."""
        records = self._records()
        next(records, None)
        yield from records

    def _records(self) -> Iterator[Row]:
        reader = SheetReader(self._strings)
        count = 0
        for _ in self._parse(self._sheet, reader.parser, UNPACKED_MAX):
            for row in reader.taken():
                count += 1
                if count > ROWS_MAX + 1:
                    raise too_many_rows()
                yield row

    def _first_sheet(self, book: str, names: set[str]) -> str:
        sheets: list[tuple[str, bool]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                relation = next((v for k, v in attributes.items() if k.endswith(":id") or k == "id"), "")
                sheets.append((relation, attributes.get("state", "visible") == "visible"))

        self._parse_small(book, start)
        targets = self._relations(book, names)
        for relation, visible in sheets:
            kind, target = targets.get(relation, ("", ""))
            if visible and kind == "worksheet" and target in names:
                return target
        raise NotATable(
            "This workbook has no sheet to read. Save the table as .xlsx or as CSV UTF-8.", code="no_sheet"
        )

    def _related(self, part: str, kind: str, names: set[str]) -> str | None:
        found = (target for what, target in self._relations(part, names).values() if what == kind)
        return next((target for target in found if target in names), None)

    def _relations(self, part: str, names: set[str]) -> dict[str, tuple[str, str]]:
        """The parts that `part` refers to: relation -> (the last word of its type, name of the part)."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}
        if relations not in names:
            return found

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                place = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, posixpath.normpath(place))

        self._parse_small(relations, start)
        return found

    def _parse_small(self, part: str, start: object) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda tag, attributes: start(_bare(tag), attributes)  # type: ignore[operator]
        for _ in self._parse(part, parser, _SMALL_PART):
            pass

    def _parse(self, part: str, parser: expat.XMLParserType, at_most: int) -> Iterator[None]:
        """Feeds the part to the parser piece by piece, and gives the turn back after each."""
        packed = self._archive.getinfo(part)
        if packed.file_size > at_most:
            raise _unpacks(at_most)
        if packed.compress_type not in _PACKINGS:
            raise Unreadable(_DAMAGED)
        parser.StartDoctypeDeclHandler = _no_doctype
        try:
            with self._archive.open(part) as source:
                read = 0
                while piece := source.read(_PIECE):
                    read += len(piece)
                    if read > at_most:
                        raise _unpacks(at_most)
                    parser.Parse(piece, False)
                    yield
                parser.Parse(b"", True)
                yield
        except (*_BROKEN, expat.ExpatError):
            raise Unreadable(_DAMAGED) from None


def _bare(tag: str) -> str:
    return tag.rpartition(":")[2]


def _no_doctype(*_: object) -> None:
    raise Unreadable(
        says_all(
            [
                says("The workbook brings definitions of its own (DTD), as no spreadsheet writes them."),
                _DAMAGED,
            ]
        )
    )


def _unpacks(at_most: int) -> TooMuch:
    size = at_most // (1024 * 1024)
    return TooMuch(
        says(
            "The workbook unpacks to more than %(size)s MB. Keep only the table in it, "
            "or save it as CSV UTF-8.",
            size=size,
        )
    )
