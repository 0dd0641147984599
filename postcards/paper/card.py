"""One card as a PDF of two pages: address side, picture side."""

from __future__ import annotations

import io

from postcards.paper.run import draw_run
from postcards.rules.face import Face, Look
from postcards.rules.sheet import Sheet


def draw_card(look: Look, face: Face, *, sheet: str | Sheet = "a6") -> bytes:
    """Draw one card: two pages, the address side first.

    This will return the PDF, the same bytes for the same look and face; it raises `DoesNotFit` or
    `NoSuchCharacter` (both `Invalid`) when the face cannot be set.
    """
    out = io.BytesIO()
    draw_run(look, [face], sheet=sheet, out=out)
    return out.getvalue()
