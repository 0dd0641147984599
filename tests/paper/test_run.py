"""A run keeps its cards in place on both sides, and takes the memory of one sheet."""

from __future__ import annotations

import io
import re
import tracemalloc
from dataclasses import replace
from itertools import pairwise

import pytest
import zxingcpp
from PIL import ImageChops, ImageStat

from postcards.errors import Invalid
from postcards.paper.calibration import draw_calibration
from postcards.paper.layout import Zone
from postcards.paper.run import Offset, draw_run
from postcards.paper.static_art import static_art
from postcards.rules.sheet import PRESETS, back_cell, sheet_named
from postcards.rules.tracking_code import new_tracking_code
from postcards.texts import LANGUAGES
from tests.paper.cards import FACE, LOOK, grey, ink, is_dark, opened, text_of

reads_text = pytest.mark.needs("pdf-tools")


def faces(count, *, start=1):
    for number in range(start, start + count):
        code = new_tracking_code()
        yield replace(FACE, number=number, tracking_code=code, url=f"HTTPS://FARISCLOSE.EXAMPLE/T/{code}")


def run(cards, sheet, **how):
    out = io.BytesIO()
    assert draw_run(LOOK, cards, sheet=sheet, out=out, **how) == len(list(cards))
    return out.getvalue()


def numbers_in(pdf, page, cell, sheet, tmp_path):
    """The numbers printed within one cell of one side."""
    point = 72 / 25.4
    left, top = cell.x * point, (sheet.height - cell.y - cell.height) * point
    window = ("-x", left, "-y", top, "-W", cell.width * point, "-H", cell.height * point)
    text = text_of(
        pdf, page, tmp_path, *(str(round(value)) if isinstance(value, float) else value for value in window)
    )
    return [int(number) for number in re.findall(r"No\. (\d{5}) / 10 000", text)]


@reads_text
@pytest.mark.parametrize("duplex", ["long-edge", "short-edge"])
@pytest.mark.parametrize("name", ["a4-4up", "sra4-4up", "sra3-8up"])
def test_the_number_on_the_back_lies_behind_its_own_front(name, duplex, tmp_path):
    sheet = sheet_named(name)
    count = sheet.cards * 2 - 3  # the last sheet is not full
    pdf = run(list(faces(count)), name, duplex=duplex)
    with opened(pdf) as file:
        assert len(file.pages) == 4
    for page in (0, 2):
        for place, cell in enumerate(sheet.cells):
            number = page // 2 * sheet.cards + place + 1
            expected = [number] if number <= count else []
            assert numbers_in(pdf, page, cell, sheet, tmp_path) == expected
            assert numbers_in(pdf, page + 1, back_cell(sheet, cell, duplex), sheet, tmp_path) == expected


@reads_text
def test_cut_and_stack_lays_every_pile_in_order(tmp_path):
    sheet = sheet_named("a4-4up")
    pdf = run(list(faces(10)), "a4-4up", order="stack")
    piles = [
        [number for page in (0, 2, 4) for number in numbers_in(pdf, page, cell, sheet, tmp_path)]
        for cell in sheet.cells
    ]
    assert piles == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]


def test_cut_and_stack_needs_to_know_how_many():
    with pytest.raises(Invalid, match="all cards at once"):
        draw_run(LOOK, faces(3), sheet="a4-4up", out=io.BytesIO(), order="stack")


@pytest.mark.parametrize("name", PRESETS)
def test_every_qr_of_a_sheet_is_read(name):
    cards = list(faces(PRESETS[name].cards))
    found = zxingcpp.read_barcodes(grey(run(cards, name)))
    assert sorted(each.text for each in found) == sorted(card.url for card in cards)


def test_the_same_cards_give_the_same_bytes_whatever_was_drawn_before():
    cards = list(faces(9))
    first = run(cards, "a4-4up")
    static_art.cache_clear()
    run([replace(card, address_lines=("Ольга", "ירושלים", "ISRAEL")) for card in cards], "sra3-8up")
    assert run(cards, "a4-4up") == first


def test_a_run_takes_no_more_memory_when_it_is_ten_times_as_long():
    class Sink(io.BytesIO):
        size = 0

        def write(self, data):
            self.size += len(data)
            return len(data)

    peaks = []
    draw_run(LOOK, faces(50), sheet="a6", out=Sink())  # what is kept for good is made here
    for count in (100, 1000):
        sink = Sink()
        tracemalloc.start()
        draw_run(LOOK, faces(count), sheet="a6", out=sink)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 4 objects of 8 bytes a card are remembered for the cross references, and their text is joined once.
    assert peaks[1] < peaks[0] + 250_000
    assert sink.size / 1000 < 1000  # bytes a card, both sides


def test_a_typed_message_of_a_hundred_and_sixty_letters_keeps_a_card_below_a_kilobyte_and_a_half():
    message = "Brangi mama, Vilniuje jau sninga, o aš vis galvoju apie tave. Per Kalėdas grįšiu namo! " * 2
    cards = [replace(card, message=message[: 160 + at % 9]) for at, card in enumerate(faces(400))]
    assert len(run(cards, "a6")) / 400 < 1500


