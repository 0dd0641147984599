"""Every line is JSON where a program reads it, words where a person watches, and holds nothing that people typed."""

from __future__ import annotations

import ast
import errno
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask

from postcards import logs
from postcards.logs.lines import LibraryLine
from tests.architecture.tree import ROOT, files
from tests.watching.writing import writing_to

PLANTED = "Ona Petraitienė"

Written = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def written() -> Iterator[Written]:
    """A process that writes what a program reads; its lines so far."""
    out = io.StringIO()
    with writing_to(out):
        yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_says_when_how_grave_what_where_and_for_whom(written: Written) -> None:
    logs.begin("0123456789abcdef", job="mail.send", job_id="7")
    structlog.get_logger().info("mail sent", mail="17")
    logs.end()
    structlog.get_logger().warning("later")
    structlog.get_logger().debug("never written at this level")
    first, later = written()
    assert tuple(first)[:5] == logs.PLACES
    assert first["time"].endswith("+00:00")
    told = {key: value for key, value in first.items() if key not in ("time", "pid")}
    assert told == {
        "level": "info", "event": "mail sent", "part": "web", "request_id": "0123456789abcdef",
        "job": "mail.send", "job_id": "7", "mail": "17",
    }  # fmt: skip
    assert (later["level"], "request_id" in later) == ("warning", False)


def test_a_surprise_is_one_line_with_its_trace(written: Written) -> None:
    try:
        int(PLANTED)
    except ValueError as error:
        structlog.get_logger().error("surprise", exc_info=error)
    (line,) = written()
    assert line["error"] == "ValueError"
    assert "int(PLANTED)" in line["trace"], "code is told, values are not"
    assert PLANTED not in json.dumps(line, ensure_ascii=False)


def test_libraries_speak_in_the_same_form_and_quote_nobody(written: Written) -> None:
    logging.getLogger("some.library").warning("cannot take %s", PLANTED)
    logging.getLogger("kombu.connection").error("Cannot connect to %s", "redis://broker:6379//")
    logging.getLogger("_granian").error("Application callable raised an exception\nValueError: %s", PLANTED)
    try:
        int(PLANTED)
    except ValueError:
        logging.getLogger("some.library").exception("failed for %r", PLANTED)
        logging.getLogger("celery.app.trace").exception("Task raised %s", PLANTED)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"an old way to say {PLANTED}", DeprecationWarning, stacklevel=1)
    lines = written()
    assert [line["event"] for line in lines[:4]] == [
        "cannot take %s",
        "Cannot connect to redis://broker:6379//",
        "Application callable raised an exception",
        "failed for %r",
    ]
    assert lines[3]["error"] == "ValueError"
    assert lines[4]["logger"] == "py.warnings"
    assert lines[4]["event"].endswith("DeprecationWarning")
    assert PLANTED not in json.dumps(lines, ensure_ascii=False)


def test_at_a_terminal_lines_are_for_eyes() -> None:
    out = Terminal()
    with writing_to(out, "beat"):
        structlog.get_logger().info("beat keeps the clock")
        try:
            int(PLANTED)
        except ValueError as error:
            structlog.get_logger().error("surprise", exc_info=error)
    shown = out.getvalue()
    assert "beat keeps the clock" in shown
    assert "{" not in shown.splitlines()[0]
    assert "\n  tests/watching/test_lines.py:" in shown
    assert PLANTED not in shown


class Full(io.StringIO):
    """A disk without room."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_holds_nothing_up(capsys: pytest.CaptureFixture[str]) -> None:
    with writing_to(Full()):
        structlog.get_logger().info("mail sent", mail="17")
        logging.getLogger("some.library").warning("cannot take %s", PLANTED)
    assert capsys.readouterr() == ("", "")


def test_half_a_character_is_written_all_the_same() -> None:
    record = logging.makeLogRecord(
        {"msg": "half \ud800 of it", "name": "some.library", "levelname": "WARNING"}
    )
    assert json.loads(LibraryLine().format(record))["event"] == "half \ud800 of it"


def test_flask_does_not_name_the_address(written: Written) -> None:
    app = Flask("postcards")
    app.after_request(lambda _: 1 / 0)
    assert app.test_client().get(f"/T/{PLANTED}").status_code == 500
    assert {line["event"] for line in written()} == {"surprise"}
    assert "ZeroDivisionError" in written()[0]["trace"]
    assert "/T/" not in str(written())


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("0123456789abcdef", True),
        ("6b0c1c2a-7e0f-4b57-9a58-0d2f6e0c1a11", True),
        ("0123456789abcde", False),
        ("a" * 65, False),
        ("Petraitiene-Ona-1", False),
        ("0123456789abcdef\n", False),
        ("", False),
    ],
)
def test_an_id_from_outside_cannot_be_a_word_or_a_code(text: str, good: bool) -> None:
    assert logs.well_formed(text) is good


def test_made_ids_are_well_formed_and_differ() -> None:
    made = [logs.new_request_id() for _ in range(100)]
    assert all(map(logs.well_formed, made))
    assert len(set(made)) == 100


def _calls() -> list[tuple[str, ast.Call]]:
    """Every call of a logger in the house."""
    found = []
    for name in [file for room in ("postcards", "workers") for file in files(".py", under=room)]:
        tree = ast.parse((ROOT / name).read_text())
        found += [
            (f"{name}:{node.lineno}", node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
            and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical")
        ]
    return found


def test_every_call_of_the_log_writes_known_fields_and_a_fixed_event() -> None:
    """A field is added in postcards/logs/lines.py first, with a sentence that says why it names nobody."""
    known = {*logs.FIELDS, "exc_info", None}
    calls = _calls()
    assert len(calls) > 8
    assert not [
        where for where, call in calls if not isinstance(call.args[0], ast.Constant) or len(call.args) > 1
    ]
    assert not [(where, word.arg) for where, call in calls for word in call.keywords if word.arg not in known]


def test_nobody_logs_but_through_our_lines() -> None:
    """The standard library's loggers are for libraries; ours would quote what stands in their messages."""
    own = [
        name
        for room in ("postcards", "workers")
        for name in files(".py", under=room)
        if "getLogger" in Path(ROOT / name).read_text() and name.as_posix() != "postcards/logs/lines.py"
    ]
    assert not own
