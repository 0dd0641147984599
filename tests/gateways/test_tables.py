"""Tables as people hand them in: every kind reads the same, and a hostile one is refused by name and in time."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.gateways import table_bounds
from postcards.gateways.tables import Unreadable, open_table

HEADINGS = ("sender name", "recipient name", "street", "country")
ROW = ("Ona Petraitienė", 'Жанна «Д’Арк», "J"', "Šv. Jono g. 5; b. 2", "DE")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = f'<workbook xmlns="{MAIN}" xmlns:r="http://x/relationships"><sheets>{{}}</sheets></workbook>'
ONE_SHEET = '<sheet name="A" sheetId="1" r:id="rId1"/>'
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'


def relations(*pairs: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{n}" Type="http://x/relationships/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(pairs, start=1)
    )
    return f"<Relationships>{inside}</Relationships>"


def archive(
    sheet: str | bytes,
    *,
    strings: str = "",
    book: str = BOOK.format(ONE_SHEET),
    targets: tuple[str, str] = ("worksheets/sheet1.xml", "sharedStrings.xml"),
    beside: tuple[str, ...] = (),
) -> bytes:
    """A workbook of our own making, so that it can lie. `beside` are names of more files in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("_rels/.rels", relations(("officeDocument", "xl/workbook.xml")))
        packed.writestr("xl/workbook.xml", book)
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            relations(("worksheet", targets[0]), ("sharedStrings", targets[1])),
        )
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            packed.writestr("xl/sharedStrings.xml", strings)
        for name in beside:
            packed.writestr(name, "x")
    return out.getvalue()


def inline(reference: str, words: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{words}</t></is></c>'


def workbook(*rows: tuple[Any, ...], change: Callable[[Any], object] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEADINGS, ROW])
    return out.getvalue().encode(encoding)


def read(data: bytes) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    table = open_table(io.BytesIO(data))
    return table.headings, [(row.line, row.cells) for row in table.rows()]


@pytest.mark.parametrize(
    "data",
    [
        as_csv(),
        as_csv(";"),
        as_csv("\t"),
        as_csv(encoding="utf-8-sig"),
        as_csv(";", "utf-16"),
        b"\xfe\xff" + as_csv(encoding="utf-16-be"),
        workbook(HEADINGS, ROW),
        as_csv().replace(b"\r\n", b"\n"),
        as_csv().replace(b"\r\n", b"\r"),
        as_csv().rstrip(),
    ],
    ids=["comma", "semicolon", "tab", "mark", "utf-16", "utf-16-be", "xlsx", "unix", "old mac", "no end"],
)
def test_every_kind_of_table_reads_the_same(data: bytes) -> None:
    assert read(data) == (HEADINGS, [(2, ROW)])


def test_rows_can_be_gone_through_again() -> None:
    for data in (as_csv(), workbook(HEADINGS, ROW)):
        table = open_table(io.BytesIO(data))
        assert list(table.rows()) == list(table.rows())


def test_the_delimiter_that_excel_names_is_taken() -> None:
    table = open_table(io.BytesIO(b"sep=|\r\na|b\r\n1|2\r\n"))
    assert (table.headings, table.delimiter) == (("a", "b"), "|")
    assert [(row.line, row.cells) for row in table.rows()] == [(3, ("1", "2"))]


def test_lines_are_those_of_the_file_where_cells_have_several() -> None:
    assert read(b'a,b\n"1\n2",3\n\n4,5\n')[1] == [(2, ("1\n2", "3")), (4, ()), (5, ("4", "5"))]


def test_a_spreadsheet_s_values_are_read_as_people_see_them() -> None:
    data = workbook(
        ("postcode", "yes", "number", "text"),
        (10115, True, 3.5, "=not a formula"),
        (None, None, None, None),
        ("01067", False, 1e5, "two\nlines"),
        change=lambda book: setattr(book.active["D2"], "data_type", "s"),
    )
    assert read(data)[1] == [
        (2, ("10115", "yes", "3.5", "=not a formula")),
        (4, ("01067", "no", "100000", "two\nlines")),
    ]


def test_hidden_sheets_are_passed_over() -> None:
    def hide(book: Any) -> None:
        second = book.create_sheet("Second")
        second.append(("from the second",))
        book.active.sheet_state = "hidden"
        book.active = 1

    assert read(workbook(("hidden",), change=hide))[0] == ("from the second",)


def test_shared_texts_are_read_without_readings_and_with_their_escapes() -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>To</t></r><r><t>kyo</t></r><rPh><t>reading</t></rPh></si>'
        "<si><t>a_x000D_b</t></si><si/></sst>"
    )
    sheet = SHEET.format(
        '<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="str"><v>f</v></c></row>'
    )
    assert read(archive(sheet, strings=strings))[0] == ("Tokyo", "a\rb", "", "f")


