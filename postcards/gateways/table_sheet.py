"""Reads a sheet's cells as text, row by row, while the XML goes by."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from postcards.errors import says
from postcards.gateways.table_bounds import (
    CELL_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    Unreadable,
    cell_too_long,
    too_many_columns,
    too_many_rows,
)
from postcards.gateways.table_strings import Words, unescaped
from postcards.rules.import_columns import Row

#: Cells in a row and rows in a sheet, empty ones too: what a sheet has at most (Excel's specifications and limits).
_CELLS, _ROWS = 16_384, 1_048_576


class SheetReader:
    """Gathers rows while `parser` is fed; `taken` hands over what is whole. Rows without any text are left out."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[Row] = []
        self._line = 0
        self._row_count = self._cell_count = 0
        self._column = 0
        self._cells: dict[int, str] = {}
        self._kind = "n"
        self._value: list[str] = []
        self._in_value = False
        self._length = 0
        self._has_formula = False
        self._words = Words()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def taken(self) -> list[Row]:
        """This will give the rows that are whole, and forget them."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell_count += 1
            if self._cell_count > _CELLS:
                raise too_many_columns(self._line)
            self._column = _column(attributes.get("r", "")) or self._column + 1
            self._kind = attributes.get("t", "n")
            self._has_formula = False
            self._value.clear()
            self._length = 0
            self._words.clear()
        elif tag == "v":
            self._in_value = True
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            said = attributes.get("r", "")
            self._line = (
                int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else self._line + 1
            )
            self._row_count += 1
            if self._row_count > _ROWS:
                raise too_many_rows()
            self._column = self._cell_count = 0
            self._cells = {}
        else:
            self._words.open(tag)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._end_of_cell()
        elif tag == "v":
            self._in_value = False
        elif tag == "row":
            if self._cells:
                if self._line > ROWS_MAX + 1:
                    raise too_many_rows()
                width = max(self._cells)
                self._rows.append(
                    Row(self._line, tuple(self._cells.get(column, "") for column in range(1, width + 1)))
                )
                self._cells = {}
        else:
            self._words.close(tag)

    def _text(self, data: str) -> None:
        if self._in_value:
            self._length += len(data)
            if self._length > CELL_MAX:
                raise cell_too_long(self._line)
            self._value.append(data)
        else:
            self._words.add(data)

    def _end_of_cell(self) -> None:
        said = self._said("".join(self._value))
        if self._has_formula and not self._value:
            raise Unreadable(
                says(
                    "Line %(line)s, column %(column)s holds a formula whose result was not "
                    "saved. Open the workbook in a spreadsheet and save it, or paste the values "
                    "in place of the formulas.",
                    line=self._line,
                    column=self._column,
                ),
                code="formula",
            )
        if not said:
            return
        if self._column > COLUMNS_MAX:
            raise too_many_columns(self._line)
        self._cells[self._column] = said

    def _said(self, value: str) -> str:
        if self._kind == "s":
            place = value.strip()
            known = (
                place.isascii() and place.isdecimal() and len(place) < 10 and int(place) < len(self._strings)
            )
            if value and not known:
                raise Unreadable(
                    says(
                        "Line %(line)s refers to a text that is not in the workbook. Save it again.",
                        line=self._line,
                    )
                )
            return self._strings[int(place)] if value else ""
        if self._kind == "inlineStr":
            return self._words.said()
        if self._kind == "b":
            return {"1": "yes", "0": "no"}.get(value.strip(), value)
        if self._kind == "n":
            return _number(value)
        return unescaped(value)  # str, e (#N/A), d


def _number(value: str) -> str:
    """A number as people write it: 10115.0 and 1.0115E4 are 10115."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return value
    return (
        f"{number.to_integral_value():f}"
        if number == number.to_integral_value()
        else f"{number.normalize():f}"
    )


def _column(reference: str) -> int:
    """The column of "AB12", counted from 1; 0 for none."""
    column = 0
    for sign in reference[:4]:
        if not "A" <= sign <= "Z":
            break
        column = column * 26 + ord(sign) - 64
    return column
