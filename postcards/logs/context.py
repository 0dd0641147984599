"""For whom something is done: the id of a request, from its first line to the last job that it set off."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar

#: An id that comes from outside is 16 to 64 hexadecimal digits and hyphens, as UUIDs and trace ids are: no word, name
#: or code of a card looks like that.
_WELL_FORMED = re.compile(r"[0-9a-f][0-9a-f-]{14,62}[0-9a-f]", re.IGNORECASE)

_NOTHING: dict[str, str] = {}
_context: ContextVar[dict[str, str]] = ContextVar("postcards_asked", default=_NOTHING)


def new_request_id() -> str:
    """This will make an id that no other request has: 16 hexadecimal digits."""
    return os.urandom(8).hex()


def well_formed(text: str) -> bool:
    """This will tell whether `text` may stand for a request."""
    return _WELL_FORMED.fullmatch(text) is not None


def begin(request_id: str, **more: str) -> None:
    """This will put `request_id`, and `more` (a job and its id), into every later line of this thread of work."""
    _context.set({"request_id": request_id, **more})


def end() -> None:
    """This will end what `begin` began."""
    _context.set(_NOTHING)


def asked_by() -> str | None:
    """This will give the id of the request that is being worked for, None when nobody asked."""
    return _context.get().get("request_id")


def in_context() -> dict[str, str]:
    """This will give all that `begin` said."""
    return _context.get()
