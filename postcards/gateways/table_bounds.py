"""How much of a table we take, and how we say that it is more, or no table at all."""

from __future__ import annotations

from postcards.errors import Invalid, says

ROWS_MAX = 200_000
COLUMNS_MAX = 100
#: Characters in a cell: what a spreadsheet itself takes (Excel's specifications and limits: 32,767).
CELL_MAX = 32_767
#: Characters in one row of a CSV. A card with everything at its longest has some 2,000.
RECORD_MAX = 100_000
#: Bytes that the parts of a workbook may have unpacked. 10,000 cards have about 10 million.
UNPACKED_MAX = 50 * 1024 * 1024
#: Different texts in a workbook.
STRINGS_MAX = 1_000_000


class Unreadable(Invalid):
    """The file cannot be read as a table of cards; the message says what is wrong and what to do."""

    code = "file"


class NotATable(Unreadable):
    """It is another kind of file altogether."""

    code = "not_a_table"


class TooMuch(Unreadable):
    """It is larger than any table of cards."""

    code = "too_large"


def too_many_rows() -> TooMuch:
    """This will say that there are more rows than we take."""
    return TooMuch(
        says(
            "The table has more than %(most)s rows. Split it into several files.",
            most=f"{ROWS_MAX:,}",
        )
    )


def too_many_columns(line: int) -> TooMuch:
    """This will say that a row is wider than we take."""
    return TooMuch(
        says(
            "Line %(line)s has more than %(most)s columns. Keep only those that a "
            "card needs, and save it again.",
            line=line,
            most=COLUMNS_MAX,
        )
    )


def cell_too_long(line: int) -> TooMuch:
    """This will say that a cell holds more than we take."""
    return TooMuch(
        says(
            "A cell in line %(line)s holds more than %(most)s characters. Shorten it, and save it again.",
            line=line,
            most=f"{CELL_MAX:,}",
        )
    )
