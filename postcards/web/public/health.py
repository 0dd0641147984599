"""Signs of life for whoever watches over the process: `/healthz` that it runs, `/readyz` that it can work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from postcards import db
from postcards.errors import Refusal
from postcards.gateways import broker
from postcards.queries import waiting_jobs
from postcards.web.api import json_response
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.blueprint import blueprint

#: Seconds of silence after which beat counts as gone; it ticks every few seconds.
BEAT_WITHIN = 60.0


@blueprint.get("/healthz")
@guarded(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return json_response({"status": "ok"})


@blueprint.get("/readyz")
@guarded(PUBLIC)
def readyz() -> Response:
    """200 when every part answers, else 503. Without workers, beat is not expected."""
    expects_beat = kit().settings.expect_beat
    parts = {
        "database": _database,
        "migrations": _migrations,
        "broker": _broker,
        "storage": _storage,
        "beat": lambda: _beat(expected=expects_beat),
        "jobs": _jobs,
    }
    found = {name: _asked(check) for name, check in parts.items()}
    ready = all(part["ok"] for part in found.values())
    return json_response({"status": "ready" if ready else "not ready", **found}, 200 if ready else 503)


def _asked(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **check()}
    except Refusal as refusal:
        return {"ok": False, "code": refusal.code, "detail": refusal.message}


def _database() -> dict[str, Any]:
    with kit().read() as session:
        session.connection()
        waiting_jobs.last_tick(session)
    return {}


def _migrations() -> dict[str, Any]:
    with kit().read() as session:
        return {"ok": db.is_current(session.connection())}


def _broker() -> dict[str, Any]:
    if not kit().settings.broker_url:
        return {"ok": False, "code": "broker_missing", "detail": "No broker is set."}
    broker.check(kit().settings.broker_url)
    return {}


def _storage() -> dict[str, Any]:
    kit().files.check()
    return {}


def _beat(*, expected: bool) -> dict[str, Any]:
    with kit().read() as session:
        at = waiting_jobs.last_tick(session)
    silent = None if at is None else round((now() - at).total_seconds(), 1)
    alive = silent is not None and silent <= BEAT_WITHIN
    return {
        "ok": alive or not expected,
        "expected": expected,
        "last_tick": at and at.isoformat(),
        "silent_seconds": silent,
    }


def _jobs() -> dict[str, Any]:
    """Told, and never a reason to take the web away: that would only add to the waiting."""
    with kit().read() as session:
        found = waiting_jobs.waiting_jobs(session, at=now())
    return {
        "waiting": {one.kind: one.jobs for one in found},
        "oldest_seconds": round(max((one.oldest_seconds(now()) for one in found), default=0.0), 1),
    }
