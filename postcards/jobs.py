"""Names of the background jobs, and the one way to ask for them: after the commit, and never waiting.

A row's status is the truth; a message is only a nudge. So a message that cannot be sent within a second is
dropped, and the sweeper asks again. A message carries the id of the request that asked, for the log of whoever works.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.orm import Session

from postcards import logs
from postcards.db import after_commit

MAKE_MANIFEST_FILES = "manifests.make_files"
DRAW_PRINT_RUN = "print_runs.draw"
SEND_MAIL = "mail.send"
SEAL_DUE = "manifests.seal_due"
FOLD_TALLIES = "tallies.fold"
CHAIN_JOURNAL = "journal.chain"
SWEEP = "sweeping.sweep"
EXPIRE_IMPORTS = "imports.expire"
RUN_RETENTION = "retention.run_due"
RETAIN = "retention.run"

#: The queue that every job travels in.
QUEUE = "postcards"

#: The header of a message that holds the id of the request that asked.
ASKED_BY = "asked_by"

#: Seconds that a message may take to leave; after that it is dropped (the sweeper asks again).
SEND_WITHIN = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Message:
    """A job that was asked for at `asked_at` (monotonic seconds), for the request `asked_by`."""

    name: str
    ids: dict[str, Any]
    asked_by: str | None
    asked_at: float = field(default_factory=time.monotonic)


def _dropped(message: _Message, reason: str) -> None:
    more = {"request_id": message.asked_by} if message.asked_by else {}
    log.warning("message dropped", job=message.name, reason=reason, **more)


class _Sender:
    """One thread that hands messages to the broker, so that no request waits for it."""

    def __init__(self, broker_url: str) -> None:
        from celery import Celery

        self._app = Celery("postcards-sender", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            task_ignore_result=True,
            task_default_queue=QUEUE,
            broker_connection_timeout=SEND_WITHIN,
            broker_transport_options={"socket_timeout": SEND_WITHIN, "socket_connect_timeout": SEND_WITHIN},
        )
        self._waiting: queue.Queue[_Message] = queue.Queue(maxsize=1000)
        self._thread = threading.Thread(target=self._run, name="job-sender", daemon=True)
        self._thread.start()

    def send(self, message: _Message) -> None:
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            _dropped(message, "too many wait")

    def flush(self) -> None:
        """This will wait for what is under way, a second at the most."""
        deadline = time.monotonic() + SEND_WITHIN
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _run(self) -> None:
        while True:
            message = self._waiting.get()
            try:
                if time.monotonic() - message.asked_at <= SEND_WITHIN:
                    headers = {ASKED_BY: message.asked_by} if message.asked_by else None
                    self._app.send_task(message.name, kwargs=message.ids, headers=headers, retry=False)
                else:
                    _dropped(message, "waited too long")
            except Exception as error:  # noqa: BLE001 - the broker's many ways to be away; the row still waits
                _dropped(message, type(error).__name__)
            finally:
                self._waiting.task_done()


_sender: _Sender | None = None


def connect(broker_url: str) -> None:
    """This will send later messages to the broker at `broker_url` (none when it is empty)."""
    global _sender
    disconnect()
    if broker_url:
        _sender = _Sender(broker_url)


def disconnect() -> None:
    """This will stop sending, after what is under way has left or a second has passed."""
    global _sender
    if _sender is not None:
        _sender.flush()
        _sender = None


def enqueue(session: Session, name: str, **ids: str | int) -> None:
    """This will ask a worker for job `name` once this transaction is committed; `ids` and nothing else travel."""
    after_commit(session, lambda: send(name, **ids))


def send(name: str, **ids: str | int) -> None:
    """This will ask a worker for job `name` now, without waiting; without a broker nothing happens."""
    if _sender is not None:
        _sender.send(_Message(name, ids, logs.asked_by()))


atexit.register(disconnect)
