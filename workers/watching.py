"""Each job gets its lines in the log and its place in the figures; beat and worker write as the web does."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import structlog
from celery.signals import (
    beat_init,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
)

from postcards import config, logs
from postcards.jobs import ASKED_BY
from postcards.measures import Measures

#: The family of the figures: job, outcome.
FAMILY = "job"

#: Celery's word for how a task ended -> ours.
OUTCOMES = {"SUCCESS": "done", "RETRY": "retried later", "FAILURE": "failed", "REJECTED": "failed"}

log = structlog.get_logger()

_started: dict[str, float] = {}


@cache
def measures() -> Measures:
    """This will give the figures of this process."""
    return Measures(config.load().home / "run" / "measures")


@setup_logging.connect
def _logging(**_: Any) -> None:
    """Celery asks before it sets logging up, so ours stands, and its own would quote arguments."""
    logs.configure("worker", level=config.load().log_level)


@beat_init.connect
def _beat(**_: Any) -> None:
    logs.configure("beat", level=config.load().log_level)
    log.info("beat keeps the clock")


@worker_process_init.connect
def _after_the_fork(**_: Any) -> None:
    measures().tell_always()


@worker_process_shutdown.connect
def _before_the_end(**_: Any) -> None:
    measures().close()


@task_prerun.connect
def _begins(task_id: str, task: Any, **_: Any) -> None:
    # Nobody asked for what beat asks for each second; its lines get an id all the same, so that they hang together.
    asked_by = str((task.request.headers or {}).get(ASKED_BY) or "")
    request_id = asked_by if logs.well_formed(asked_by) else logs.new_request_id()
    logs.begin(request_id, job=task.name, job_id=task_id)
    _started[task_id] = time.perf_counter()


@task_failure.connect
def _fails(exception: BaseException, **_: Any) -> None:
    log.error("surprise", exc_info=exception)


@task_postrun.connect
def _ends(task_id: str, task: Any, state: str | None, **_: Any) -> None:
    seconds = time.perf_counter() - _started.pop(task_id, time.perf_counter())
    outcome = OUTCOMES.get(state or "", "failed")
    measures().observe((FAMILY, task.name, outcome), seconds)
    # What beat asks for is written down only when it went wrong: some of it comes each second.
    routine = outcome == "done" and not (task.request.headers or {}).get(ASKED_BY)
    write = log.debug if routine else log.info if outcome == "done" else log.warning
    write("job", attempts=task.request.retries + 1, ms=round(seconds * 1000, 1), outcome=outcome)
    logs.end()
