"""How the tests share the machine: what must stay in one process, what begins first, and ports that nobody else takes.

Each process of the suite has servers of its own; `make test` starts one more than there are cores, four at most, for a
test waits a quarter of its time. A file of tests stays together, for
its fixtures; so do all that look from outside at one running `up`, and those that wear the machine out by themselves,
which are never two at a time.
"""

from __future__ import annotations

import os
import random
import socket
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Folders whose tests run one after another, and begin before all others, for they take longest.
TOGETHER = {
    "contract": "outside",
    "faults": "alone",
    "journeys": "alone",
    "races": "alone",
    "embedded": "alone",
}
#: Ports below those that systems give to outgoing connections (Linux: from 32768, macOS: from 49152).
PORTS = (20_000, 32_000)


def group_of(nodeid: str) -> str:
    """This will name what a test stays together with: all of its folder, or its file."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    return TOGETHER.get(file.partition("/")[0], file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: group_of(item.nodeid) not in TOGETHER.values())


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """This will give the number of processes for `-n auto`."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """This will hand out groups whole, in the order of the tests."""
    return Groups(config, log)


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Instead of pytest-xdist's own groups, which pytest 9.2 hides from it."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def free_port() -> int:
    """This will give a port of this machine that nobody listens on just now."""
    while True:
        port = random.randint(*PORTS)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
