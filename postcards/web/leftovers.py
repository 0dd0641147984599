"""Reads what a view left of the request's body, so that the connection stays good for the next request.

A server that has answered before it read everything drops the connection, and the client's next request with it:
seen with a refused token, an unknown address, a body of another type.
"""

from __future__ import annotations

from flask import Flask, Response, request

#: More than the largest body that we take (a receipt's 2 MiB). Who sends more finds the connection closed.
AT_MOST = 4 * 1024 * 1024
_PIECE = 64 * 1024


def register(app: Flask) -> None:
    """This will read the rest of each body, or say that the connection ends here."""

    @app.after_request
    def _read_the_rest(response: Response) -> Response:
        if not request.content_length and "Transfer-Encoding" not in request.headers:
            return response
        stream, left = request.environ["wsgi.input"], AT_MOST
        while left > 0:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                return response
            left -= len(piece)
        response.headers["Connection"] = "close"
        return response
