"""The Celery app: messages are nudges, rows are the truth, so a lost message only delays.

`python -m celery -A workers.app worker` and `… beat` run it; nothing in the code assumes one kind of broker.
"""

from __future__ import annotations

import datetime as dt
import warnings
from functools import cache
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_shutdown

from postcards import config, jobs
from postcards.errors import Unavailable
from postcards.kit import Kit, assemble, worker_name
from workers import watching  # noqa: F401 - Celery asks who logs before it reads `include`
from workers.schedule import SCHEDULE

# Root may run one machine's `up`; our messages are JSON with ids, so nothing in them runs with its rights.
# Celery asks before it sets logging up, hence here.
warnings.filterwarnings(
    "ignore", message=r"\s*You're running the worker with superuser", category=SecurityWarning
)

settings = config.load()

app = Celery("postcards", broker=settings.broker_url, include=["workers.tasks", "workers.privacy"])
app.conf.update(
    beat_schedule=SCHEDULE,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_hijack_root_logger=False,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    timezone="UTC",
    task_default_queue=jobs.QUEUE,
)
if settings.broker_url.startswith(("redis", "rediss")):
    # Without the last two a killed worker's message comes back only after a minute or more (measured 45-100 s).
    app.conf.broker_transport_options = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }

#: Retries of a task whose work may succeed in a moment; the sweeper asks again after that anyway.
RETRY: dict[str, Any] = {
    "autoretry_for": (Unavailable,),
    "max_retries": 5,
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "retry_jitter": True,
}


@cache
def kit() -> Kit:
    """This will give this process's tools, made on first use (after the fork)."""
    jobs.connect(settings.broker_url)
    return assemble(settings, name="postcards-worker", pool_size=2)


@cache
def me() -> str:
    """This will give the name under which this process claims rows."""
    return worker_name("worker")


def clock() -> dt.datetime:
    """The workers' clock."""
    return dt.datetime.now(dt.UTC)


@worker_process_shutdown.connect
def _close(**_: Any) -> None:
    if kit.cache_info().currsize:
        kit().close()
