"""The ledger of erasures as a file: a line that is not ours is named, and costs none of the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from postcards.gateways.erasure_ledger import ErasureLedger, LedgerDamaged

GOOD: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001", "campaign": "vilnius", "card": "00000000-0000-4000-8000-000000000002",
    "number": 3, "asked": "desk", "parts": ["message"], "status": "sealed", "voided": False, "email_index": None,
    "at": "2026-12-18T10:15:00+02:00", "by": "staff:1",
}  # fmt: skip
WISH = {
    "kind": "do_not_write",
    "id": "00000000-0000-4000-8000-000000000009",
    "index": "00ff",
    "at": GOOD["at"],
    "by": "x",
}
MISSING = ...

SPOILED: list[tuple[bytes | dict[str, Any], str]] = [
    (b"\xff\xfe\x00", "it is no JSON object"),
    (b"", "it is no JSON object"),
    (b"[1, 2]", "it is no JSON object"),
    (b"[" * 100_000, "it is no JSON object"),
    ({"parts": MISSING}, 'it has no "parts"'),
    ({"by": MISSING}, 'it has no "by"'),
    ({"parts": "all"}, 'its "parts" is not what we wrote'),
    ({"voided": "yes"}, 'its "voided" is not what we wrote'),
    ({"email_index": "zz"}, 'its "email_index" is not what we wrote'),
    ({"email_index": 7}, 'its "email_index" is not what we wrote'),
    ({"at": "yesterday"}, 'its "at" is not what we wrote'),
    ({"at": "2026-12-18T10:15:00"}, 'its "at" is not what we wrote'),
    ({"id": 7}, 'its "id" is not what we wrote'),
    ({"card": "x"}, 'its "card" is not what we wrote'),
    ({"asked": ["desk"]}, 'its "asked" is not what we wrote'),
    ({"kind": "hope"}, "its kind is unknown"),
    ({"kind": ["erasure"]}, "its kind is unknown"),
    ({"kind": "do_not_write"}, 'it has no "index"'),
]


def written(line: dict[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in line.items() if value is not MISSING}).encode()


@pytest.mark.parametrize(("spoiled", "words"), SPOILED, ids=[f"line{n}" for n in range(len(SPOILED))])
def test_a_damaged_line_is_named_and_the_others_are_not_lost(
    tmp_path: Path, spoiled: bytes | dict[str, Any], words: str
) -> None:
    ledger = ErasureLedger(tmp_path / "erasures.ledger")
    middle = spoiled if isinstance(spoiled, bytes) else written(GOOD | spoiled)
    whole = b"\n".join([written(GOOD), middle, written(WISH), b""])
    ledger.path.write_bytes(whole)
    with pytest.raises(LedgerDamaged) as damaged:
        ledger.read()
    assert f"line 2, is damaged ({words}" in str(damaged.value)
    assert damaged.value.good == (GOOD, WISH)
    ledger.add([GOOD, WISH])
    assert ledger.path.read_bytes() == whole, "nothing of it is thrown away"


def test_lines_of_today_and_of_before_there_were_kinds_are_read_together(tmp_path: Path) -> None:
    ledger = ErasureLedger(tmp_path / "keys" / "erasures.ledger")
    lines = [GOOD, WISH, GOOD | {"id": "00000000-0000-4000-8000-000000000003", "kind": "erasure"}]
    ledger.add(lines)
    ledger.add(lines)
    assert ledger.read() == lines
