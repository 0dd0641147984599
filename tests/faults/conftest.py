"""Faults happen on the machine's own clock: workers read it, so the cast does too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from postcards import config, kit
from tests.plugins.cast import House


@pytest.fixture
def house(settings: config.Settings) -> Iterator[House]:
    """A kit on an empty, migrated database; its campaigns are a minute old."""
    made = kit.assemble(settings, name="test", pool_size=30)
    yield House(made, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
    made.close()
