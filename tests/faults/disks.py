"""Disks that are full, and ones that are taken away: real ones where we may mount, quotas everywhere."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class SmallDisk:
    """A disk of a few MB, mounted beside everything else."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast = place / "ballast"

    @contextmanager
    def full(self, *, leave: int = 0) -> Iterator[None]:
        """This will fill the disk but for `leave` bytes, until the block ends."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        os.truncate(self._ballast, max(self._ballast.stat().st_size - leave, 0))
        yield
        self._ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """This will let nobody write to the disk until the block ends."""
        for how in ("ro", "rw"):
            subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True)
            if how == "ro":
                yield


@contextmanager
def small_disk(megabytes: int, *, owner: int = 0) -> Iterator[SmallDisk]:
    """This will mount a disk that is there until the block ends; where others than root may come to it."""
    place = Path(tempfile.mkdtemp(prefix="small-disk-"))
    options = f"size={megabytes}m,uid={owner},mode=0700"
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small-disk", place], check=True)
        try:
            yield SmallDisk(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)
    finally:
        place.rmdir()


@contextmanager
def longest_file(at_most: int) -> Iterator[None]:
    """This will let this process write no file longer than `at_most` bytes until the block ends; -1 lets it again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
