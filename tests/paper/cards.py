"""A look and a face to draw, and eyes to see what was drawn."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from postcards.paper.layout import Zone
from postcards.rules.face import Face, Indicia, Look

LOOK = Look(
    slug="vilnius",
    title="Far is Close",
    heading="ATVIRUKAS / CARTE POSTALE",
    cap=10_000,
    cachet_placement="left",
    cachet_ring="FAR IS CLOSE · 60 · VILNIUS",
    indicia=Indicia("LIETUVA", "TAXE PERÇUE", "Nr. 2026-0060", "Vilnius C. P."),
    priority_mark="PRIORITAIRE / PAR AVION",
    return_address=("Far is Close", "A. Jakšto g. 12, LT-01105 Vilnius", "LIETUVA / LITHUANIA"),
    credits=("The Mayor of Vilnius", "Café Strazdas", "Print House Rota"),
    place="Vilnius",
    test=False,
    practice=False,
)
CODE = "7K3M9QXT02ABC"
FACE = Face(
    number=42,
    tracking_code=CODE,
    url=f"HTTPS://FARISCLOSE.EXAMPLE/T/{CODE}",
    address_lines=("Jonas Petraitis", "Hauptstraße 5", "10115 Berlin", "VOKIETIJA / GERMANY"),
    sender_name="Ona Petraitienė",
)
DPI = 300


def grey(pdf: bytes, page: int = 0, *, dpi: int = DPI) -> Image.Image:
    """One page as grey levels, 255 is paper."""
    with pypdfium2.PdfDocument(pdf) as document:
        return document[page].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")


def ink(picture: Image.Image, zone: Zone, *, dpi: int = DPI) -> int:
    """How many pixels inside `zone` (mm from the top left) are not white."""
    left, top, right, bottom = (
        round(mm * dpi / 25.4) for mm in (zone.left, zone.top, zone.right, zone.bottom)
    )
    return sum(picture.crop((left, top, right, bottom)).histogram()[:250])


def is_dark(picture: Image.Image, x: int, y: int, *, around: int = 0) -> bool:
    """Whether the pixel, or one of those up to `around` pixels away, is darker than half grey."""
    return min(picture.crop((x - around, y - around, x + around + 1, y + around + 1)).tobytes()) < 128


def text_of(pdf: bytes, page: int, tmp_path: Path, *options: str) -> str:
    file = tmp_path / "page.pdf"
    file.write_bytes(pdf)
    number = str(page + 1)
    return subprocess.run(
        ["pdftotext", "-f", number, "-l", number, *options, str(file), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))
