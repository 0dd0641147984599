"""The tables that symbols are put together from give what the library gives, code after code."""

from __future__ import annotations

from postcards.paper.qr import library_rows, qr_rows
from postcards.rules.tracking_code import new_tracking_code


def test_two_thousand_codes_make_the_librarys_own_symbols():
    for at in range(2_000):
        url = f"HTTPS://{('CARDS.EXAMPLE', 'FARISCLOSE.EXAMPLE')[at % 2]}/T/{new_tracking_code()}"
        library = tuple(int("".join("01"[module] for module in row), 2) for row in library_rows(url))
        assert qr_rows(url) == library, url
