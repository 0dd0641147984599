"""Files in an S3-compatible bucket: whole or not at all, counted again on the far side.

The same promises as a folder's. A file goes up in parts, so that one of any size takes the same memory, and appears
only when the last part is confirmed. Our files with people's data are sealed before they come here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from postcards.errors import says
from postcards.gateways.files import PIECE, FileMissing, StorageAway, Stored, checked_key

#: Bytes of one part of an upload. S3 asks for at least 5 MiB in all but the last, and takes 10,000 of them: 80 GB.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
PART = 8 * 1024 * 1024
#: Seconds until a bucket that does not answer counts as away, and tries in all.
CONNECT, READ, TRIES = 5, 30, 3

_MISSING = {"NoSuchKey", "404", "NotFound"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "EntityTooLarge", "507"}


class BucketStore:
    """Files below `prefix` in a bucket. Without a key of ours, boto3 looks for one where it usually does."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str = "",
        region: str = "",
        key_id: str = "",
        secret: str = "",
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region or None,
            aws_access_key_id=key_id or None,
            aws_secret_access_key=secret or None,
            config=Config(
                connect_timeout=CONNECT,
                read_timeout=READ,
                retries={"max_attempts": TRIES, "mode": "standard"},
                # Services that only resemble Amazon's take the checksums of every client, and no newer ones.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if endpoint else {},
            ),
        )

    def put(self, key: str, source: bytes | Iterable[bytes]) -> Stored:
        """This will send `source` up and ask for its length afterwards; a file that breaks off never appears."""
        name = self._name(key)
        digest, length = hashlib.sha256(), 0
        parts = _in_parts((source,) if isinstance(source, bytes) else source)
        first = next(parts)
        following = next(parts, None)
        if following is None:
            digest.update(first)
            length = len(first)
            with _storage():
                self._client.put_object(Bucket=self._bucket, Key=name, Body=first)
        else:
            with self._upload(name) as send:
                for part in _chain(first, following, parts):
                    digest.update(part)
                    length += len(part)
                    send(part)
        if (kept := self.size(key)) != length:
            raise StorageAway(
                says(
                    "The storage kept %(kept)s of %(length)s bytes of a file. It is tried again.",
                    kept=kept,
                    length=length,
                ),
                retry_after=30,
            )
        return Stored(length, digest.digest())

    def get(self, key: str) -> bytes:
        """This will return the whole file; `FileMissing` when there is none."""
        name = self._name(key)
        with _storage():
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
            return body

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """This will yield pieces of at most `PIECE` bytes; `FileMissing` already at the call."""
        size = self.size(key)
        return self._pieces(self._name(key), max(start, 0), size if end is None else min(end, size))

    def size(self, key: str) -> int:
        """This will return the file's length in bytes; `FileMissing` when there is none."""
        name = self._name(key)
        with _storage():
            return int(self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"])

    def delete(self, key: str) -> None:
        """This will take the file away; nothing happens when there is none."""
        name = self._name(key)
        with _storage():
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def check(self) -> None:
        """This will write and remove a small file, for a right to write is found out in no other way."""
        key = f"check-{secrets.token_hex(6)}"
        self.put(key, b"ok")
        self.delete(key)

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    @contextmanager
    def _upload(self, name: str) -> Iterator[Any]:
        """An upload in parts: completed at the end of the block, or given up as if it had never begun."""
        target = {"Bucket": self._bucket, "Key": name}
        with _storage():
            upload = self._client.create_multipart_upload(**target)["UploadId"]
        sent: list[dict[str, object]] = []

        def send(part: bytes) -> None:
            number = len(sent) + 1
            with _storage():
                answer = self._client.upload_part(**target, UploadId=upload, PartNumber=number, Body=part)
            sent.append({"PartNumber": number, "ETag": answer["ETag"]})

        try:
            yield send
            with _storage():
                self._client.complete_multipart_upload(
                    **target, UploadId=upload, MultipartUpload={"Parts": sent}
                )
        except BaseException:
            with suppress(BotoCoreError, ClientError):
                self._client.abort_multipart_upload(**target, UploadId=upload)
            raise

    def _pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        if start >= end:
            return
        with _storage():
            answer = self._client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes={start}-{end - 1}")
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(PIECE)


def _in_parts(source: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of exactly `PART` bytes but for the last; at least one, which may be empty."""
    waiting = bytearray()
    for piece in source:
        waiting += piece
        while len(waiting) > PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    yield bytes(waiting)


def _chain(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise FileMissing("This file is not there (any more).") from error
        if code in _FULL:
            raise StorageAway(
                "The storage for files is full. Make room, and it goes on by itself.",
                code="storage_full",
                retry_after=30,
            ) from error
        raise StorageAway(
            says("The storage for files refuses us (%(code)s).", code=code), retry_after=10
        ) from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        raise StorageAway(
            says("The storage for files cannot be reached (%(name)s).", name=type(error).__name__),
            retry_after=10,
        ) from error
