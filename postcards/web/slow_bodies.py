"""A body that drips in keeps its thread until it is whole: strangers may keep half of the threads, and no more.

The server gives a request to a thread as soon as its head is there, and nothing tells how much of the body has come.
Sixteen senders who never end theirs would take every thread of two processes, and all kiosks would wait. Whom a door
has let in waits on any thread; those whom nobody knows have places, and who finds none hears 503. A request without a
body has nothing to wait for. Why so: docs/decisions/0016-strangers-bodies-wait-in-places.md.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, g

from postcards.errors import Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIEnvironment

#: Threads of one process that may wait for strangers at a time: half of the server's (`children.WEB_THREADS`).
PLACES = 4

#: So many more may wait for a place, and so long (seconds): a burst of bodies that are there already is over by then.
#: One thread is left at any time for those who are known, and to tell the others.
QUEUE, PATIENCE = 3, 1.0

_places = threading.BoundedSemaphore(PLACES)
_queue = threading.BoundedSemaphore(QUEUE)


class Crowded(Unavailable):
    """As many strangers as may are sending already."""

    code = "crowded"


class Body:
    """A request's body as the server gives it, which strangers read in their places."""

    def __init__(self, body: InputStream) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """This will read up to `size` bytes, and wait until they are there. Raises `Crowded`."""
        if g.get("let_in"):
            return self._body.read(size)
        if not _find_place():
            raise Crowded(
                "Too much is on its way to us just now. Please try again in a moment.", retry_after=2
            )
        try:
            return self._body.read(size)
        finally:
            _places.release()


def _find_place() -> bool:
    if _places.acquire(blocking=False):
        return True
    if not _queue.acquire(blocking=False):
        return False
    try:
        return _places.acquire(timeout=PATIENCE)
    finally:
        _queue.release()


def let_in() -> None:
    """This will note that a door has let the caller in, before anything of the body is read."""
    g.let_in = True


def register(app: Flask) -> None:
    """This will let every body of the app be read so."""
    inside = app.wsgi_app

    def with_places(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        says_none = environ.get("CONTENT_LENGTH") == "0"  # else one may come, whatever the head says
        environ["wsgi.input"] = io.BytesIO() if says_none else Body(environ["wsgi.input"])
        return inside(environ, start_response)

    app.wsgi_app = with_places  # type: ignore[method-assign]
