"""Where a surprise came from: types, places and lines of code, and none of its words.

A message of an exception may quote what people typed: PostgreSQL's DETAIL holds whole rows, a KeyError its key, a
ValueError the text that it could not read. So no message is told, nor a local variable. What a database says about
itself (state, constraint, table, column) is told instead: with the place it is enough to find the fault.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from postcards.errors import Refusal

#: How much of a surprise is told: causes, and frames of each (the innermost ones).
CAUSES = 5
FRAMES = 25

#: What `diag` of a database error tells about the schema and never about a row (libpq, PQresultErrorField).
_SCHEMA = ("sqlstate", "severity_nonlocalized", "table_name", "column_name", "constraint_name")

#: Paths are told from the folder that our package lies in, or from where libraries are.
_HERE = str(Path(__file__).resolve().parents[2]) + "/"


def trace(error: BaseException) -> str:
    """This will tell where `error` and its causes came from, outermost first, one line a frame and one for its code."""
    told: list[str] = []
    known: set[int] = set()
    one: BaseException | None = error
    while one is not None and len(known) < CAUSES and id(one) not in known:
        known.add(id(one))
        told += [*(["because of"] if told else []), kind(one), *_frames(one.__traceback__)]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n".join(told)


def kind(error: BaseException) -> str:
    """This will name the type of `error` and what is known of it beside its words."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    known: list[str] = []
    if isinstance(error, Refusal):
        known.append(f"code={error.code}")
    if isinstance(error, OSError) and error.errno is not None:
        known.append(f"errno={error.errno}")
    diagnosis = getattr(error, "diag", None)
    for field in _SCHEMA:
        value = getattr(diagnosis, field, None)
        if isinstance(value, str) and value.replace("_", "").isalnum():
            known.append(f"{field.removesuffix('_name').removesuffix('_nonlocalized')}={value}")
    return " ".join([name, *known])


def place(error: BaseException) -> str:
    """This will give file and line where `error` was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"


def _frames(at: TracebackType | None) -> list[str]:
    told = []
    for frame in traceback.extract_tb(at)[-FRAMES:]:
        told.append(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}")
        if frame.line:
            told.append(f"    {frame.line}")
    return told


def _short(filename: str) -> str:
    return filename.removeprefix(_HERE).rpartition("site-packages/")[2]
