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
def log_kept() -> Iterator[None]:
    """This will bring back, when the block ends, how the process wrote its log before: a command sets it up anew."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        if structlog.get_config() != before or root.handlers != handlers:
            structlog.configure(**before)
            root.handlers[:] = handlers
            root.setLevel(level)
            logging.captureWarnings(False)
            logging.raiseExceptions = True
            for name in CHANGED:
                logging.getLogger(name).setLevel(logging.NOTSET)


@contextmanager
def writing_to(out: TextIO, part: str = "web") -> Iterator[None]:
    """This will write the lines of this process to `out` until the block ends."""
    with log_kept():
        try:
            logs.configure(part, stream=out)
            yield
        finally:
            logs.end()
