"""Keeps an uploaded table, sealed and for an hour, until its person has looked at it and said yes; then its report."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.models import Campaign, Staff
from postcards.services.importing import Counts

#: How long a table waits, and its report after it.
KEPT = dt.timedelta(hours=1)

#: How a file that was sealed with another key answers (gateways/sealed_files.py, vault.py).
_SHUT = ("file_damaged", "key_missing")


class Files(Protocol):
    """Where sealed files are kept."""

    def put(self, key: str, source: bytes | Iterable[bytes], *, key_id: str) -> object: ...

    def get(self, key: str, *, key_id: str) -> bytes: ...

    def delete(self, key: str) -> None: ...


class NothingWaits(NotFound):
    """No table is waiting: none was uploaded, or its hour is over."""

    code = "no_import"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person's table. `token` tells it from one that was uploaded after it; `line` is how far it has come."""

    token: str
    name: str
    consent: str | None
    at: str
    line: int
    done: bool
    counts: Counts
    table: bytes
    report: bytes

    def moved(self, *, line: int, done: bool, counts: Counts, report: bytes) -> Waiting:
        """This will give the same table, further on; nothing of it is kept once it is done."""
        return replace(
            self, line=line, done=done, counts=counts, report=report, table=b"" if done else self.table
        )


def keep(files: Files, waiting: Waiting, *, campaign_id: int, staff_id: int, key_id: str) -> None:
    """This will keep it, in place of the one that this person had."""
    head = {
        "token": waiting.token, "name": waiting.name, "consent": waiting.consent, "at": waiting.at,
        "line": waiting.line, "done": waiting.done, "counts": asdict(waiting.counts), "table": len(waiting.table),
    }  # fmt: skip
    source = (json.dumps(head).encode(), b"\n", waiting.table, waiting.report)
    files.put(_key(campaign_id, staff_id), source, key_id=key_id)


def find(files: Files, *, campaign_id: int, staff_id: int, key_id: str, at: dt.datetime) -> Waiting:
    """This will give the person's table. Raises `NothingWaits`, and takes it away when its hour is over, or when the
    campaign's key was changed since, so that nobody can open it any more.
    """
    try:
        data = files.get(_key(campaign_id, staff_id), key_id=key_id)
    except NotFound as gone:
        if gone.code in _SHUT:
            files.delete(_key(campaign_id, staff_id))
        raise NothingWaits("No table is waiting here. Please choose the file again.") from None
    line, _, rest = data.partition(b"\n")
    head = json.loads(line)
    if dt.datetime.fromisoformat(head["at"]) + KEPT < at:
        files.delete(_key(campaign_id, staff_id))
        raise NothingWaits("The table waited for more than an hour. Please choose the file again.")
    size = head.pop("table")
    return Waiting(**head | {"counts": Counts(**head["counts"]), "table": rest[:size], "report": rest[size:]})


def drop(files: Files, *, campaign_id: int, staff_id: int) -> None:
    """This will forget the person's table and its report."""
    files.delete(_key(campaign_id, staff_id))


def expire(session: Session, *, files: Files, at: dt.datetime) -> None:
    """This will take away every table, and every report, whose hour is over."""
    people = list(session.scalars(select(Staff.id)))
    for campaign_id, key_id in session.execute(select(Campaign.id, Campaign.data_key)):
        for staff_id in people:
            try:
                find(files, campaign_id=campaign_id, staff_id=staff_id, key_id=key_id, at=at)
            except NothingWaits:
                continue


def _key(campaign_id: int, staff_id: int) -> str:
    return f"imports/{campaign_id}/{staff_id}"
