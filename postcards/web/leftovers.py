"""Reads what a view left of the request's body, so that the connection stays good for the next request.

A server that has answered before it read everything drops the connection, and the client's next request with it:
seen with a refused token, an unknown address, a body of another type.
"""

from __future__ import annotations

from typing import IO

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream

from postcards.web.slow_bodies import Crowded

#: More than the largest body that we take (a receipt's 2 MiB). Who sends more finds the connection closed.
AT_MOST = 4 * 1024 * 1024
_PIECE = 64 * 1024


def register(app: Flask) -> None:
    """This will read the rest of each body, or say that the connection ends here."""

    @app.after_request
    def _read_the_rest(response: Response) -> Response:
        # Most requests bring no body; of them nothing is asked twice.
        environ = request.environ
        if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
            return response
        if request.content_length != 0 and not _read_to_its_end():
            response.headers["Connection"] = "close"
        return response


def _read_to_its_end() -> bool:
    left = AT_MOST
    try:
        stream = _body()
        while left > 0:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                return True
            left -= len(piece)
    except (HTTPException, Crowded):  # longer than it may be, the client is gone, or too many send slowly
        pass
    return False


def _body() -> IO[bytes]:
    """Never past the body's own end, for some servers would wait there for the next request."""
    try:
        return request.stream
    except RequestEntityTooLarge:  # nobody has begun to read it
        return LimitedStream(request.environ["wsgi.input"], request.content_length or 0)  # type: ignore[return-value]
