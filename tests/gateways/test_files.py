"""Files are whole or not there, stay inside their folder, and sealed ones show every alteration."""

from __future__ import annotations

import errno
import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from postcards import config
from postcards.errors import Invalid
from postcards.gateways.files import FileMissing, FolderStore, StorageAway, open_store
from postcards.gateways.sealed_files import PIECE, SEALED_PIECE, FileDamaged, SealedFiles
from postcards.vault import KeyMissing, Vault


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "files")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(master_key=bytes(range(32)), keys_file=tmp_path / "keys" / "keys.json")


def test_what_is_put_comes_back_with_its_length_and_hash(store: FolderStore) -> None:
    stored = store.put("manifests/1/a.csv", iter([b"one,", b"two"]))
    assert (stored.bytes, stored.sha256) == (7, hashlib.sha256(b"one,two").digest())
    assert store.get("manifests/1/a.csv") == b"one,two"
    assert store.size("manifests/1/a.csv") == 7


def test_a_second_put_takes_the_place_of_the_first(store: FolderStore) -> None:
    store.put("a", b"first, and longer")
    store.put("a", b"second")
    assert store.get("a") == b"second"


def test_ranges_are_like_slices(store: FolderStore) -> None:
    content = os.urandom(700_000)
    store.put("a", content)
    for start, end in ((0, None), (5, 9), (262_143, 262_145), (699_999, 900_000), (700_000, None), (9, 5)):
        assert b"".join(store.stream("a", start, end)) == content[start:end]


def test_deleting_twice_is_as_good_as_once(store: FolderStore) -> None:
    store.put("a/b", b"x")
    store.delete("a/b")
    store.delete("a/b")
    for read in (store.get, store.size, store.stream):
        with pytest.raises(FileMissing):
            read("a/b")


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../a", "a/../../b", "a/.hidden", "a//b", "a/", "a\\b", "a\0", "ą", "a b", "x" * 129],
)
def test_no_key_leaves_the_folder(store: FolderStore, key: str) -> None:
    with pytest.raises(Invalid):
        store.put(key, b"x")


def test_files_are_ours_alone(store: FolderStore, tmp_path: Path) -> None:
    store.put("a/b", b"x")
    assert (tmp_path / "files" / "a" / "b").stat().st_mode & 0o077 == 0
    assert (tmp_path / "files" / "a").stat().st_mode & 0o077 == 0


def test_a_source_that_breaks_off_leaves_the_old_file_and_no_rest(store: FolderStore, tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("the drawing failed")

    store.put("a", b"old")
    with pytest.raises(RuntimeError):
        store.put("a", breaks())
    assert store.get("a") == b"old"
    assert [file.name for file in (tmp_path / "files").iterdir()] == ["a"]


def test_a_storage_that_is_no_folder_is_said_to_be_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageAway, match="cannot be used"):
        FolderStore(tmp_path / "file" / "below").put("a", b"x")


def test_a_full_disk_is_named(store: FolderStore) -> None:
    def fills() -> Iterator[bytes]:
        yield b"x"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageAway, match="full") as refused:
        store.put("a", fills())
    assert refused.value.code == "storage_full"


def test_check_leaves_nothing_behind(store: FolderStore, tmp_path: Path) -> None:
    store.check()
    assert list((tmp_path / "files").iterdir()) == []


def test_the_address_names_the_folder(tmp_path: Path) -> None:
    settings = config.load(
        {"POSTCARDS_HOME": str(tmp_path), "POSTCARDS_STORAGE_URL": f"file://{tmp_path}/with%20space"}
    )
    open_store(settings).put("a", b"x")
    assert (tmp_path / "with space" / "a").read_bytes() == b"x"


# -- sealed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 17])
def test_sealed_files_come_back_whole_and_in_part(store: FolderStore, vault: Vault, length: int) -> None:
    files, key_id = SealedFiles(store, vault), vault.new_key(campaign="a")
    content = os.urandom(length)
    stored = files.put(
        "run/1.pdf", (content[at : at + 70_001] for at in range(0, length, 70_001)), key_id=key_id
    )
    assert (stored.bytes, stored.sha256) == (length, hashlib.sha256(content).digest())
    assert files.get("run/1.pdf", key_id=key_id) == content
    assert files.size("run/1.pdf") == length
    for start, end in (
        (0, 10),
        (PIECE - 3, PIECE + 3),
        (PIECE, None),
        (length, None),
        (length - 1, length + 9),
    ):
        part = b"".join(files.stream("run/1.pdf", key_id=key_id, start=start, end=end))
        assert part == content[max(start, 0) : end]


def test_the_storage_holds_nothing_readable(store: FolderStore, vault: Vault) -> None:
    files, key_id = SealedFiles(store, vault), vault.new_key(campaign="a")
    files.put("a", b"Jonas Petraitis " * 1000, key_id=key_id)
    assert b"Jonas" not in store.get("a")


@pytest.mark.parametrize(
    "damage", ["flipped", "cut in a piece", "cut between pieces", "swapped", "moved", "empty"]
)
def test_sealed_files_show_every_damage(store: FolderStore, vault: Vault, damage: str) -> None:
    files, key_id = SealedFiles(store, vault), vault.new_key(campaign="a")
    files.put("a", os.urandom(2 * PIECE + 100), key_id=key_id)
    raw = store.get("a")
    first, second, rest = raw[:SEALED_PIECE], raw[SEALED_PIECE : 2 * SEALED_PIECE], raw[2 * SEALED_PIECE :]
    damaged = {
        "flipped": raw[:500] + bytes([raw[500] ^ 1]) + raw[501:],
        "cut in a piece": raw[:-1],
        "cut between pieces": first + second,
        "swapped": second + first + rest,
        "moved": raw,
        "empty": b"",
    }[damage]
    key = "b" if damage == "moved" else "a"
    store.put(key, damaged)
    with pytest.raises(FileDamaged):
        files.get(key, key_id=key_id)


def test_without_its_key_a_file_is_gone(store: FolderStore, vault: Vault, tmp_path: Path) -> None:
    SealedFiles(store, vault).put("a", b"x", key_id=vault.new_key(campaign="a"))
    other = Vault(master_key=bytes(range(32)), keys_file=tmp_path / "elsewhere" / "keys.json")
    with pytest.raises(KeyMissing):
        SealedFiles(store, other).get("a", key_id="0" * 16)


def test_a_large_file_takes_little_memory(store: FolderStore, vault: Vault) -> None:
    files, key_id = SealedFiles(store, vault), vault.new_key(campaign="a")
    piece = os.urandom(100_000)
    tracemalloc.start()
    files.put("a", (piece for _ in range(300)), key_id=key_id)
    length = sum(len(part) for part in files.stream("a", key_id=key_id))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length == 30_000_000
    assert most < 8 * PIECE
