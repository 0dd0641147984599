"""Signs of life for whoever watches over the process: `/healthz` that it runs, `/readyz` that it can work.

Every part is asked at the same time, on a thread of its own, and answers for itself; one that is stuck is said to be
stuck after a moment, and is not asked again before it has come back.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Response, current_app
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from postcards import db
from postcards.errors import Refusal, Unavailable
from postcards.gateways import broker
from postcards.gateways.files import FileMissing
from postcards.kit import Kit
from postcards.queries import backup_contents, waiting_jobs
from postcards.services import key_rotation
from postcards.vault import KeysDamaged, WrongMasterKey
from postcards.web.api import json_response
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.blueprint import blueprint

#: Seconds of silence after which beat counts as gone; it ticks every few seconds.
BEAT_WITHIN = 60.0
#: Seconds for which storage that could be written is not tried again: a trial is a write that is waited for, or four
#: requests that somebody pays, and anybody may ask here.
STORAGE_KEPT = 5.0
#: Seconds that the parts may take to answer, all of them together; the broker itself gives up before that.
ANSWER_WITHIN = 2.0

Told = dict[str, Any]

#: A database that is newer than the program is not mended by what mends an older one.
REMEDY_NEWER = "Start the version that upgraded this database, or restore the backup made before the upgrade."
#: What to do about a part that is not well, one line for the person who was woken; docs/monitoring.md says more.
REMEDIES = {
    "database": "See that PostgreSQL runs and has room on its disk. Cards wait at the kiosks until it answers.",
    "migrations": "Run `postcards db upgrade` with the version that is running here.",
    "broker": "See that Valkey runs. Cards are taken all the same; files and mail wait until it answers.",
    "storage": "See that the folder of POSTCARDS_STORAGE_URL is there, can be written, and has room.",
    "files": "See that the folder of POSTCARDS_STORAGE_URL is mounted: files that it held are not in it.",
    "keys": "Run `postcards keys list`, and see docs/operator.md, Keys are lost: no card can be taken or read.",
    "beat": "See that beat and a worker run, and that the broker answers. Nothing is sealed, drawn or sent until then.",
    "jobs": "See that a worker runs.",
}

log = structlog.get_logger()


@blueprint.get("/healthz")
@guarded(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return json_response({"status": "ok"})


@blueprint.get("/readyz")
@guarded(PUBLIC)
def readyz() -> Response:
    """200 when every part answers, else 503. Without workers, beat is not expected."""
    tools, at = kit(), now()
    tried = current_app.extensions.setdefault("storage_tried", {})
    answers = _ask_all(
        id(tools),
        {
            "database": lambda: _database(tools, at),
            "broker": lambda: _broker(tools),
            "storage": lambda: _storage(tools, tried),
            "files": lambda: _files(tools, tried),
            "keys": lambda: _keys(tools, at),
        },
    )
    parts = {name: _told(name, answers) for name in REMEDIES}
    ready = all(part["ok"] for part in parts.values())
    return json_response({"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503)


def _told(name: str, answers: dict[str, Told]) -> Told:
    """What a part answered; and what to do when that is not good, or when nothing came."""
    told = answers.get(name)
    if told is None and name in ("migrations", "keys", "beat", "jobs"):  # the database answers for them
        return {"ok": False, "code": "not_asked", "detail": "The database has to be well first."}
    if told is None and name == "files":
        return {"ok": False, "code": "not_asked", "detail": "Database and storage have to be well first."}
    if told is None:
        told = {"ok": False, "code": f"{name}_silent", "detail": "No answer came in time."}
    return told if told["ok"] else told | {"remedy": told.get("remedy", REMEDIES[name])}


Question = Callable[[], dict[str, Told]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question under way: whoever comes meanwhile waits for the same answer, as long as the first one does."""

    thread: threading.Thread
    answers: dict[str, Told]
    until: float


#: What was asked last, by house and by part; a thread that is still alive waits for its answer.
_asked: dict[tuple[int, str], _Asked] = {}
_asking = threading.Lock()


def _ask_all(house: int, questions: dict[str, Question]) -> dict[str, Told]:
    """All at the same time, and no longer than the patience that we have; who is stuck is not asked twice."""
    asked = [_ask_once(house, name, question) for name, question in questions.items()]
    told: dict[str, Told] = {}
    for one in asked:
        one.thread.join(max(0.0, one.until - time.monotonic()))
        told |= one.answers
    return told


