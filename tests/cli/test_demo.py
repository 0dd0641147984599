"""`postcards demo` goes the whole way, proves what it shows, and leaves nothing behind but its results."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from postcards.cli.demo_client import Client, DemoFailed, expect
from postcards.cli.demo_post import thirds
from postcards.cli.demo_results import NotOurs, make_room, write_summary

ROOT = Path(__file__).parents[2]


def environment(place: Path) -> dict[str, str]:
    """A room of this test's own for temporary files, and settings that the demo must not heed."""
    temporary = place / "tmp"
    temporary.mkdir()
    return os.environ | {
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
        "POSTCARDS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "POSTCARDS_SMTP_URL": "smtp://127.0.0.1:1",
    }


@pytest.mark.timeout(400)
def test_the_demo_goes_the_whole_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "postcards", "demo", "--cards", "90", "--seed", "7", "--out", str(out), "--json"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=380,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert sum(step["seconds"] for step in told["steps"]) <= told["seconds"]
    assert told["registered"]["cards"] == 90
    assert told["registered"]["countries"] >= 25
    assert told["mended"]["stamps_used_again"] == told["mended"]["void"] > 0
    assert told["check"] == {"ok": True, "findings": 0}
    handed = told["handed_over"]
    assert handed["accepted"] + handed["refused"] == sum(told["manifests"]["lines"]) == 90
    assert handed["disputed"] == 1
    folders = sorted((out / "manifests").iterdir(), key=lambda path: int(path.name))
    assert len(folders) == told["manifests"]["sealed"]
    for folder in folders:
        for line in (folder / "SHA256SUMS").read_text().splitlines():
            sha256, name = line.split("  ")
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert len(list((out / "mail").glob("*.eml"))) == told["mail"]["sent"] > 0
    assert len(list(out.glob("*.pdf"))) == 1 + told["printed"]["runs"]
    counter = json.loads((out / "counter.json").read_text(encoding="utf-8"))
    assert counter["registered"] == 90
    assert counter["by_status"]["arrived"] == told["arrived"]["cards"]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.timeout(200)
def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "postcards", "demo", "--out", str(tmp_path / "out")],
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = next(line.split()[-1] for line in process.stdout if "http://" in line)
    assert Client(url).is_up()
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=90)
    assert process.returncode == 130
    assert "nothing of it is left running" in words
    assert not Client(url).is_up()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.timeout(200)
def test_a_demo_that_is_killed_takes_its_servers_with_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "postcards", "demo", "--out", str(tmp_path / "out")],
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = next(line.split()[-1] for line in process.stdout if "http://" in line)
    process.kill()
    process.communicate(timeout=90)
    until = time.monotonic() + 90
    while Client(url).is_up():
        assert time.monotonic() < until, "the servers outlived the demo"
        time.sleep(0.5)


def test_results_make_room_for_results_and_for_nothing_else(tmp_path: Path) -> None:
    make_room(tmp_path)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "old.eml").write_text("old")
    (tmp_path / "run-1-a4-4up.pdf").write_text("old")
    write_summary(tmp_path, {"made_by": "postcards demo"})
    make_room(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    (tmp_path / "summary.json").unlink()
    (tmp_path / "my-holidays.txt").write_text("mine")
    with pytest.raises(NotOurs):
        make_room(tmp_path)
    assert (tmp_path / "my-holidays.txt").read_text() == "mine"


def test_what_is_not_as_it_should_be_fails_with_its_words() -> None:
    expect(True, "fine")
    with pytest.raises(DemoFailed, match="The counter shows 3"):
        expect(False, "The counter shows 3.")
    with pytest.raises(DemoFailed, match="GET /readyz had no answer"):
        Client("http://127.0.0.1:1").get("/readyz", status=200)


def test_thirds_miss_no_number() -> None:
    assert thirds(200) == [(1, 66), (67, 133), (134, 200)]
    assert [number for low, high in thirds(61) for number in range(low, high + 1)] == list(range(1, 62))
