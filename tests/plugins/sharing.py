"""How the tests share the machine: what must stay in one process, what begins first, and ports that nobody else takes.

Each process of the suite (`make test` starts one a core) has servers of its own. A file of tests stays together, for
its fixtures; so do all that look from outside at one running `up`, and those that wear the machine out by themselves,
which are never two at a time.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parents[1]

    def group(item: pytest.Item) -> str:
        place = item.path.relative_to(root)
        return TOGETHER.get(place.parts[0], place.as_posix())

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: group(item) not in TOGETHER.values())


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