def test_saved_results_of_formulas_are_taken_and_unsaved_ones_refused() -> None:
    saved = SHEET.format('<row r="1"><c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>')
    assert read(archive(saved))[0] == ("ab",)
    with pytest.raises(Unreadable, match="Line 2, column 1 holds a formula") as refused:
        read(workbook(("a",), ("=1+1",)))
    assert refused.value.code == "formula"


def _bomb() -> bytes:
    return archive(SHEET.format(" " * (table_bounds.UNPACKED_MAX + 1)))


def _many_rows() -> bytes:
    return b"a,b\n" + b"1,2\n" * (table_bounds.ROWS_MAX + 1)


def _lies_about_its_size() -> bytes:
    data = bytearray(archive(SHEET.format(f'<row r="1">{inline("A1", "x" * 5000)}</row>')))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "The file is empty"),
    "blank lines": (lambda: b"\n\n\n", "The file is empty"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "is a PNG picture"),
    "a pdf": (lambda: b"%PDF-1.7\n", "is a PDF"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old .xls workbook"),
    "windows-1257": (lambda: "a,b\nOna,Petraitienė\n".encode("cp1257"), "Line 2 is not UTF-8"),
    "windows-1251": (lambda: "имя\nИван\n".encode("cp1251"), "Line 1 is not UTF-8"),
    "windows-1250": (lambda: "a,b\nLech,Wałęsa\n".encode("cp1250"), "Line 2 is not UTF-8"),
    "utf-16 without mark": (lambda: as_csv(encoding="utf-16-le"), "NUL bytes"),
    "half of utf-16": (lambda: as_csv(encoding="utf-16")[:-1], "UTF-16"),
    "a million columns": (lambda: b"," * 1_000_000, "more than 100,000 characters"),
    "thousand columns": (lambda: b"a," * 1_000 + b"\n", "more than 100 columns"),
    "a quotation mark without end": (lambda: b'a,b\n"1,2\n' + b"3,4\n" * 50_000, "begins in line 2"),
    "a quotation mark inside": (lambda: b'a,b\n1,2\n"x"y,2\n', "Line 3 has a quotation mark"),
    "a huge cell": (lambda: b"a\n" + b"x" * 40_000, "more than 32,767 characters"),
    "too many rows": (_many_rows, "more than 200,000 rows"),
    "another archive": (lambda: zip_of("readme.txt", b"hello"), "but no workbook"),
    "half an archive": (lambda: workbook(HEADINGS, ROW)[:2000], "damaged"),
    "a zip bomb": (_bomb, "unpacks to more than 50 MB"),
    "a lying directory": (_lies_about_its_size, "damaged"),
    "no sheet": (lambda: archive(SHEET.format(""), book=BOOK.format("")), "has no sheet"),
    "only a chart": (lambda: archive("", book=BOOK.format(ONE_SHEET.replace("rId1", "rId7"))), "has no sheet"),
    "a sheet outside of the archive": (
        lambda: archive("", targets=("worksheets/../../../../etc/passwd", "/etc/passwd")),
        "has no sheet",
    ),
    "an empty sheet": (lambda: archive(SHEET.format("")), "first sheet is empty"),
    "broken XML": (lambda: archive(SHEET.format("<row>")), "damaged"),
    "entities": (
        lambda: archive('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SHEET.format("&b;")),
        "definitions of its own",
    ),
    "a cell far to the right": (
        lambda: archive(SHEET.format(f'<row r="1">{inline("XFD1", "x")}</row>')),
        "more than 100 columns",
    ),
    "a million cells in a row": (
        lambda: archive(SHEET.format(f'<row r="1">{inline("A1", "x")}{"<c/>" * 1_000_000}</row>')),
        "more than 100 columns",
    ),
    "two million empty rows": (lambda: archive(SHEET.format("<row/>" * 2_000_000)), "more than 200,000 rows"),
    "a row far below": (
        lambda: archive(SHEET.format(f'<row>{inline("A1", "x")}</row><row r="999999999">{inline("A9", "x")}</row>')),
        "more than 200,000 rows",
    ),
    "a huge cell in a workbook": (
        lambda: archive(SHEET.format(f'<row r="1">{inline("A1", "x" * 40_000)}</row>')),
        "more than 32,767",
    ),
    "a text that is not there": (
        lambda: archive(SHEET.format('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')),
        "not in the workbook",
    ),
}  # fmt: skip


def zip_of(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(name, data)
    return out.getvalue()


def test_names_that_lead_out_of_the_archive_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = SHEET.format(f'<row r="1">{inline("A1", "=cmd()")}</row>')
    beside = ("../../evil", "/tmp/evil", "..\\..\\evil", "C:/evil", "xl/worksheets/sheet1.xml/", "a" * 60_000)
    assert read(archive(sheet, beside=beside))[0] == ("=cmd()",)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name_and_in_time(name: str) -> None:
    make, words = HOSTILE[name]
    data = make()
    began = time.process_time()
    with pytest.raises(Unreadable, match=words):
        read(data)
    assert time.process_time() - began < 10


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fall_over(data: bytes) -> None:
    _either_reads_or_refuses(data)


@given(st.binary(max_size=60), st.integers(0, 5000), st.booleans())
def test_no_damage_to_a_workbook_makes_it_fall_over(piece: bytes, at: int, longer: bool) -> None:
    _either_reads_or_refuses(damaged(_WHOLE, piece, at, longer))


@given(st.binary(max_size=6), st.integers(0, 1000), st.booleans())
def test_no_damage_to_the_directory_of_a_workbook_makes_it_fall_over(
    piece: bytes, at: int, longer: bool
) -> None:
    """The list at the end, by which all parts are found."""
    directory = _WHOLE.index(b"PK\x01\x02")
    _either_reads_or_refuses(damaged(_WHOLE, piece, directory + at, longer))


OPENED = ("_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml")


@given(st.sampled_from(OPENED), st.binary(max_size=60), st.integers(0, 1020), st.booleans())
def test_no_damage_inside_a_part_of_a_workbook_makes_it_fall_over(
    name: str, piece: bytes, at: int, longer: bool
) -> None:
    """The archive is whole; what it holds is not."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_WHOLE)) as source, zipfile.ZipFile(out, "w") as packed:
        for part in OPENED:
            inside = source.read(part)
            at_most = at % len(inside)
            packed.writestr(part, damaged(inside, piece, at_most, longer) if part == name else inside)
    _either_reads_or_refuses(out.getvalue())


def damaged(whole: bytes, piece: bytes, at: int, longer: bool) -> bytes:
    return whole[:at] + piece + whole[at + (0 if longer else len(piece)) :]


_WHOLE = workbook(HEADINGS, ROW)
#: Within an entry of an archive's directory (APPNOTE 4.3.12): the version, the packing, the flags, the file's place.
_VERSION, _FLAGS, _PACKING, _PLACE = 6, 8, 10, 42


@pytest.mark.parametrize(
    ("at", "piece"),
    [
        (_VERSION, b"\xff\x00"),
        (_FLAGS, b"\x01\x00"),
        *((_PACKING, bytes((way, 0))) for way in (1, 9, 12, 14, 93, 99)),
        (_PLACE, b"\xff\xff\xff\x7f"),
        (_PLACE, b"\x03\x00\x00\x00"),
    ],
)
def test_a_directory_that_lies_of_a_part_is_refused(at: int, piece: bytes) -> None:
    """It asks for a newer program, a password, another packing, or points to where no part begins."""
    name = _WHOLE.rindex(b"xl/worksheets/sheet1.xml")
    with pytest.raises(Unreadable, match="damaged"):
        read(damaged(_WHOLE, piece, name - 46 + at, False))


def test_a_part_whose_own_name_is_in_no_alphabet_is_refused() -> None:
    """The part and the directory say that it is UTF-8."""
    name = b"xl/worksheets/sheet1.xml"
    utf8 = damaged(_WHOLE, b"\x00\x08", _WHOLE.rindex(name) - 46 + _FLAGS, False)
    utf8 = damaged(utf8, b"\x00\x08", utf8.index(name) - 30 + 6, False)
    with pytest.raises(Unreadable, match="damaged"):
        read(damaged(utf8, b"\xff", utf8.index(name), False))


def test_a_directory_that_begins_behind_the_file_is_refused() -> None:
    """Its place, or that of a part, wants more than any file can be long."""
    end = _WHOLE.rindex(b"PK\x05\x06")
    for at in (12, 16):
        with pytest.raises(Unreadable, match="damaged"):
            read(damaged(_WHOLE, b"\xfe\xff\xff\xff", end + at, False))


@given(st.text(max_size=300))
def test_no_sheet_makes_it_fall_over(inside: str) -> None:
    _either_reads_or_refuses(archive(SHEET.format(inside).encode("utf-8", "replace")))


def _either_reads_or_refuses(data: bytes) -> None:
    with suppress(Unreadable):
        read(data)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_csv_writes_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    table = open_table(io.BytesIO(out.getvalue().encode()))
    assert table.delimiter == delimiter
    assert [list(row.cells) for row in table.rows()] == rows
