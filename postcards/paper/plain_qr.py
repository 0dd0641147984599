"""A QR symbol of any text, for a screen; cards have a faster way (paper/qr.py)."""

from __future__ import annotations

import qrcode
from qrcode.constants import ERROR_CORRECT_M

#: Light modules around the symbol (ISO/IEC 18004, 6.3.8).
QUIET = 4


def plain_qr_svg(text: str, *, label: str) -> str:
    """This will return the symbol as SVG markup that needs no style and no script, `label` read out for it.

    `label` is our own text; it must hold no markup.
    """
    maker = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    maker.add_data(text)
    maker.make(fit=True)
    rows = maker.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side * 5}" '
        f'height="{side * 5}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )
