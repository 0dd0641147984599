"""The HOME folder of one machine: its locks, its private files, and the two secrets made in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from postcards.config import Settings
from postcards.errors import Denied

#: sun_path is 108 bytes on Linux and 104 on macOS, with the closing zero (unix(7), <sys/un.h>).
SOCKET_PATH_BYTES = 103
#: The longest name that a socket gets in its folder.
LONGEST_SOCKET = ".s.PGSQL.5432"
#: Where a short path is to be had. Each folder in it is made by mkdtemp: new, ours, 0700.
SHORT = Path("/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Secrets:
    """The files that hold SECRET_KEY and MASTER_KEY of a HOME."""

    secret_key: Path
    master_key: Path


class MasterKeyLost(Denied):
    """There are data keys or a database, and their master key is not there: a new one would open nothing of theirs."""

    code = "master_key_lost"


def make_home(home: Path) -> None:
    """This will make HOME (mode 0700) and our folders in it; a HOME that is there keeps its mode."""
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            home.mkdir(mode=0o700)
    for name in ("locks", "logs", "run"):
        (home / name).mkdir(mode=0o700, exist_ok=True)


def make_secrets(settings: Settings) -> Secrets:
    """This will make SECRET_KEY and MASTER_KEY (32 random bytes as hex, mode 0600) where they are missing in HOME,
    but none that the settings give: later it would be taken for the one that the data hangs on.

    Two processes at once make one of each. The files are never changed again. Raises `MasterKeyLost`.
    """
    home = settings.home
    make_home(home)
    made = Secrets(secret_key=home / "SECRET_KEY", master_key=home / "MASTER_KEY")
    with hold(home, "secrets"):
        if not (settings.master_key or made.master_key.exists()):
            _refuse_when_lost(settings)
            write_private(made.master_key, secrets.token_hex(32) + "\n")
        if not (settings.secret_key or made.secret_key.exists()):
            write_private(made.secret_key, secrets.token_hex(32) + "\n")
    return made


def _refuse_when_lost(settings: Settings) -> None:
    database = settings.home / "postgres"
    if settings.keys_file.exists():
        opens = f"the data keys in {settings.keys_file}"
    elif database.is_symlink() or database.exists():  # MASTER_KEY is always made before it
        opens = f"what is sealed in the database in {database}"
    else:
        return
    raise MasterKeyLost(
        f"MASTER_KEY is not in {settings.home}, and only the one that was there opens {opens}. No new one was made. "
        "Put it back from your copy, or run `postcards keys recover FILE` with your escrow file. What is left when "
        "there is neither is in docs/operator.md, Keys."
    )


def with_secrets(settings: Settings) -> Settings:
    """This will return the settings with both secrets, those of HOME where none were given. Raises `MasterKeyLost`."""
    if settings.secret_key and settings.master_key:
        return settings
    made = make_secrets(settings)
    return replace(
        settings,
        secret_key=settings.secret_key or made.secret_key.read_text(encoding="ascii").strip(),
        master_key=settings.master_key or _master_key_in(made.master_key),
    )


def _master_key_in(path: Path) -> str:
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch("[0-9a-fA-F]{64}", key):
        raise MasterKeyLost(
            f"{path} is damaged: it should hold 64 hexadecimal digits. Put it back from your copy, or run "
            "`postcards keys recover FILE` with your escrow file."
        )
    return key


def write_private(path: Path, text: str) -> None:
    """This will write a file of mode 0600 whole or not at all, and have it on the disk when it returns."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename lasts only when its folder is on the disk too
    finally:
        os.close(folder)


def open_lock(home: Path, name: str) -> int:
    """This will open one of HOME's lock files. A lock ends with its last holder, also by `kill -9`."""
    return os.open(home / "locks" / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def take(handle: int, mode: int) -> bool:
    """This will take a lock when it is free, and say whether it did."""
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_within(handle: int, seconds: float) -> bool:
    """This will try for some time: a mere look at a lock also holds it, for microseconds."""
    until = time.monotonic() + seconds
    while not take(handle, fcntl.LOCK_EX):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@contextlib.contextmanager
def hold(home: Path, name: str) -> Iterator[None]:
    """This will hold a lock of HOME for the block, waiting for it as long as it takes."""
    handle = open_lock(home, name)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def socket_folder(home: Path) -> Iterator[Path]:
    """This will give a folder (0700, ours) with room for a socket in its path: HOME/run, else one in /tmp."""
    folder = home / "run"
    if fits_socket(folder):
        yield folder
        return
    kept = home / "run" / "elsewhere"
    if kept.is_file():  # of one that was killed
        _remove_short_folder(Path(kept.read_text(encoding="utf-8")))
    short = Path(tempfile.mkdtemp(prefix="postcards-", dir=SHORT))
    write_private(kept, str(short))
    try:
        yield short
    finally:
        _remove_short_folder(short)
        kept.unlink(missing_ok=True)


def fits_socket(folder: Path) -> bool:
    """This will say whether a socket in this folder has a path that the system takes."""
    return len(os.fsencode(folder / LONGEST_SOCKET)) <= SOCKET_PATH_BYTES


def _remove_short_folder(folder: Path) -> None:
    if folder.name.startswith("postcards-") and folder.parent == SHORT and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
