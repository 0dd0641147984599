"""Files of manifests and print runs: each is there, and is in length and hash what was written down of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.rules.manifest import sums
from postcards.services.checks.sentence import Afresh, Finding


class Keeps(Protocol):
    """Opens a sealed file piece by piece; `NotFound` when it is gone or damaged, or its key is."""

    def stream(self, key: str, *, key_id: str) -> Iterable[bytes]: ...


# A manifest whose content retention has taken has no files any more; its header and hashes stay as proof.
_FILES = text(
    """
    SELECT 'manifest ' || c.slug || '/' || m.number || '.' || m.version || ' ' || f.name AS name,
           m.id::text AS owner, f.position, f.name AS file, f.file_key, m.key_id, f.bytes, f.sha256, m.sums_sha256
    FROM manifest_file f JOIN manifest m ON m.id = f.manifest_id JOIN campaign c ON c.id = m.campaign_id
    WHERE c.id = ANY(:campaigns) AND m.content IS NOT NULL
    UNION ALL
    SELECT 'print run ' || c.slug || '/' || r.run || ' part ' || p.part, r.id::text, p.part, p.part || '.pdf',
           p.file_key, p.key_id, p.file_bytes, p.file_sha256, NULL
    FROM print_part p JOIN print_run r ON r.id = p.print_run_id JOIN campaign c ON c.id = r.campaign_id
    WHERE c.id = ANY(:campaigns) AND p.file_key IS NOT NULL AND r.status <> 'cancelled'
    ORDER BY owner, position
    """
)

_UNLISTED = text(
    """
    SELECT 'manifest ' || c.slug || '/' || m.number || '.' || m.version AS name
    FROM manifest m JOIN campaign c ON c.id = m.campaign_id
    WHERE c.id = ANY(:campaigns) AND m.files_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM manifest_file f WHERE f.manifest_id = m.id) ORDER BY 1
    """
)


#: Of these keys, those that a row names which should have its file.
_NAMED = text(
    """
    SELECT f.file_key FROM manifest_file f JOIN manifest m ON m.id = f.manifest_id
    WHERE f.file_key = ANY(:keys) AND m.content IS NOT NULL
    UNION SELECT p.file_key FROM print_part p JOIN print_run r ON r.id = p.print_run_id
    WHERE p.file_key = ANY(:keys) AND r.status <> 'cancelled'
    """
)


def broken_files(
    session: Session, *, files: Keeps, campaigns: Sequence[int], afresh: Afresh | None = None
) -> Iterator[Finding]:
    """This will read every file through once and yield a finding for each that is not what was written down.

    A file that is not there is looked up in the rows once more, `afresh`: its time may have been over since.
    """
    for row in session.execute(_UNLISTED, {"campaigns": list(campaigns)}):
        yield Finding("files_unlisted", row.name, f"{_capital(row.name)} has its files, but none is listed.")
    listed: dict[str, list[tuple[str, bytes]]] = {}
    claimed: dict[str, tuple[str, bytes]] = {}
    missing: dict[str, Finding] = {}
    for row in session.execute(_FILES, {"campaigns": list(campaigns)}).all():
        if row.sums_sha256 is not None:
            if row.file == "SHA256SUMS":
                claimed[row.owner] = (row.name, bytes(row.sums_sha256))
            else:
                listed.setdefault(row.owner, []).append((row.file, bytes(row.sha256)))
        try:
            yield from _broken_file(files, row.name, row.file_key, row.key_id, row.bytes, row.sha256)
        except NotFound as gone:
            missing[row.file_key] = Finding(
                "file_unreadable", row.name, f"{_capital(row.name)}: {gone.message}"
            )
    with nullcontext(session) if afresh is None else afresh() as now:
        named = set(now.scalars(_NAMED, {"keys": list(missing)})) if missing else set()
    yield from (finding for key, finding in missing.items() if key in named)
    for owner, (name, hashed) in claimed.items():
        if hashlib.sha256(sums(listed.get(owner, []))).digest() != hashed:
            yield Finding(
                "sums_differ",
                name,
                f"{_capital(name)}: the list of hashes does not follow from the files beside it.",
            )


def _broken_file(
    files: Keeps, name: str, key: str, key_id: str, size: int | None, sha256: bytes | None
) -> Iterator[Finding]:
    digest, length = hashlib.sha256(), 0
    for piece in files.stream(key, key_id=key_id):
        digest.update(piece)
        length += len(piece)
    if length != size:
        yield Finding(
            "file_size_differs", name, f"{_capital(name)} has {length} bytes; written down are {size}."
        )
    if sha256 is None or digest.digest() != bytes(sha256):
        told = bytes(sha256).hex()[:16] if sha256 is not None else "(none)"
        yield Finding(
            "file_hash_differs",
            name,
            f"{_capital(name)} hashes to {digest.hexdigest()[:16]}…; written down is {told}….",
        )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
