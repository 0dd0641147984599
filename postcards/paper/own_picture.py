"""A picture that an edition brings along: made ready for print in a process of its own, or refused with the reason.

What comes out is one plain PNG or JPEG file of the card with its bleed, 154 x 111 mm, at 300 to 600 dots an inch,
without the words that cameras and programs leave in pictures. Whatever else is in the file that came in stays out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from postcards.errors import Fault, Invalid, NotFound

#: Bytes of a file that we open at all; a card at 600 dots an inch, uncompressed, has 38 million.
MOST_BYTES = 60_000_000
#: Seconds of the clock; the process itself has less of the processor (`own_picture_reader`).
PATIENCE = 180

_ROOT = Path(__file__).resolve().parents[2]


class PictureRefused(Invalid):
    """The picture cannot be printed; the words say what it needs."""

    code = "picture"


def picture_beside(folder: Path, name: str) -> bytes:
    """Read the file `name` that lies in an edition's folder or below it, and nowhere else.

    This will return its bytes, or raise `NotFound`, or `PictureRefused` when a link leads out of the folder or
    the file is too large.
    """
    place = folder / name
    try:
        real = place.resolve(strict=True)
        if not real.is_relative_to(folder.resolve(strict=True)):
            raise _refused("place", f"{name} leads out of the edition's folder. Put the file itself there.")
        if not real.is_file():
            raise _refused("place", f"{name} is no file.")
        if real.stat().st_size > MOST_BYTES:
            raise _refused("too_large", f"{name} is larger than {MOST_BYTES // 1_000_000} MB.")
        return real.read_bytes()
    except OSError as error:
        message = f"card.picture: there is no {name} beside the edition's file that can be read."
        raise NotFound(message) from error


def prepare_picture(data: bytes) -> bytes:
    """Make a PNG, JPEG, SVG or PDF ready to be drawn on every card (`Look.picture`).

    It is read by another process, which has little memory and time and opens no file and no connection. This will
    return a PNG or JPEG file, the same bytes for the same picture, or raise `PictureRefused`.
    """
    if len(data) > MOST_BYTES:
        raise _refused("too_large", f"The picture is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "postcards.paper.own_picture_reader"],
            input=data,
            capture_output=True,
            timeout=PATIENCE,
            env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("too_heavy", _TOO_HEAVY) from None
    if done.returncode == 0:
        return done.stdout
    try:
        said = json.loads(done.stderr)
        code, message = str(said["code"]), str(said["message"])
    except (ValueError, KeyError, TypeError):
        # It was ended by its limits, or by a fault of a library in a broken file.
        raise _refused("too_heavy", _TOO_HEAVY) from None
    raise _refused(code, message)


_TOO_HEAVY = (
    "The picture takes more memory or time to read than a picture of a postcard should. "
    "Save it as a plain PNG or JPEG and try again."
)


def _refused(code: str, message: str) -> PictureRefused:
    return PictureRefused(f"card.picture: {message}", faults=[Fault("card.picture", code, message)])
