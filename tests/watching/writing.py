"""A process that writes its log where a test reads it; what was set up before comes back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog

from postcards import logs

CHANGED = ("celery.app.trace", "celery.apps.worker")


@contextmanager
def writing_to(out: TextIO, part: str = "web") -> Iterator[None]:
    """This will write the lines of this process to `out` until the block ends."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure(part, stream=out)
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        logging.raiseExceptions = True
        logs.end()
        for name in CHANGED:
            logging.getLogger(name).setLevel(logging.NOTSET)