@pytest.mark.parametrize("name", PRESETS)
def test_others_find_no_fault_in_the_file(name):
    with opened(run(list(faces(130)), name)) as file:
        assert file.check_pdf_syntax() == []


def test_more_pages_than_a_node_of_the_page_tree_holds():
    with opened(run(list(faces(600)), "a6")) as file:
        assert len(file.pages) == 1200
        assert file.pages[1199].obj.Type == "/Page"


def test_an_empty_run_is_refused():
    with pytest.raises(Invalid, match="no card"):
        draw_run(LOOK, [], sheet="a6", out=io.BytesIO())


def test_an_offset_moves_each_side_by_itself():
    cards = list(faces(4))
    plain, moved = run(cards, "a4-4up"), run(cards, "a4-4up", offset=Offset(back_x=1.016, back_y=-2.032))
    # 1.016 mm are 12 dots at 300 dpi, 2.032 mm are 24.
    assert grey(plain).tobytes() == grey(moved).tobytes()
    before, after = grey(plain, 1), grey(moved, 1)
    region, shifted = (400, 400, 2000, 3000), (412, 424, 2012, 3024)
    assert ImageStat.Stat(ImageChops.difference(before.crop(region), after.crop(region))).mean[0] > 3
    assert ImageStat.Stat(ImageChops.difference(before.crop(region), after.crop(shifted))).mean[0] < 0.2


def calibration(sheet, **how):
    out = io.BytesIO()
    draw_calibration(sheet, out, **how)
    return out.getvalue()


@pytest.mark.parametrize("name", PRESETS)
def test_lines_a_and_b_stand_twenty_millimetres_from_the_edges_on_both_sides(name):
    sheet = sheet_named(name)
    pdf = calibration(name)
    for page in (0, 1):
        picture = grey(pdf, page)
        first = min(sheet.cells, key=lambda cell: (cell.y, cell.x))
        across = (sheet.height - first.y - first.height / 2 - 3) * 300 / 25.4
        level = (first.x + 18 - 4) * 300 / 25.4
        # Nothing but the line lies between 15 and 25 mm from the edge.
        a = [x for x in range(177, 295) if is_dark(picture, x, round(across))]
        b = [
            y for y in range(picture.height - 295, picture.height - 177) if is_dark(picture, round(level), y)
        ]
        assert a == pytest.approx([20 * 300 / 25.4] * len(a), abs=2.5)
        assert b == pytest.approx([picture.height - 20 * 300 / 25.4] * len(b), abs=2.5)
        assert a
        assert b


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["a6", "a4-4up"])
def test_the_words_of_a_calibration_sheet_keep_clear_of_what_is_measured(name, language):
    sheet = sheet_named(name)
    pdf = calibration(name, language=language)
    first = min(sheet.cells, key=lambda cell: (cell.y, cell.x))
    left, top = first.x, sheet.height - first.y - first.height
    middle, across = top + first.height / 2, left + first.width / 2
    for page in (0, 1):
        picture = grey(pdf, page, dpi=100)
        clear = [
            Zone(left + 6, middle - 5.6, across - 7, middle - 4.9),  # between the words and line A
            Zone(across - 6, middle - 7.4, across + 6, middle - 6.6),  # above the cross
            Zone(left + first.width - 16.8, top + 15, left + first.width - 15.8, middle + 6),
        ]
        assert [ink(picture, zone, dpi=100) for zone in clear] == [0, 0, 0]


@pytest.mark.parametrize("name", PRESETS)
def test_the_codes_of_a_calibration_sheet_are_read_and_its_greys_part(name):
    picture = grey(calibration(name), 1)
    found = {each.text for each in zxingcpp.read_barcodes(picture)}
    assert found == {
        f"FAR IS CLOSE - CALIBRATION - MODULE {module} MM" for module in ("0.508", "0.423", "0.339")
    }
    sheet = sheet_named(name)
    first = min(sheet.cells, key=lambda cell: (cell.y, cell.x))
    left, top = first.x, sheet.height - first.y - first.height
    stands = first.width < first.height
    x, y = (left + 9, top + first.height / 2 + 25) if stands else (left + 30, top + 61)
    level, levels = round((y + 2.5) * 300 / 25.4) * picture.width, picture.tobytes()
    greys = [levels[level + round((x + (at + 0.5) * 80 / 11) * 300 / 25.4)] for at in range(11)]
    assert all(before - after > 10 for before, after in pairwise(greys))


@pytest.mark.parametrize("name", PRESETS)
def test_a_calibration_sheet_has_the_crosses_of_both_sides_behind_each_other(name):
    out = io.BytesIO()
    draw_calibration(name, out)
    sheet = sheet_named(name)
    with opened(out.getvalue()) as file:
        assert len(file.pages) == 2
    for page in (0, 1):
        picture = grey(out.getvalue(), page)
        for cell in sheet.cells:
            x = round((cell.x + cell.width / 2) * 300 / 25.4)
            y = round((sheet.height - cell.y - cell.height / 2) * 300 / 25.4)
            assert is_dark(picture, x, y, around=2)
