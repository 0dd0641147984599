"""A backup is one tar file, there whole or not at all; every member is hashed, and damage is named.

Members: `database.dump` (pg_dump's custom format), `files/KEY` for each kept file (sealed, as in the storage), and last
`manifest.json`, which lists them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from postcards.errors import Denied, Invalid, NotFound

FORMAT = "far-is-close backup 1"
DATABASE = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
#: Bytes read at once.
PIECE = 1024 * 1024
#: No manifest is larger: 200 bytes for each of a hundred thousand files.
MOST_MANIFEST = 64 * 1024 * 1024


class BackupThere(Denied):
    """A file of this name is there already; a backup never takes another one's place."""

    code = "backup_exists"


class BackupDamaged(Invalid):
    """The file is no backup of ours, or not what was written."""

    code = "backup_damaged"


class Writing:
    """Takes the members one after the other; `writing` makes it and brings it to its end."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: list[dict[str, Any]] = []
        self.manifest: dict[str, Any] = {}

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        """This will add a member of exactly `size` bytes."""
        source = _Hashed(pieces)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, source)
        self.members.append({"name": name, "bytes": size, "sha256": source.digest.hexdigest()})


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """This will make the backup `path` (mode 0600) once the block ends well, with its `manifest` as the last member.

    Raises `BackupThere`, also when the other one came meanwhile; `Denied` when the folder cannot be written to.
    """
    _refuse_existing(path)
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
    try:
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Denied(f"{path} cannot be written: {error.strerror}.", code="backup_folder") from error
    try:
        with os.fdopen(handle, "w+b") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                made = Writing(tar)
                yield made
                text = _manifest(made)
                made.add(MANIFEST, len(text), (text,))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # unlike a rename it never takes another file's place
        except FileExistsError:
            _refuse_existing(path)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def verified(path: Path) -> dict[str, Any]:
    """This will read the backup through and return its manifest. Raises `NotFound`, `BackupDamaged`."""
    found: dict[str, str] = {}
    text = b""
    last = "its beginning"
    with _reading(path) as tar:
        try:
            for member in tar:
                last = member.name
                digest = hashlib.sha256()
                for piece in _pieces(tar, member):
                    digest.update(piece)
                    if member.name == MANIFEST and len(text) <= MOST_MANIFEST:
                        text += piece
                found[member.name] = digest.hexdigest()
        except (tarfile.TarError, EOFError, OSError) as error:
            raise BackupDamaged(f"{path.name} is damaged: it cannot be read on after {last}.") from error
    if MANIFEST not in found:
        raise BackupDamaged(f"{path.name} is damaged or cut off: {MANIFEST} is missing, the end is {last}.")
    try:
        manifest: dict[str, Any] = json.loads(text)
        listed = {str(member["name"]): str(member["sha256"]) for member in manifest["members"]}
        whole = manifest["format"] == FORMAT and manifest["sha256"] == _own_hash(manifest)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(f"{path.name} is damaged: {MANIFEST} cannot be read.") from error
    if not whole:
        raise BackupDamaged(f"{path.name} is damaged: {MANIFEST} is not what was written.")
    for name in (DATABASE, *listed):
        if name not in found or name not in listed:
            raise BackupDamaged(f"{path.name} is damaged: {name} is missing.")
        if listed[name] != found[name]:
            raise BackupDamaged(f"{path.name} is damaged: {name} is not what was written. Use another copy.")
    if extra := sorted(found.keys() - listed.keys() - {MANIFEST}):
        raise BackupDamaged(f"{path.name} is no backup of ours: {extra[0]} does not belong in it.")
    return manifest


def members(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """This will yield name and bytes of each member but the manifest; take the bytes before you go on."""
    with _reading(path) as tar:
        for member in tar:
            if member.name != MANIFEST:
                yield member.name, _pieces(tar, member)


class _Hashed(io.RawIOBase):
    """Reads like a file from pieces, and hashes them on the way."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._left) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self.digest.update(piece)
            self._left += piece
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _manifest(made: Writing) -> bytes:
    manifest = {"format": FORMAT} | made.manifest | {"members": made.members}
    manifest["sha256"] = _own_hash(manifest)
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()


def _own_hash(manifest: dict[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise BackupThere(
            f"{path} is there already, and a backup never takes another's place. Name a new file."
        )


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        tar = tarfile.open(path, mode="r:")  # noqa: SIM115 - closed below
    except (tarfile.TarError, EOFError) as error:
        raise BackupDamaged(f"{path.name} is no backup of ours, or damaged from its first byte.") from error
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.", code="backup_missing") from error
    with tar:
        yield tar


def _pieces(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    source = tar.extractfile(member) if member.isreg() else None
    if source is None:
        raise BackupDamaged(f"This is no backup of ours: {member.name} is not a plain file.")
    while piece := source.read(PIECE):
        yield piece
