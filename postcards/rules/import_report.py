"""The list of refused rows: one line each, what is wrong and the row as it was, to be mended and loaded again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from postcards.errors import Fault

#: Our columns, in front of the row's own. `copy` tells rows that are the same apart: 2 is the second of them.
REPORT_HEADINGS: Final = ("copy", "line", "field", "code", "reason")

#: Signs by which a spreadsheet takes a cell for a formula (OWASP, "CSV Injection"); apostrophes before them are ours.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r\n]")


def guarded(cell: str) -> str:
    """This will give the cell so that no spreadsheet takes it for a formula; `unguarded` takes it back exactly."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """This will give the cell as it was before `guarded`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def report_headings(headings: Sequence[str]) -> list[str]:
    """This will give the first line of a report on a table with these headings of its own."""
    return [*REPORT_HEADINGS, *map(guarded, headings)]


def sentence(fault: Fault) -> str:
    """This will say a fault in English. Some reasons go on after the field's name ("is missing."): it leads those."""
    return f"{fault.field} {fault.message}" if fault.message[:1].islower() else fault.message


def report_line(
    *,
    copy: int,
    line: int,
    faults: Sequence[Fault],
    cells: Sequence[str],
    words: Callable[[Fault], str] = sentence,
) -> list[str]:
    """This will give one refused row: several faults stand in one line, so that the row is loaded only once.

    `words` says each of them in the language of whoever will mend it.
    """
    return [
        str(copy),
        str(line),
        guarded("; ".join(fault.field for fault in faults)),
        guarded("; ".join(fault.code for fault in faults)),
        guarded(" ".join(words(fault) for fault in faults)),
        *map(guarded, cells),
    ]
