"""A bucket keeps the promises of a folder, against a real S3 server on loopback."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from postcards import config
from postcards.errors import Invalid
from postcards.gateways.bucket import PART, BucketStore
from postcards.gateways.files import FileMissing, StorageAway, open_store
from postcards.gateways.sealed_files import SealedFiles
from postcards.vault import Vault
from tests.embedded.processes import until
from tests.plugins.sharing import free_port

ACCESS = {"region": "eu-north-1", "key_id": "a-key", "secret": "a-secret"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            assert until(lambda: _answers(port), seconds=60)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def bucket(endpoint: str) -> Iterator[Any]:
    """An empty bucket called "post", seen from beside our store."""
    service = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-north-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
    made = service.create_bucket(
        Bucket="post", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
    )
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture
def store(bucket: Any, endpoint: str) -> BucketStore:
    return BucketStore("post", "/far/close", endpoint=endpoint, **ACCESS)


def test_what_is_put_comes_back_with_its_length_and_hash(store: BucketStore, bucket: Any) -> None:
    stored = store.put("manifests/1/a.csv", iter([b"one,", b"two"]))
    assert (stored.bytes, stored.sha256) == (7, hashlib.sha256(b"one,two").digest())
    assert store.get("manifests/1/a.csv") == b"one,two"
    assert store.size("manifests/1/a.csv") == 7
    assert [file.key for file in bucket.objects.all()] == ["far/close/manifests/1/a.csv"]
    store.put("manifests/1/a.csv", b"")
    assert store.get("manifests/1/a.csv") == b""


@pytest.mark.parametrize("length", [PART, PART + 1, 2 * PART + 5])
def test_a_large_file_goes_up_in_parts_and_ranges_are_like_slices(store: BucketStore, length: int) -> None:
    content = os.urandom(length)
    stored = store.put("run.pdf", (content[at : at + 1_000_003] for at in range(0, length, 1_000_003)))
    assert (stored.bytes, stored.sha256) == (length, hashlib.sha256(content).digest())
    for start, end in (
        (0, None),
        (5, 9),
        (PART - 2, PART + 1),
        (length - 1, length + 9),
        (length, None),
        (9, 5),
    ):
        assert b"".join(store.stream("run.pdf", start, end)) == content[start:end]


def test_a_file_that_breaks_off_never_appears_and_leaves_no_parts(store: BucketStore, bucket: Any) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"x" * (2 * PART + 1)
        raise RuntimeError("the drawing failed")

    store.put("a", b"old")
    with pytest.raises(RuntimeError):
        store.put("a", breaks())
    assert store.get("a") == b"old"
    assert list(bucket.multipart_uploads.all()) == []


def test_deleting_twice_is_as_good_as_once(store: BucketStore) -> None:
    store.put("a/b", b"x")
    store.delete("a/b")
    store.delete("a/b")
    for read in (store.get, store.size, store.stream):
        with pytest.raises(FileMissing):
            read("a/b")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../a", "a//b", "ą"])
def test_no_key_leaves_the_prefix(store: BucketStore, key: str) -> None:
    with pytest.raises(Invalid):
        store.put(key, b"x")


def test_check_says_whether_files_can_be_kept(store: BucketStore, bucket: Any, endpoint: str) -> None:
    store.check()
    assert list(bucket.objects.all()) == []
    with pytest.raises(StorageAway, match=r"refuses us \(NoSuchBucket\)"):
        BucketStore("no-such-bucket", endpoint=endpoint, **ACCESS).check()
    with pytest.raises(StorageAway, match="cannot be reached"):
        BucketStore("post", endpoint=f"http://127.0.0.1:{free_port()}", **ACCESS).check()


def test_sealed_files_live_in_it(store: BucketStore, bucket: Any, tmp_path: Path) -> None:
    vault = Vault(master_key=bytes(range(32)), keys_file=tmp_path / "keys.json")
    files, key_id = SealedFiles(store, vault), vault.new_key(campaign="a")
    files.put("a", b"Jonas Petraitis " * 100_000, key_id=key_id)
    assert files.get("a", key_id=key_id) == b"Jonas Petraitis " * 100_000
    assert b"Jonas" not in next(iter(bucket.objects.all())).get()["Body"].read()


def test_a_large_file_takes_little_memory(store: BucketStore) -> None:
    piece = os.urandom(1_000_000)
    store.put("warm", b"x")
    tracemalloc.start()
    try:
        store.put("a", (piece for _ in range(100)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * PART


def test_settings_open_it(bucket: Any, endpoint: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a-secret\n")
    environment = {
        "POSTCARDS_HOME": str(tmp_path),
        "POSTCARDS_STORAGE_URL": "s3://post/far",
        "POSTCARDS_STORAGE_ENDPOINT": endpoint,
        "POSTCARDS_STORAGE_REGION": "eu-north-1",
        "POSTCARDS_STORAGE_KEY_ID": "a-key",
        "POSTCARDS_STORAGE_SECRET_FILE": str(secret),
    }
    open_store(config.load(environment)).put("a", b"x")
    assert [file.key for file in bucket.objects.all()] == ["far/a"]
    del environment["POSTCARDS_STORAGE_SECRET_FILE"]
    with pytest.raises(Invalid, match="POSTCARDS_STORAGE_SECRET is not set"):
        config.load(environment)


@pytest.mark.parametrize(
    "wrong", ["s3://", "s3://Post/x", "s3://post/x?region=eu", "file://host/x", "file:relative"]
)
def test_an_address_that_is_none_is_refused(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        open_store(config.load({"POSTCARDS_HOME": str(tmp_path), "POSTCARDS_STORAGE_URL": wrong}))
