"""The journal's chain: each link hashes the one before it and one entry whole, so no entry changes unnoticed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: What the first link follows, and the head of an empty chain: 32 zero bytes.
BEGINNING = bytes(32)

#: The columns of a journal row that are hashed: all of them.
COLUMNS = ("id", "campaign_id", "at", "by", "action", "subject", "number", "detail", "tx")


def link(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """This will give the 32-byte hash of the link that follows `previous` (32 bytes) and holds `entry`."""
    return hashlib.sha256(previous + canonical(entry)).digest()


def canonical(entry: Mapping[str, Any]) -> bytes:
    """This will write a journal row in one way only: its `COLUMNS`, keys sorted, no spaces, UTC, UTF-8.

    `at` is a moment with an offset, `tx` the digits of the transaction's id, `detail` any JSON value.
    """
    at: dt.datetime = entry["at"]
    plain = {name: entry[name] for name in COLUMNS} | {
        "at": at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
