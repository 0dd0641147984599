"""A manifest as a spreadsheet: its lines, the totals per country, its header; no cell is a formula."""

from __future__ import annotations

import datetime as dt
import io

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from postcards.paper.manifest_words import facts, number
from postcards.rules.manifest import Content
from postcards.texts import catalogue


def draw_sheet(content: Content) -> bytes:
    """This will write an XLSX with three sheets (lines, totals, header); same content, same bytes."""
    texts = catalogue(content.header["language"])
    _ = texts.gettext
    out = io.BytesIO()
    # Row by row (constant_memory): a list of 10,000 takes no more memory than one of 40.
    book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sealed_at = dt.datetime.fromisoformat(content.header["sealed_at"]).astimezone(dt.UTC).replace(tzinfo=None)
    book.set_properties(
        {"title": number(content.header), "author": content.header["mailer"]["name"], "created": sealed_at}
    )
    heavy = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    count = book.add_format({"num_format": "#,##0"})
    sum_line = book.add_format({"bold": True, "top": 1, "num_format": "#,##0"})

    lines = _sheet(book, _("Lines"), [8, 10, 9, 26, 14, 12])
    _heading(
        lines,
        heavy,
        [_("Line"), _("Card No."), _("Country"), _("Name of country"), _("Postcode"), _("Bundle")],
    )
    for row, line in enumerate(content.lines, start=1):
        lines.write_number(row, 0, line.line)
        lines.write_number(row, 1, line.card_number)
        for column, text in enumerate(
            (line.country, texts.country(line.country), line.postal_code, line.bundle), start=2
        ):
            lines.write_string(row, column, text)
    lines.autofilter(0, 0, max(len(content.lines), 1), 5)

    totals = _sheet(book, _("Totals"), [9, 30, 10, 14])
    _heading(totals, heavy, [_("Country"), _("Name of country"), _("Items"), _("Weight, g")])
    row = 0
    for row, total in enumerate(content.header["totals"], start=1):
        totals.write_string(row, 0, total["country"])
        totals.write_string(row, 1, texts.country(total["country"]))
        totals.write_number(row, 2, total["cards"], count)
        totals.write_number(row, 3, total["weight_mg"] / 1000)
    totals.write_string(row + 1, 0, "", sum_line)
    totals.write_string(row + 1, 1, _("Together"), sum_line)
    totals.write_number(row + 1, 2, content.header["count"], sum_line)
    totals.write_number(row + 1, 3, content.header["total_weight_mg"] / 1000, sum_line)

    about = _sheet(book, _("Header"), [28, 60])
    _heading(about, heavy, [_("List of postal items"), number(content.header)])
    for row, (name, value) in enumerate(facts(content.header), start=1):
        about.write_string(row, 0, name)
        about.write_string(row, 1, value)
    book.close()
    return out.getvalue()


def _sheet(book: Workbook, name: str, widths: list[int]) -> Worksheet:
    sheet = book.add_worksheet(name)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    return sheet


def _heading(sheet: Worksheet, heavy: Format, words: list[str]) -> None:
    for column, word in enumerate(words):
        sheet.write_string(0, column, word, heavy)
