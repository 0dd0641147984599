"""What is installed is locked by hash, in one resolution, and the locks name no host: any mirror serves."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import text_of

LOCKS = ("requirements/app.lock", "requirements/build.lock", "requirements/dev.lock")


def _pins(lock: str) -> dict[str, str]:
    """This will read {package: version}."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text_of(Path(lock)), flags=re.MULTILINE))


def _project() -> dict[str, Any]:
    return tomllib.loads(text_of(Path("pyproject.toml")))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_with_hashes_and_nothing_else(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", text_of(Path(lock)).strip())
    assert entries
    shape = re.compile(r"[a-z0-9._-]+==\S+( ; [^\\\n]+)?( \\\n {4}--hash=sha256:[0-9a-f]{64})+")
    assert not [entry.splitlines()[0] for entry in entries if not shape.fullmatch(entry)]


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_the_small_locks_are_parts_of_the_large_one(lock: str) -> None:
    assert _pins(lock).items() <= _pins("requirements/dev.lock").items()


def test_the_locks_satisfy_the_project() -> None:
    project = _project()
    asked = {
        "requirements/app.lock": project["project"]["dependencies"]
        + project["project"]["optional-dependencies"]["embedded"],
        "requirements/build.lock": project["dependency-groups"]["build"]
        + project["build-system"]["requires"],
        "requirements/dev.lock": project["dependency-groups"]["dev"],
    }
    for lock, requirements in asked.items():
        pins = _pins(lock)
        for requirement in map(Requirement, requirements):
            pinned = pins.get(canonicalize_name(requirement.name))
            assert pinned is not None, f"{lock} lacks {requirement}; run `make lock`"
            assert requirement.specifier.contains(pinned), (
                f"{lock} has {pinned} for {requirement}; run `make lock`"
            )


def test_every_dependency_says_what_it_is_for() -> None:
    text = text_of(Path("pyproject.toml"))
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    lines = [line for line in block.splitlines() if re.match(r'\s+"[a-z]', line)]
    shipped = lines[: next(i for i, line in enumerate(lines) if "aiosmtpd" in line)]
    assert shipped
    assert not [line for line in shipped if "#" not in line]


def test_the_npm_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads(text_of(Path("package-lock.json")))["packages"]
    bought = {name: entry for name, entry in packages.items() if name}
    assert bought
    assert not [
        name for name, entry in bought.items() if not entry.get("integrity", "").startswith("sha512-")
    ]
    assert not [name for name, entry in bought.items() if "resolved" in entry]


def test_the_npm_lock_is_that_of_the_package() -> None:
    asked = json.loads(text_of(Path("package.json")))["devDependencies"]
    locked = json.loads(text_of(Path("package-lock.json")))["packages"]
    assert locked[""]["devDependencies"] == asked
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked
