"""The servers of the tests live in memory where there is room, and a killed session leaves nothing for long."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins import memory

OWNER = """
import sys, time
from pathlib import Path
from tests.plugins.memory import home_in_memory
with home_in_memory(Path("unused"), memory=Path(sys.argv[1])) as home:
    print(home, flush=True)
    time.sleep(300)
"""


@pytest.fixture(autouse=True)
def _room(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < memory.ENOUGH_BYTES:
        pytest.fail("the disk of this machine is full")


def test_a_home_is_new_and_gone_afterwards(tmp_path: Path) -> None:
    with (
        memory.home_in_memory(tmp_path / "disk", memory=tmp_path) as one,
        memory.home_in_memory(tmp_path / "disk", memory=tmp_path) as other,
    ):
        assert one != other
        assert one.is_dir()
        assert other.is_dir()
    assert not one.exists()
    assert not other.exists()


def test_what_a_killed_session_left_goes_with_the_next(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    try:
        assert owner.stdout is not None
        left = Path(owner.stdout.readline().strip())
        with memory.home_in_memory(tmp_path / "disk", memory=tmp_path):
            assert left.is_dir(), "a living one keeps its home"
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        owner.communicate()
    with memory.home_in_memory(tmp_path / "disk", memory=tmp_path):
        assert not left.exists()


def test_without_memory_it_is_the_disk(tmp_path: Path) -> None:
    with memory.home_in_memory(tmp_path / "disk", memory=tmp_path / "none") as home:
        assert home == tmp_path / "disk"
