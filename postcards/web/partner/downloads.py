"""Hands out a manifest's files: the same bytes every time, in part if asked, and each time noted in the journal."""

from __future__ import annotations

from itertools import chain

from flask import Response, request
from werkzeug.http import parse_range_header

from postcards.errors import NotFound, Unavailable, says
from postcards.queries import manifests
from postcards.queries.manifests import FileFound, ManifestFound
from postcards.services import journal
from postcards.web.answers import problem
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import caller


class FileGone(NotFound):
    """Retention has taken the file; its hash stays."""

    code = "file_gone"
    gone = True


class NotMadeYet(Unavailable):
    """A manifest's files are made in the seconds after it is sealed."""

    code = "files_not_ready"


def download(*, campaign_id: int, number: int, version: int | None, name: str, save_as: str) -> Response:
    """This will answer with the file, with a part of it, or that nothing has changed.

    Raises `NotFound`, `FileGone` (410) after retention, `NotMadeYet` (503).
    """
    with kit().read() as session:
        manifest = manifests.detail(session, campaign_id=campaign_id, number=number, version=version)
    if manifest.gone and manifest.files_at is None:
        raise FileGone("This version never got files: the key to what it said was lost.")
    if manifest.gone:
        raise FileGone("This file was deleted when its time was over. Its hash is kept.")
    if manifest.files_at is None:
        raise NotMadeYet("The files are being made. Please try again in a few seconds.", retry_after=3)
    file = next((file for file in manifest.files if file.name == name), None)
    if file is None:
        raise NotFound(says("Manifest %(number)s has no such file.", number=number))
    etag = f'"{file.sha256.hex()}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{save_as}"',
    }
    if request.if_none_match.contains(file.sha256.hex()) or request.if_none_match.star_tag:
        return Response(status=304, headers=headers)
    wanted = _part(file, etag)
    if wanted is None:
        whole = {**headers, "Content-Range": f"bytes */{file.bytes}"}
        return problem(416, "range", says("The file has %(bytes)s bytes.", bytes=file.bytes), headers=whole)
    start, end = wanted
    partial = end - start != file.bytes
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
    headers["Content-Length"] = str(end - start)
    pieces = kit().sealed_files.stream(file.file_key, key_id=manifest.key_id, start=start, end=end)
    first = next(pieces, b"")  # what is missing, damaged or away says so before the answer has begun
    if request.method != "HEAD":
        _note(campaign_id, manifest, file, (start, end) if partial else None)
    body = chain((first,), pieces)
    return Response(body, status=206 if partial else 200, headers=headers, content_type=file.media_type)


def _part(file: FileFound, etag: str) -> tuple[int, int] | None:
    """The bytes that are asked for, all of them but for one good range; None when it cannot be had (RFC 9110, 14)."""
    whole = (0, file.bytes)
    header = request.headers.get("Range")
    if header is None or request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return whole
    asked = parse_range_header(header)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return whole
    found = asked.range_for_length(file.bytes)
    return None if found is None else (found[0], found[1])


def _note(campaign_id: int, manifest: ManifestFound, file: FileFound, part: tuple[int, int] | None) -> None:
    with kit().begin() as session:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="manifest.downloaded",
            subject=f"manifest:{manifest.number}",
            detail={"file": file.name, "version": manifest.version, **({"part": list(part)} if part else {})},
            by=caller().by,
            at=now(),
        )
