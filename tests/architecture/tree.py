"""The tracked and new files of the project, for the tests that read them as text."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What is built, installed or data, and in no commit.
NOT_OURS = re.compile(
    r"\.git|\.venv|node_modules|out|dist(\..*)?|fonts(\.(new|old|cjk|world))?|__pycache__|secrets|\.postcards.*|\.npm-cache"
    r"|\.assets\.lock|\.[a-z_]+_cache|\.hypothesis|.*\.egg-info"
)


@cache
def project_files() -> tuple[Path, ...]:
    """This will list our files, relative to ROOT: what git would take; without git, all but NOT_OURS."""
    return _by_git() or by_walking()


def _by_git() -> tuple[Path, ...]:
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(sorted(name for name in map(Path, listing.split("\0")) if (ROOT / name).is_file()))


def by_walking() -> tuple[Path, ...]:
    """This will list our files without git, as in an unpacked release."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not NOT_OURS.fullmatch(name)]
        found += [Path(folder, name).relative_to(ROOT) for name in names if not NOT_OURS.fullmatch(name)]
    return tuple(sorted(found))


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
