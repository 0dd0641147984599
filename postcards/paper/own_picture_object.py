"""Lays a picture that was made ready (`own_picture`) into a PDF as it is: no pixel is unpacked.

A JPEG is a stream that PDF knows (ISO 32000-1, 7.4.8); the pixels of a PNG are one too, once its chunks are put
together, for PDF took its predictors from PNG (7.4.4.4).
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache

from PIL import Image

from postcards.errors import Invalid
from postcards.paper.pdf_file import PdfFile

_SPACES = {"L": (b"DeviceGray", 1), "RGB": (b"DeviceRGB", 3), "CMYK": (b"DeviceCMYK", 4)}


def write_picture(file: PdfFile, picture: bytes) -> int:
    """This will write one image object and return its number; `Invalid` for what was not made ready."""
    entries, data = _as_stream(picture)
    head = b"<</Type/XObject/Subtype/Image%b/Length %d>>stream\n" % (entries, len(data))
    return file.write(file.reserve(), b"%b%b\nendstream" % (head, data))


@lru_cache(maxsize=4)
def _as_stream(picture: bytes) -> tuple[bytes, bytes]:
    with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as opened:
        kind, mode, (width, height) = opened.format, opened.mode, opened.size
        interlaced = bool(opened.info.get("interlace"))
    if mode not in _SPACES or interlaced:
        raise Invalid("This picture was not made ready for print.", code="picture")
    space, channels = _SPACES[mode]
    size = b"/Width %d/Height %d/ColorSpace/%b/BitsPerComponent 8" % (width, height, space)
    if kind == "JPEG":
        # Programs write the four inks of a JPEG upside down, as Adobe's once did.
        turned = b"/Decode[1 0 1 0 1 0 1 0]" if mode == "CMYK" else b""
        return size + turned + b"/Filter/DCTDecode", picture
    rows = b"/DecodeParms<</Predictor 15/Colors %d/Columns %d>>" % (channels, width)
    return size + b"/Filter/FlateDecode" + rows, b"".join(_chunks(picture, b"IDAT"))


def _chunks(png: bytes, wanted: bytes) -> list[bytes]:
    """The contents of the chunks of one name: length, name, content, check (PNG, 5.3)."""
    found, at = [], 8
    while at + 8 <= len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        if name == wanted:
            found.append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return found
