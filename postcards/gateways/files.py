"""Files that outlive a process: a key names one, and it is there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from postcards.errors import Fault, Invalid, NotFound, Unavailable, says

#: Bytes that are read at once, so that a file of any size takes the same memory.
PIECE = 256 * 1024

#: Parts of a key: plain letters, so that every file system and bucket takes them as they are. None begins
#: with a dot, so none is "..", and none is one of our half-written files.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,9}")

#: Names of buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class FileMissing(NotFound):
    """Nothing is kept under this key."""

    code = "file_missing"


class StorageAway(Unavailable):
    """The storage cannot be reached, is full, or refuses us."""

    code = "storage_away"


Hash = bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept: its length in bytes and its SHA-256 (32 bytes)."""

    bytes: int
    sha256: Hash


class FileStore(Protocol):
    """Where files are kept, by key such as "manifests/1/3-1/manifest.csv"."""

    def put(self, key: str, source: bytes | Iterable[bytes]) -> Stored:
        """This will keep `source` under `key`, in place of what was there, whole or not at all."""
        ...

    def get(self, key: str) -> bytes:
        """This will return the whole file; `FileMissing` when there is none."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """This will yield the bytes from `start` up to, not including, `end`; `FileMissing` at the call."""
        ...

    def size(self, key: str) -> int:
        """This will return the file's length in bytes; `FileMissing` when there is none."""
        ...

    def delete(self, key: str) -> None:
        """This will take the file away; nothing happens when there is none."""
        ...

    def check(self) -> None:
        """This will return when files can be kept, and raise `StorageAway` when they cannot."""
        ...


class FolderStore:
    """Files in one folder, readable by us alone; it is made when the first file comes."""

    def __init__(self, path: Path) -> None:
        self._root = path

    def put(self, key: str, source: bytes | Iterable[bytes]) -> Stored:
        """This will write beside the place, sync, then rename: a reader sees the old or the new."""
        place = self._place(key)
        with _storage(writing=True):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}")
            try:
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    stored = _write(file.write, source)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(place)
            except BaseException:
                with suppress(OSError):
                    fresh.unlink(missing_ok=True)
                raise
            _sync_folder(place.parent)
        return stored

    def get(self, key: str) -> bytes:
        """This will return the whole file; `FileMissing` when there is none."""
        place = self._place(key)
        with _storage():
            return place.read_bytes()

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """This will yield pieces of at most `PIECE` bytes; `FileMissing` already at the call."""
        size = self.size(key)
        return self._pieces(self._place(key), max(start, 0), size if end is None else min(end, size))

    def size(self, key: str) -> int:
        """This will return the file's length in bytes; `FileMissing` when there is none."""
        place = self._place(key)
        with _storage():
            return place.stat().st_size

    def delete(self, key: str) -> None:
        """This will take the file away; nothing happens when there is none."""
        place = self._place(key)
        with _storage():
            place.unlink(missing_ok=True)

    def check(self) -> None:
        """This will write and remove a small file, for a full disk is found out in no other way."""
        self.put("check", b"ok")
        self.delete("check")

    def _place(self, key: str) -> Path:
        return self._root.joinpath(*checked_key(key).split("/"))

    @staticmethod
    def _pieces(place: Path, start: int, end: int) -> Iterator[bytes]:
        with _storage(), place.open("rb") as file:
            file.seek(start)
            left = end - start
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece


def checked_key(key: str) -> str:
    """This will return the key of a file as it is. Raises `Invalid` when it is none."""
    if not _KEY.fullmatch(key):
        raise Invalid("This is not the key of a file.", faults=[Fault("key", "format", "is no file key")])
    return key


class Storage(Protocol):
    """Where files are kept, of the settings; what a bucket leaves empty is found in boto3's own ways."""

    @property
    def storage_url(self) -> str: ...
    @property
    def storage_endpoint(self) -> str: ...
    @property
    def storage_region(self) -> str: ...
    @property
    def storage_key_id(self) -> str: ...
    @property
    def storage_secret(self) -> str: ...


def open_store(storage: Storage) -> FileStore:
    """This will return the store of `file:///folder` or `s3://bucket/prefix`; `Invalid` for any other address."""
    parts = urlsplit(storage.storage_url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc) and not (parts.query or parts.fragment):
        return _bucket(parts.netloc, unquote(parts.path), storage)
    message = says(
        '"%(address)s" must be file:///path/of/a/folder or s3://bucket/prefix.',
        address=storage.storage_url.partition("?")[0],
    )
    raise Invalid(message, faults=[Fault("POSTCARDS_STORAGE_URL", "format", message)])


def _bucket(bucket: str, prefix: str, storage: Storage) -> FileStore:
    try:
        from postcards.gateways.bucket import (
            BucketStore,  # boto3 takes half a second and 40 MB: only who needs it
        )
    except ModuleNotFoundError as error:
        message = says("A bucket needs the extra “bucket”: pip install far-is-close[bucket].")
        raise Invalid(message, faults=[Fault("POSTCARDS_STORAGE_URL", "extra", message)]) from error
    return BucketStore(
        bucket,
        prefix,
        endpoint=storage.storage_endpoint,
        region=storage.storage_region,
        key_id=storage.storage_key_id,
        secret=storage.storage_secret,
    )


def _write(write: Callable[[bytes], object], source: bytes | Iterable[bytes]) -> Stored:
    digest, length = hashlib.sha256(), 0
    for piece in (source,) if isinstance(source, bytes) else source:
        digest.update(piece)
        length += len(piece)
        write(piece)
    return Stored(length, digest.digest())


def _sync_folder(folder: Path) -> None:
    """A rename lasts only when its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage(*, writing: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not writing:
            raise FileMissing("This file is not there (any more).") from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):  # the disk's end, or that of a quota
            raise StorageAway(
                "The disk for files is full. Make room, and it goes on by itself.",
                code="storage_full",
                retry_after=30,
            ) from error
        raise StorageAway(
            says(
                "The storage for files cannot be used (%(why)s).",
                why=error.strerror or type(error).__name__,
            ),
            retry_after=10,
        ) from error
