"""One line for each event: JSON where a program reads it, words where a person watches.

Libraries' own lines come out in the same form. Their texts are written with the arguments left out unless we know
what stands in them, and their exceptions without words, for both may quote what people typed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog
from pydantic_core import to_json

from postcards.logs.context import in_context
from postcards.logs.trace import kind, trace

Event = MutableMapping[str, Any]
Render = Callable[[Any, str, Event], str]

#: All that a line of ours may hold beside its event; a test reads every call in the house.
FIELDS = {
    "request_id": "the request that this is done for, also in the answer's X-Request-ID and in the lines of its jobs",
    "method": "of the request",
    "route": "the rule of the address, such as /T/<code>; never the address itself",
    "status": "of the answer",
    "ms": "how long it took, in milliseconds",
    "campaign": "its slug",
    "by": "who did it, as the journal names them: kiosk:UUID, staff:ID, partner:ID, visitor",
    "job": "the name of a background job",
    "job_id": "this one message of it",
    "attempts": "how often it was tried, this time included",
    "outcome": "of a job: done, failed, or retried later",
    "reason": "a type or a code, never a message",
    "error": "the type of an exception, and what a database says about its own tables",
    "place": "file and line",
    "trace": "frames of an exception, without its words and without variables",
    "mail": "the id of a mail's row",
    "minutes": "until it is tried again",
    "words": "what `up` says of its parts, and its part's last event",
    "cards": "how many",
    "manifests": "how many",
}

#: What every line begins with.
PLACES = ("time", "level", "event", "part", "pid")

#: How the web server, which sets its own logging up, comes to write such lines too.
WEB_SERVER = Path(__file__).with_name("web_server.json")

#: Libraries whose whole words are written: they speak of connections, processes and schedules. Those of all others
#: stand there with their arguments left out.
_TRUSTED = ("celery.apps", "celery.beat", "celery.worker.consumer", "kombu", "_granian", "alembic")

#: Silent: what a task raised is told by ourselves (workers/watching.py); its own line would quote the exception.
_SILENT = ("celery.app.trace",)

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

#: Libraries that tell only once, that they have begun; whoever starts us waits for it.
_TOLD_AT_INFO = ("celery.apps.worker",)


def configure(part: str, *, level: str = "info", stream: TextIO | None = None) -> None:
    """This will write this process's lines to `stream` (standard error): those of `part` from `level` upwards.

    Lines are JSON, unless a person watches at a terminal.
    """
    out = stream or sys.stderr
    least = _LEVELS[level]
    render = _renderer(out)
    structlog.configure(
        processors=[_begun(part), render],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: Writer(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(LibraryLine(part=part, render=render))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(least, logging.WARNING))
    for name in _TOLD_AT_INFO:
        logging.getLogger(name).setLevel(max(least, logging.INFO))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # else a line that cannot be written is quoted whole on standard error


class Writer:
    """Writes whole lines. One that cannot be written, for the disk is full, is lost: what it tells of must go on."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def msg(self, line: str) -> None:
        """This will write a line at once, in one piece, so that those of several threads do not mix."""
        with contextlib.suppress(OSError, ValueError):
            self._out.write(f"{line}\n")
            self._out.flush()

    debug = info = warning = error = msg


class LibraryLine(logging.Formatter):
    """A library's record as one of our lines. Named in the web server's own configuration too."""

    def __init__(self, *, part: str = "web", render: Render | None = None) -> None:
        super().__init__()
        self._begun = _begun(part)
        self._render = render or _renderer(sys.stderr)

    def format(self, record: logging.LogRecord) -> str:
        """This will write the record's level, logger and safe words, and of an exception its trace."""
        level = record.levelname.lower()
        event: Event = {"event": said(record), "logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            event["exc_info"] = record.exc_info[1]
        return self._render(None, level, self._begun(None, level, event))


def said(record: logging.LogRecord) -> str:
    """This will give the words of a library's record that are safe to write."""
    words = str(record.msg)
    if record.name == "postcards":  # Flask, of a surprise outside of every view: it would name the address
        words = "surprise"
    elif record.name == "py.warnings":
        words = ":".join(record.getMessage().split(":")[:3])  # file, line, category; the message is left out
    elif record.name.startswith(_TRUSTED):
        words = (record.getMessage().splitlines() or [""])[0]  # what follows may be the trace of an exception
    return " ".join(words.split())


def _begun(part: str) -> Callable[[Any, str, Event], Event]:
    """Gives the one step that shapes an event: when, how grave, what, where, for whom; then what it tells itself.

    One step instead of a chain of five: a line a request must cost no more than a few microseconds.
    """

    def begin(_: Any, level: str, event: Event) -> Event:
        shaped = {
            "time": _now(),
            "level": level,
            "event": event.pop("event", ""),
            "part": part,
            "pid": os.getpid(),
        }
        shaped.update(in_context())
        error = event.pop("exc_info", None)
        if isinstance(error, BaseException):
            shaped["error"], shaped["trace"] = kind(error), trace(error)
        shaped.update(event)
        return shaped

    return begin


_second = (0, "")


def _now() -> str:
    """The time in UTC to the millisecond, as ISO 8601; the second is written once and kept."""
    global _second
    at = time.time()
    second, words = _second
    if second != int(at):
        second, words = _second = (int(at), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)))
    return f"{words}.{int((at - second) * 1000):03d}+00:00"


def _renderer(out: TextIO) -> Render:
    if not out.isatty():
        return _as_json
    words = structlog.dev.ConsoleRenderer(colors=True, sort_keys=False)

    def for_eyes(logger: Any, level: str, event: Event) -> str:
        told = event.pop("trace", None)
        line = words(logger, level, {**event, "timestamp": event.pop("time")[11:19]})
        return f"{line}\n{told}" if told else str(line)

    return for_eyes


def _as_json(_: Any, __: str, event: Event) -> str:
    """One line of JSON, by the encoder that the API has anyway: it takes a fifth of the standard library's time."""
    try:
        return to_json(event, fallback=str).decode()
    except ValueError:  # half a character, in a library's words
        return json.dumps(event, default=str)


def event_of(line: str) -> str:
    """This will give what a line of a log says happened; a line in no form of ours, as it is."""
    try:
        told = json.loads(line)
    except ValueError:
        return line.strip()
    return str(told["event"]) if isinstance(told, dict) and "event" in told else line.strip()
