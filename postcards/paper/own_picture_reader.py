"""Reads a picture that somebody else made, in a process of its own: it comes on standard input, a plain one goes out.

Before the first byte of it is looked at, the process gives away what it does not need: memory beyond 1.5 GB,
processor time beyond 40 s, and the right to open anything, be it a file or a connection. So a picture that names
other files, or that unfolds into gigabytes, ends this process and nothing else.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import NoReturn

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
import resvg_py
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from postcards.paper.own_picture_svg import Unusable, check_svg
from postcards.rules.sheet import BLEED, CARD_HEIGHT, CARD_WIDTH

WIDTH, HEIGHT = CARD_WIDTH + 2 * BLEED, CARD_HEIGHT + 2 * BLEED  # mm
LEAST, PHOTO, MOST = 300, 400, 600  # dots an inch: sharp in print; all a photograph needs; sharp edges
#: Pixels that are unpacked at all: more than any camera of today has.
MOST_PIXELS = 110_000_000
#: How much of the picture may be cut away to give it the shape of the card.
MOST_CUT = 0.25
#: Bytes up to which a lossless file is kept; beyond, it is a photograph.
LOSSLESS = 1_500_000

MEMORY = 1_500_000_000
PROCESSOR_SECONDS = 40


def pixels(dots: int) -> tuple[int, int]:
    """This will return the pixels of a card with its bleed at that many dots an inch."""
    return round(WIDTH * dots / 25.4), round(HEIGHT * dots / 25.4)


def made_ready(data: bytes) -> bytes:
    """This will return a PNG or JPEG in the shape of the card, or raise `Unusable`."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" or data[:3] == b"\xff\xd8\xff":
        picture = _of_pixels(data)
    elif b"%PDF-" in data[:1024]:
        picture = _of_pdf(data)
    elif b"<" in data[:8]:
        picture = _of_svg(data)
    else:
        raise Unusable("kind", "This is no PNG, JPEG, SVG or PDF file.")
    return _written(picture, photograph=data[:2] == b"\xff\xd8")


def cut(width: float, height: float) -> tuple[float, float, float, float]:
    """The middle of a picture that has the shape of the card. This will return a box, or raise `Unusable`."""
    shape = WIDTH / HEIGHT
    inner_width, inner_height = min(width, height * shape), min(height, width / shape)
    lost = 1 - inner_width * inner_height / (width * height)
    if lost > MOST_CUT:
        raise Unusable(
            "shape",
            f"The picture would lose {lost:.0%} to take the shape of the card. "
            f"Cut it to {WIDTH:g} × {HEIGHT:g} mm: the card and {BLEED:g} mm on every side that are cut away.",
        )
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    return left, top, left + inner_width, top + inner_height


def _cut_out(picture: Image.Image) -> Image.Image:
    left, top, right, bottom = cut(*picture.size)
    return picture.crop((round(left), round(top), round(right), round(bottom)))


def _of_pixels(data: bytes) -> Image.Image:
    try:
        found = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        width, height = found.size
        if width * height > MOST_PIXELS:
            raise Unusable(
                "too_large", f"The picture has {width} × {height} pixels, far more than a card needs."
            )
        if 5 <= (found.getexif().get(0x0112) or 1) <= 8:  # it lies on its side
            width, height = height, width
        box = cut(width, height)
        least = pixels(LEAST)
        if box[2] - box[0] < least[0] - 1 or box[3] - box[1] < least[1] - 1:
            raise Unusable(
                "too_small",
                f"The picture has {width} × {height} pixels. To be sharp in print ({LEAST} dots an inch, with "
                f"{BLEED:g} mm on every side that are cut away) it needs at least {least[0]} × {least[1]}.",
            )
        found.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unusable("broken", "The file is damaged or breaks off in the middle.") from error
    profile = found.info.get("icc_profile")
    return _cut_out(_plain(ImageOps.exif_transpose(found), profile))


def _plain(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Grey, sRGB or CMYK, on white where it was transparent."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in ("P", "PA", "LA", "RGBA", "La", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if profile and picture.mode == "RGB":
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = turned or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that nobody can read says nothing about the colours
    return picture


def _of_svg(data: bytes) -> Image.Image:
    text = check_svg(data)

    def drawn(width: int) -> Image.Image:
        try:
            png = resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True, width=width)
        except ValueError as error:
            raise Unusable("broken", "The SVG cannot be drawn; it may be damaged or say no size.") from error
        return Image.open(io.BytesIO(bytes(png)), formats=("PNG",))

    small = drawn(200)
    box = cut(*small.size)
    large = drawn(round(pixels(MOST)[0] * small.width / (box[2] - box[0])))
    return _cut_out(_plain(large, None))


def _of_pdf(data: bytes) -> Image.Image:
    try:
        document = pypdfium2.PdfDocument(data)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        raise Unusable("broken", "The PDF is damaged or asks for a password.") from error
    if pages != 1:
        raise Unusable(
            "pages", f"The PDF has {pages} pages. Save the one page of the picture as a PDF of its own."
        )
    page = document[0]
    width, height = page.get_size()  # points
    if min(width, height) < 10 or max(width, height) > 20_000:
        raise Unusable("shape", "The page of the PDF has no usable size.")
    box = cut(width, height)
    inches = WIDTH / 25.4 / (box[2] - box[0])  # on the card, for each point of the page
    for found in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=5):
        left, bottom, right, top = found.get_bounds()
        area = (right - left) * (top - bottom)
        across, down = found.get_px_size()
        dots = (across * down / (area * inches * inches)) ** 0.5 if area else LEAST
        if area > width * height / 10 and dots < LEAST * 0.98:
            more = LEAST / dots
            raise Unusable(
                "too_small",
                f"A picture within the PDF has {across} × {down} pixels, {dots:.0f} dots an inch on the card. "
                f"To be sharp in print it needs at least {across * more:.0f} × {down * more:.0f}.",
            )
    drawn = page.render(scale=inches * MOST, may_draw_forms=False).to_pil()
    return _cut_out(_plain(drawn, None))


def _written(picture: Image.Image, *, photograph: bool) -> bytes:
    """Lossless while that is small; a photograph else, with no more pixels than it needs."""
    if not photograph and picture.mode != "CMYK":
        picture = _at_most(picture, MOST)
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=7)
        if out.tell() <= LOSSLESS:
            return out.getvalue()
    out = io.BytesIO()
    _at_most(picture, PHOTO).save(out, "JPEG", quality=90, subsampling=0, optimize=True)
    return out.getvalue()


def _at_most(picture: Image.Image, dots: int) -> Image.Image:
    picture.info.clear()
    width, height = pixels(dots)
    if picture.width <= width + 2 and picture.height <= height + 2:
        return picture
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def give_away() -> None:
    """This will leave the process without files and connections to open, with bounded memory and time."""
    Image.MAX_IMAGE_PIXELS = None  # ours is looked at first, and refuses in words
    Image.init()  # reads all its formats now, while it may open files
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # which refuses both below what is in use
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _refuse(code: str, message: str) -> NoReturn:
    sys.stderr.write(json.dumps({"code": code, "message": message}))
    sys.exit(1)


def main() -> None:
    """This will write the picture made ready, or its refusal as JSON on standard error."""
    data = sys.stdin.buffer.read()
    give_away()
    try:
        ready = made_ready(data)
    except Unusable as unusable:
        _refuse(unusable.code, unusable.message)
    except MemoryError:
        _refuse("too_large", "The picture takes more memory than a picture of a postcard should.")
    sys.stdout.buffer.write(ready)


if __name__ == "__main__":
    main()
