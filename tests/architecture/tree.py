"""The tracked and new files of the project, for the tests that read them as text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Folders that are built, installed or data: in no commit.
NOT_OURS = {
    ".git", ".venv", "node_modules", "out", "dist", "fonts", "__pycache__", "secrets",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache", ".npm-cache",
}  # fmt: skip


@cache
def project_files() -> tuple[Path, ...]:
    """This will list our files relative to ROOT: by git, or by walking where there is no git (a release)."""
    if (ROOT / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        names = [Path(name) for name in listing.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [name for name in names if not _is_not_ours(name)]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def _is_not_ours(name: Path) -> bool:
    return any(part in NOT_OURS or part.startswith(".postcards") for part in name.parts)


def files(*endings: str, under: str = "") -> list[Path]:
    """This will list our files with one of the endings (all when none is given) below a folder."""
    return [
        name
        for name in project_files()
        if (not endings or name.name.endswith(endings)) and name.is_relative_to(under or ".")
    ]


def text_of(name: Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def places(pattern: str | re.Pattern[str], names: Iterable[Path]) -> list[str]:
    """This will list where a pattern stands, as `path:line: text`, for a message that leads there."""
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in names
        for number, line in enumerate(text_of(name).splitlines(), start=1)
        if wanted.search(line)
    ]
