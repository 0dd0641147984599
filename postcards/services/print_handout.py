"""Hands out the file of a print run: one PDF, or a ZIP of its parts behind their cover sheet."""

from __future__ import annotations

import datetime as dt
import uuid
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import Protocol

from sqlalchemy.orm import Session

from postcards.errors import NotFound, Refusal, says, says_all
from postcards.models import PrintRun
from postcards.queries import print_pulls
from postcards.queries.print_runs import PartRow, RunSeen, run_seen
from postcards.rules.cover_sheet import Cover
from postcards.services import print_parts
from postcards.services.print_control import NotNow
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
    the file is full of addresses. Only bytes that are at hand already may be noted so. Raises as `why_not` says."""
    run = print_parts.lock_run(session, run_id)
    if run is None or run.campaign_id != campaign_id:
        raise NotFound("This print run has no file.")
    if refusal := why_not(run_seen(session, campaign_id=campaign_id, run_id=run_id)):
        raise refusal
    if run.taken_at is None:
        run.taken_at, run.taken_by = at, by
        session.flush()
    write_journal(session, run, "print_run.downloaded", by=by, at=at)
    return run


def why_not(run: RunSeen) -> Refusal | None:
    """This will tell why the run's file is not handed out, None when it is: `NotFound` when it is not ready or its
    files are gone, `NotNow` when an erasure took a part away before anybody took the file. The others in that part
    would count as on paper, and nobody could cancel the run any more."""
    if run.status != "ready" or run.forgotten_at is not None or not run.files:
        return NotFound("This print run has no file.")
    gone = next((part.part for part in run.parts if part.status == "gone"), None)
    if gone is None or run.draft or run.taken_at is not None:
        return None
    what = says("Part %(part)s was deleted: somebody in it asked us to forget them.", part=gone)
    remedy = says("Cancel the run and start it anew: the others are drawn again, without them.")
    return NotNow(says_all([what, remedy]))


def pieces(run: RunSeen, *, files: Opens, cover: bytes) -> Iterator[bytes]:
    """This will yield the file of a run that is ready, a piece at a time: its one PDF, or a ZIP of a PDF for each
    part behind its cover sheet. The same run and cover are the same bytes. The first piece of each part is opened at
    the call, so that what is missing, damaged or away says so before anything is noted. Raises as `why_not` says."""
    if refusal := why_not(run):
        raise refusal
    if len(run.files) == 1:
        content = _part(run.files[0], files)
        return chain((next(content, b""),), content)
    for part in run.files:
        next(_part(part, files), b"")
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


def _part(part: PartRow, files: Opens) -> Iterator[bytes]:
    return files.stream(part.file_key or "", key_id=part.key_id or "")


def _zipped(run: RunSeen, files: Opens, cover: bytes) -> Iterator[bytes]:
    outlet = _Outlet()
    contents = [(cover_name(run), iter([cover]))]
    contents += [(part_name(run, part.part), _part(part, files)) for part in run.files]

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
