"""The folder of the demo's results: earlier results of the demo make room, and nothing else is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from postcards.errors import Denied

SUMMARY = "summary.json"
#: What the demo leaves in its folder, beside the summary.
FOLDERS, PATTERNS = ("manifests", "mail"), ("card-*.pdf", "run-*.pdf", "counter.json")


class NotOurs(Denied):
    """The folder holds something that the demo did not make."""

    code = "not_ours"


def make_room(out: Path) -> None:
    """This will make the folder, or clear it of an earlier demo's results. Raises `NotOurs`."""
    if out.is_dir() and any(out.iterdir()) and not _is_ours(out):
        raise NotOurs(f"{out} holds something else already. Choose another folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
    for pattern in PATTERNS:
        for path in out.glob(pattern):
            path.unlink()
    write_summary(out, {"made_by": "postcards demo", "finished": False})


def write_summary(out: Path, summary: dict[str, Any]) -> None:
    """This will write the figures down; they also mark the folder as ours."""
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (out / SUMMARY).write_text(text + "\n", encoding="utf-8")


def _is_ours(out: Path) -> bool:
    try:
        return bool(
            json.loads((out / SUMMARY).read_text(encoding="utf-8")).get("made_by") == "postcards demo"
        )
    except (OSError, ValueError, AttributeError):
        return False
