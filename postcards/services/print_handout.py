"""Hands out the file of a print run: one PDF, or a ZIP of its parts behind their cover sheet."""

from __future__ import annotations

import datetime as dt
import uuid
import zipfile
from collections.abc import Iterator
from typing import Protocol

from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.models import PrintRun
from postcards.queries import print_pulls
from postcards.queries.print_runs import RunSeen
from postcards.rules.cover_sheet import Cover
from postcards.services import print_parts
from postcards.services.print_requests import write_journal

#: The time in a ZIP's entries; a fixed one, so that the same run is the same bytes (the earliest ZIP can say).
_NEVER = (1980, 1, 1, 0, 0, 0)


class Opens(Protocol):
    """Opens a sealed file piece by piece."""

    def stream(self, key: str, *, key_id: str) -> Iterator[bytes]: ...


def cover_of(session: Session, *, run: RunSeen) -> Cover:
    """This will gather what the run's cover sheet says as things stand now: also what is to be pulled."""
    return Cover.of(
        run, pulls=print_pulls.pulls(session, run=run), blanks=print_pulls.blanks(session, run=run)
    )


def take(session: Session, *, campaign_id: int, run_id: uuid.UUID, by: str, at: dt.datetime) -> PrintRun:
    """This will note that the run's file is handed out: from now on there may be paper. Each time is journalled, for
    the file is full of addresses. Raises `NotFound` when the run is not ready, or its files are gone."""
    run = print_parts.lock_run(session, run_id)
    if run is None or run.campaign_id != campaign_id or run.status != "ready" or run.forgotten_at:
        raise NotFound("This print run has no file.")
    if run.taken_at is None:
        run.taken_at, run.taken_by = at, by
        session.flush()
    write_journal(session, run, "print_run.downloaded", by=by, at=at)
    return run


def pieces(run: RunSeen, *, files: Opens, cover: bytes) -> Iterator[bytes]:
    """This will yield the file of a run that is ready, a piece at a time: its one PDF, or a ZIP of a PDF for each
    part behind its cover sheet. The same run and cover are the same bytes. Raises `NotFound`."""
    parts = run.files
    if not parts:
        raise NotFound("This print run has no file.")
    if len(parts) == 1:
        return files.stream(parts[0].file_key or "", key_id=parts[0].key_id or "")
    return _zipped(run, files, cover)


def size(run: RunSeen) -> int | None:
    """This will tell the bytes of its file where they are known before it is made: of one PDF, not of a ZIP."""
    return run.files[0].file_bytes if len(run.files) == 1 else None


def part_name(run: RunSeen, part: int) -> str:
    """This will name the PDF of one part, inside the ZIP and by itself."""
    return f"{run.slug}-run-{run.run:03}-part-{part:0{len(str(len(run.parts)))}}.pdf"


def cover_name(run: RunSeen) -> str:
    """This will name the cover sheet, so that it stands before the parts in every list."""
    return f"{run.slug}-run-{run.run:03}-cover.pdf"


class _Outlet:
    """A file that only grows, and whose bytes leave as they come."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def drain(self) -> Iterator[bytes]:
        waiting, self._waiting = self._waiting, []
        yield from waiting


def _zipped(run: RunSeen, files: Opens, cover: bytes) -> Iterator[bytes]:
    outlet = _Outlet()
    contents = [(cover_name(run), iter([cover]))]
    contents += [
        (part_name(run, part.part), files.stream(part.file_key or "", key_id=part.key_id or ""))
        for part in run.files
    ]

    def zipped() -> Iterator[bytes]:
        # Stored as they are: the PDFs are compressed already.
        with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as book:  # type: ignore[call-overload]
            for name, content in contents:
                entry = zipfile.ZipInfo(name, date_time=_NEVER)
                entry.external_attr = 0o600 << 16
                with book.open(entry, "w", force_zip64=True) as place:
                    for piece in content:
                        place.write(piece)
                        yield from outlet.drain()
        yield from outlet.drain()

    return zipped()
