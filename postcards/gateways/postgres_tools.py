"""PostgreSQL's own tools, pg_dump and pg_restore: they stream, and a password never stands in their arguments."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postcards.errors import Denied


class ToolFailed(Denied):
    """The tool ended with an error; its last words are in the message."""

    code = "database_tool_failed"


def dump(program: Path, *, url: str, snapshot: str, out: IO[bytes]) -> None:
    """This will write the database as `snapshot` (of pg_export_snapshot) sees it, in pg_dump's custom format."""
    target, env = _target(url)
    done = subprocess.run(
        [
            *(program, "--format=custom", "--no-owner", "--no-privileges", "--no-password"),
            *(f"--snapshot={snapshot}", f"--dbname={target}"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        env=env,
        check=False,
    )
    if done.returncode != 0:
        raise ToolFailed(f"The database could not be copied. {_last_words(done.stderr)}")


def restore(program: Path, *, url: str, pieces: Iterable[bytes]) -> None:
    """This will load a dump into an empty database, all in one transaction."""
    target, env = _target(url)
    with tempfile.TemporaryFile() as words:
        tool = subprocess.Popen(
            [
                *(program, "--no-owner", "--no-privileges", "--no-password", "--single-transaction"),
                *("--exit-on-error", f"--dbname={target}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            env=env,
        )
        assert tool.stdin is not None  # noqa: S101 - asked for above
        try:
            with suppress(BrokenPipeError), tool.stdin as source:
                for piece in pieces:
                    source.write(piece)
        finally:
            ended = tool.wait()  # of half a dump it makes nothing: it is one transaction
        if ended != 0:
            words.seek(0)
            raise ToolFailed(f"The database could not be loaded. {_last_words(words.read())}")


def _target(url: str) -> tuple[str, dict[str, str]]:
    """The connection string without its password, and the environment that holds it."""
    parts = conninfo_to_dict(url.replace("postgresql+psycopg://", "postgresql://", 1))
    password = parts.pop("password", None)
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    return make_conninfo(**parts), env | ({"PGPASSWORD": str(password)} if password else {})  # type: ignore[arg-type]


def _last_words(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return " ".join(lines[-3:])
