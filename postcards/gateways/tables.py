"""Reads a table that somebody hands us, CSV or XLSX, as a stream of rows, whatever the file turns out to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from postcards.errors import says
from postcards.gateways.table_bounds import NotATable, Unreadable
from postcards.gateways.table_csv import CsvTable
from postcards.gateways.table_xlsx import XlsxTable
from postcards.rules.import_columns import Row

__all__ = ["NotATable", "Table", "Unreadable", "open_table"]

#: How files begin that people send by mistake, and what they are (their formats' own documents).
_OTHERS = (
    (b"\x89PNG\r\n\x1a\n", says("a PNG picture")),
    (b"\xff\xd8\xff", says("a JPEG picture")),
    (b"GIF8", says("a GIF picture")),
    (b"%PDF-", says("a PDF")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", says("an old .xls workbook, or one with a password")),
    (b"\x1f\x8b", says("a gzip archive")),
    (b"Rar!", says("a RAR archive")),
    (b"7z\xbc\xaf\x27\x1c", says("a 7z archive")),
    (b"{\\rtf", says("a Rich Text document")),
)


class Table(Protocol):
    """A table whose rows can be gone through again and again, never held all at once."""

    headings: tuple[str, ...]
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """This will yield the rows below the headings. Raises `Unreadable` where the file cannot be read."""
        ...


def open_table(file: BinaryIO) -> Table:
    """This will look at the file's first bytes, whatever its name, and read its headings.

    `file` can seek, and stays open as long as the table is used. Raises `Unreadable` and says the remedy.
    """
    file.seek(0)
    head = file.read(512)
    for begins, what in _OTHERS:
        if head.startswith(begins):
            raise NotATable(
                says("This file is %(what)s, not a table. Save it as .xlsx or as CSV UTF-8.", what=what)
            )
    if head.startswith(b"PK"):
        return XlsxTable(file)
    return CsvTable(file, head)
