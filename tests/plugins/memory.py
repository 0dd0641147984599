"""A place in memory for the servers of the test session, where a new file costs a twentieth of one on a disk."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Linux keeps it in memory; macOS has none, a container's may be 64 MB.
MEMORY = Path("/dev/shm")
#: For up to four processes: each server keeps up to 512 MB of its log (max_wal_size) beside its databases.
ENOUGH_BYTES = 4 * 1024**3


@contextlib.contextmanager
def home_in_memory(instead: Path, *, memory: Path = MEMORY) -> Iterator[Path]:
    """This will give a new HOME for servers in memory, gone after the block, or `instead` where there is no room.

    Each holds a lock on its folder, so what a killed session left behind goes when the next one begins.
    """
    if not memory.is_dir() or shutil.disk_usage(memory).free < ENOUGH_BYTES:
        yield instead
        return
    with _made(memory / f"far-is-close-tests-{os.getuid()}") as home:
        if os.geteuid() == 0:
            # The server runs as an unprivileged user then, and its data stays where this link points to.
            (home / "database").mkdir()
            (home / "database").chmod(0o711)
            (home / "postgres").symlink_to(home / "database" / "data")
        try:
            yield home
        finally:
            shutil.rmtree(home)


@contextlib.contextmanager
def _made(base: Path) -> Iterator[Path]:
    with contextlib.suppress(FileExistsError):
        base.mkdir()
    base.chmod(0o711)  # refused when it is somebody else's; the server's user passes through
    with _locked(base):
        for left in base.iterdir():
            with contextlib.suppress(BlockingIOError), _locked(left, fcntl.LOCK_NB):
                shutil.rmtree(left, ignore_errors=True)  # its dying servers may still write
        home = Path(tempfile.mkdtemp(dir=base))
        home.chmod(0o711)
        held = os.open(home, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield home
    finally:
        os.close(held)


@contextlib.contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(handle)