def _ask_once(house: int, name: str, question: Question) -> _Asked:
    with _asking:
        before = _asked.get((house, name))
        if before is not None and before.thread.is_alive():
            return before
        answers: dict[str, Told] = {}
        thread = threading.Thread(
            target=_ask, args=(name, question, answers), name=f"readyz {name}", daemon=True
        )
        _asked[house, name] = asked = _Asked(thread, answers, time.monotonic() + ANSWER_WITHIN)
        thread.start()
        return asked


def _ask(name: str, question: Question, answers: dict[str, Told]) -> None:
    try:
        answers.update(question())
    except Refusal as refusal:
        answers[name] = {"ok": False, "code": refusal.code, "detail": refusal.message}
    except Exception as error:
        log.error("surprise", reason=name, exc_info=error)  # noqa: TRY400 - the words of an exception are not written
        answers[name] = {"ok": False, "code": "surprise", "detail": "The log says where it went wrong."}


def _database(tools: Kit, at: dt.datetime) -> dict[str, Told]:
    """The four that the database answers for, in one look."""
    with tools.read() as session:
        if not db.is_current(session.connection()):
            return {"database": {"ok": True}, "migrations": _behind_or_ahead(session.connection())}
        tick = waiting_jobs.last_tick(session)
        waiting = waiting_jobs.waiting_jobs(session, at=at)
    silent = None if tick is None else round((at - tick).total_seconds(), 1)
    expected = tools.settings.expect_beat
    return {
        "database": {"ok": True},
        "migrations": {"ok": True},
        "beat": {
            "ok": not expected or (silent is not None and silent <= BEAT_WITHIN),
            "expected": expected,
            "last_tick": tick and tick.isoformat(),
            "silent_seconds": silent,
        },
        # Told, and never a reason to take the web away: that would only add to the waiting.
        "jobs": {
            "ok": True,
            "waiting": {one.kind: one.jobs for one in waiting},
            "oldest_seconds": round(max((one.oldest_seconds(at) for one in waiting), default=0.0), 1),
        },
    }


def _behind_or_ahead(connection: Connection) -> Told:
    try:
        db.refuse_newer(connection)
    except db.NewerDatabase as newer:
        detail = "The database was upgraded by a newer version than the one that is running here."
        return {"ok": False, "code": newer.code, "detail": detail, "remedy": REMEDY_NEWER}
    detail = "The database is older than the version that is running here."
    return {"ok": False, "code": "older_database", "detail": detail}


def _broker(tools: Kit) -> dict[str, Told]:
    if not tools.settings.broker_url:
        return {"broker": {"ok": False, "code": "broker_missing", "detail": "No broker is set."}}
    broker.check(tools.settings.broker_url)
    return {"broker": {"ok": True}}


def _files(tools: Kit, tried: dict[str, float]) -> dict[str, Told]:
    """A folder that is not mounted looks like a new one, empty and willing; but some of our files should be there."""
    try:
        with tools.read() as session:
            keys = backup_contents.some_file_keys(session)
    except (Unavailable, DBAPIError):
        return {}
    try:
        if not keys or any(_is_there(tools, key) for key in keys):
            return {"files": {"ok": True}}
    except Unavailable as away:
        tried.clear()
        return {"storage": {"ok": False, "code": away.code, "detail": away.message}}
    detail = "Files that were kept are not there any more."
    return {"files": {"ok": False, "code": "files_missing", "detail": detail}}


def _keys(tools: Kit, at: dt.datetime) -> dict[str, Told]:
    """A card can be sealed: the key that each campaign seals with is at hand. Whose keys they are is not told here."""
    try:
        with tools.read() as session:
            if not key_rotation.lost_in_force(session, tools.vault, at=at):
                return {"keys": {"ok": True}}
        code, detail = key_rotation.DataKeyLost.code, "A campaign's data key is not in the keys file."
    except KeysDamaged as damaged:
        code, detail = damaged.code, "The keys file cannot be read."
    except WrongMasterKey as wrong:
        code, detail = wrong.code, "The keys file was written with another master key."
    except (Unavailable, DBAPIError):  # the database is away, and says so for itself
        return {}
    return {"keys": {"ok": False, "code": code, "detail": detail}}


def _is_there(tools: Kit, key: str) -> bool:
    try:
        tools.files.size(key)
    except FileMissing:
        return False
    return True


def _storage(tools: Kit, tried: dict[str, float]) -> dict[str, Told]:
    """`tried` keeps the time of the last good trial, on the monotonic clock; a bad one is not kept."""
    if time.monotonic() - tried.get("good", -math.inf) > STORAGE_KEPT:
        tools.files.check()
        tried["good"] = time.monotonic()
    return {"storage": {"ok": True}}
