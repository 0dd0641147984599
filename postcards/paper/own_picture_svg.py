"""What an SVG may hold that is to be printed: shapes, and pictures within itself. Nothing that leads out of it."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

from PIL import Image, UnidentifiedImageError

MOST_BYTES = 20_000_000
MOST_ELEMENTS = 300_000
MOST_DEPTH = 200
#: Pixels of a picture within the SVG.
MOST_PIXELS = 60_000_000

_SVG = "http://www.w3.org/2000/svg"
_LIVE = {
    "script",
    "foreignobject",
    "animate",
    "animatetransform",
    "animatemotion",
    "set",
    "iframe",
    "handler",
    "video",
}
_DATA = re.compile(
    r"\s*data:image/(?:png|jpeg|jpg)(?P<coded>;base64)?,(?P<body>.*)", re.DOTALL | re.IGNORECASE
)
_URL = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|expression\(|javascript:", re.IGNORECASE)


class Unusable(Exception):
    """The picture cannot be used: a code, and a sentence for who brought it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def check_svg(data: bytes) -> str:
    """This will return the SVG as text, or raise `Unusable` when it holds a script, words without outlines, an
    entity, or the address of anything outside of itself.
    """
    if len(data) > MOST_BYTES:
        raise Unusable("too_large", f"The SVG is larger than {MOST_BYTES // 1_000_000} MB.")
    look = _Look()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.buffer_text = True  # or a style sheet comes in pieces
    parser.StartElementHandler = look.begin
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    parser.StartDoctypeDeclHandler = look.doctype
    parser.EntityDeclHandler = look.entity
    parser.ExternalEntityRefHandler = look.entity
    try:
        parser.Parse(data, True)
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except (expat.ExpatError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise Unusable("broken", "The SVG is damaged or not in UTF-8.") from error
    # The drawing program needs no document type, and one that is not there cannot say anything.
    return re.sub(r"<!DOCTYPE[^>\[]*>", "", text, count=1)


class _Look:
    """Sees every element on its way past."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._elements = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("\n")
        if not self._open and (space, local) != (_SVG, "svg"):
            raise Unusable("kind", "This is no SVG file.")
        self._open.append(local.lower())
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._open) > MOST_DEPTH:
            raise Unusable("too_heavy", "The SVG holds more shapes than a picture of a postcard should.")
        if self._open[-1] in _LIVE:
            raise Unusable(
                "live", f"The SVG holds <{local}>, which does something. A card needs shapes alone."
            )
        if self._open[-1] in ("text", "tspan", "textpath", "tref"):
            raise Unusable("words", "The SVG holds words as text. Turn them into outlines (paths) first.")
        for key, value in attributes.items():
            self._attribute(key.rpartition("\n")[2].lower(), value)

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, words: str) -> None:
        if self._open and self._open[-1] == "style" and _URL.search(words):
            _leads_out(words)

    def doctype(self, _name: str, _system: str | None, _public: str | None, inside: bool) -> None:
        if inside:
            raise Unusable("entity", "The SVG declares entities. Save it as a plain SVG without them.")

    def entity(self, *_: object) -> NoReturn:
        raise Unusable("entity", "The SVG declares entities. Save it as a plain SVG without them.")

    def _attribute(self, key: str, value: str) -> None:
        if key.startswith("on"):
            raise Unusable("live", "The SVG holds a script. A card needs shapes alone.")
        if key in ("href", "src", "base"):
            if value.strip().startswith("#"):
                return
            picture = _DATA.fullmatch(value)
            if picture is None:
                _leads_out(value)
            _check_within(picture["body"], coded=picture["coded"] is not None)
        elif _URL.search(value):
            _leads_out(value)


def _leads_out(value: str) -> NoReturn:
    shown = value.strip().replace("\n", " ")[:60]
    raise Unusable(
        "leads_out", f"The SVG refers to something outside of itself: {shown}. Put it into the file."
    )


def _check_within(body: str, *, coded: bool) -> None:
    """A picture in the SVG is unpacked by another's code: look at its size before."""
    try:
        data = base64.b64decode("".join(body.split())) if coded else unquote_to_bytes(body)
        width, height = Image.open(io.BytesIO(data), formats=("PNG", "JPEG")).size
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Unusable("broken", "A picture within the SVG is damaged.") from error
    if width * height > MOST_PIXELS:
        raise Unusable("too_large", f"A picture within the SVG has {width} × {height} pixels.")
