"""Writes the list of refused rows as CSV that a spreadsheet opens and `import` loads again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from postcards.errors import Fault
from postcards.rules.import_columns import Columns
from postcards.rules.import_report import report_headings, report_line, sentence
from postcards.services.importing import Outcome

#: By this a spreadsheet knows UTF-8. It stands before our own first column, which nobody looks for by name.
_MARK = "\ufeff"


def first_line(columns: Columns, delimiter: str) -> bytes:
    """This will give the report's headings as bytes of UTF-8."""
    return (_MARK + _written(report_headings(columns.headings[columns.own :]), delimiter)).encode()


def line_of(outcome: Outcome, delimiter: str, *, words: Callable[[Fault], str] = sentence) -> bytes:
    """This will give the line of one refused row, its faults said by `words`."""
    cells = report_line(
        copy=outcome.copy,
        line=outcome.row.line,
        faults=outcome.faults,
        cells=outcome.row.cells,
        words=words,
    )
    return _written(cells, delimiter).encode("utf-8", "replace")


def _written(cells: Sequence[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
