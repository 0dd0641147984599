"""Reads CSV: UTF-8 or UTF-16, parted by commas, semicolons or tabs, with bounds that no file can get around."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from postcards.errors import says, says_all
from postcards.gateways.table_bounds import (
    CELL_MAX,
    COLUMNS_MAX,
    RECORD_MAX,
    ROWS_MAX,
    NotATable,
    TooMuch,
    Unreadable,
    cell_too_long,
    too_many_columns,
    too_many_rows,
)
from postcards.rules.import_columns import Row

_DELIMITERS = (",", ";", "\t")
_REMEDY = says("In the spreadsheet choose “Save as”, then “CSV UTF-8”, or save it as .xlsx.")


class CsvTable:
    """A CSV file; `delimiter` is the one that its first line is parted by."""

    def __init__(self, file: BinaryIO, head: bytes) -> None:
        self._file = file
        self._encoding = _encoding(head)
        self.delimiter = ","
        self._skip = 0
        first = next(self._lines(), "")
        if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own way to name it
            self.delimiter, self._skip = first[4], 1
        else:
            self.delimiter = max(_DELIMITERS, key=lambda sign: _parted(first, sign))
        self.headings = next((row.cells for row in self._records()), ())
        if not any(cell.strip() for cell in self.headings):
            raise NotATable("The file is empty: its first line must hold the headings.")

    def rows(self) -> Iterator[Row]:
        """This will yield the rows below the headings."""
        records = self._records()
        next(records, None)
        yield from records

    def _records(self) -> Iterator[Row]:
        lines = _Counted(self._lines(), self._skip)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        count = 0
        while True:
            lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise Unreadable(
                    says(
                        "Line %(began)s has a quotation mark where none can be, or one that is never "
                        "closed. A cell with quotation marks stands in quotation marks, and its own "
                        "are doubled.",
                        began=lines.began,
                    )
                ) from None
            count += 1
            if count > ROWS_MAX + 1:
                raise too_many_rows()
            if len(cells) > COLUMNS_MAX:
                raise too_many_columns(lines.began)
            if any(len(cell) > CELL_MAX for cell in cells):
                raise cell_too_long(lines.began)
            yield Row(lines.began, tuple(cells))

    def _lines(self) -> Iterator[str]:
        """Lines with their ends, none longer than a record may be."""
        self._file.seek(0)
        text = io.TextIOWrapper(_Kept(self._file), self._encoding, "surrogateescape", newline="")
        number = 0
        try:
            while line := text.readline(RECORD_MAX + 1):
                number += 1
                if len(line) > RECORD_MAX:
                    raise _record_too_long(number)
                if not line.isascii() and any("\udc80" <= c <= "\udcff" for c in line):
                    raise _not_utf8(number)
                yield line
        except UnicodeError:
            raise Unreadable(
                says_all(
                    [
                        says(
                            "Near line %(line)s the text cannot be read as %(encoding)s.",
                            line=number + 1,
                            encoding=self._encoding.upper(),
                        ),
                        _REMEDY,
                    ]
                ),
                code="encoding",
            ) from None


class _Counted:
    """Lines that know where the current record began, and refuse one that never ends."""

    def __init__(self, lines: Iterator[str], skip: int) -> None:
        self._lines = lines
        self._number = 0
        self._length = 0
        self.began = 1
        for _ in range(skip):
            next(self)

    def begin(self) -> None:
        self.began, self._length = self._number + 1, 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._length += len(line)
        if self._length > RECORD_MAX:
            raise _record_too_long(self.began)
        return line


class _Kept(io.BufferedReader):
    """The file under a text reader that does not close it when the reader goes."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(_Raw(file))


class _Raw(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in head:
        raise Unreadable(
            says_all([says("The file holds NUL bytes: it is no text, or UTF-16 without its mark."), _REMEDY]),
            code="encoding",
        )
    return "utf-8-sig"


def _parted(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _not_utf8(number: int) -> Unreadable:
    return Unreadable(
        says_all(
            [
                says("Line %(line)s is not UTF-8 text; it may be Windows-1257, 1250 or 1251.", line=number),
                _REMEDY,
            ]
        ),
        code="encoding",
    )


def _record_too_long(number: int) -> TooMuch:
    return TooMuch(
        says(
            "The row that begins in line %(number)s has more than %(most)s "
            "characters. Look for a quotation mark that is never closed, or for too many "
            "columns.",
            number=number,
            most=f"{RECORD_MAX:,}",
        )
    )
