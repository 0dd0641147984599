"""Style sheets and scripts, packed once for whoever unpacks: a phone far away loads a fifth of the bytes."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

from postcards.errors import NotFound
from postcards.web.doors import PUBLIC, guarded

#: What shrinks; pictures and typefaces are packed in themselves.
PACKED = frozenset({".css", ".js", ".svg", ".json", ".txt"})


def register(app: Flask) -> None:
    """This will serve the static folder to everybody, packed where the caller unpacks."""
    app.view_functions["static"] = guarded(PUBLIC)(static)


def static(filename: str) -> Response:
    """One file; kept for a year, for its name changes with its bytes. A browser that has it gets 304."""
    if ".." in Path(filename).parts:  # one name for each file; browsers ask by no other
        raise NotFound("There is nothing at this address.")
    plain = current_app.send_static_file(filename)
    if Path(filename).suffix not in PACKED:
        return plain
    plain.headers["Vary"] = "Accept-Encoding"
    if plain.status_code not in (200, 304) or "Range" in request.headers or not takes_gzip():
        return plain
    path = Path(current_app.static_folder or "") / filename
    packed = Response(_packed(path, path.stat().st_mtime_ns), content_type=plain.content_type)
    for name in ("Cache-Control", "Last-Modified", "Vary"):
        packed.headers[name] = plain.headers[name]
    packed.headers["Content-Encoding"] = "gzip"
    packed.set_etag(f"{plain.get_etag()[0]}-gzip")  # other bytes, another tag
    plain.close()
    packed.make_conditional(request)
    return packed


def takes_gzip() -> bool:
    """This will tell whether the caller unpacks gzip, as every browser does."""
    offered = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in offered and ("q=0" not in offered or request.accept_encodings["gzip"] > 0)


@lru_cache(maxsize=64)
def _packed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
