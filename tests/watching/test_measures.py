"""Sums of many processes are one answer: the living, the dead and the killed are each counted once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

from postcards.measures import BUCKETS, MOST, Measures

KEY = ("http_request", "GET", "/T/<code>", "200")

A_PROCESS = """
import sys, time
from pathlib import Path
from postcards.measures import Measures
mine = Measures(Path(sys.argv[1]))
mine.observe(("http_request", "GET", "/T/<code>", "200"), 0.02)
mine.tell()
print("told", flush=True)
time.sleep(60)
"""


def total(measures: Measures) -> float:
    return sum(one.count for one in measures.everything("http_request"))


def test_it_counts_by_labels_and_by_bounds(tmp_path: Path) -> None:
    measures = Measures(tmp_path)
    for seconds in (0.001, 0.02, 0.02, 999.0):
        measures.observe(KEY, seconds)
    measures.observe(("job", "mail.send", "done"), 1.0)
    (one,) = measures.everything("http_request")
    assert one.labels == ("GET", "/T/<code>", "200")
    assert one.count == 4
    assert one.seconds == 999.041
    below = dict(one.at_most)
    assert (below[0.005], below[0.01], below[0.025], below[BUCKETS[-1]]) == (1, 1, 3, 3)


def test_processes_add_up_and_the_ended_stay_counted(tmp_path: Path) -> None:
    here, there = Measures(tmp_path), Measures(tmp_path)
    for measures in (here, there, there):
        measures.observe(KEY, 0.1)
    here.tell()
    there.tell()
    assert total(here) == total(there) == 3
    there.close()
    assert [total(here), total(here)] == [3, 3]
    assert len(list(tmp_path.glob("*.alive"))) == 1, "what it left is swept up"
    assert total(Measures(tmp_path)) == 3


def test_a_killed_process_is_counted_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", A_PROCESS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        here = Measures(tmp_path)
        assert total(here) == 1
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert [total(here), total(here)] == [1, 1]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ended.json", "gathering.lock"]


def test_whoever_is_cut_off_while_gathering_counts_none_twice(tmp_path: Path) -> None:
    """The sums are written first, then the file of the dead goes: between the two a machine may lose its power."""
    there = Measures(tmp_path)
    there.observe(KEY, 0.1)
    there.tell()
    (left,) = list(tmp_path.glob("*.json"))
    content = left.read_bytes()
    there.close()
    assert total(Measures(tmp_path)) == 1
    left.write_bytes(content)
    assert total(Measures(tmp_path)) == 1


def test_threads_lose_no_count(tmp_path: Path) -> None:
    measures = Measures(tmp_path)

    def work() -> None:
        for _ in range(2_000):
            measures.observe(KEY, 0.01)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(measures) == 8_000


def test_a_folder_that_cannot_be_written_and_a_file_that_cannot_be_read_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    measures = Measures(tmp_path / "file" / "measures")
    measures.observe(KEY, 0.1)
    measures.tell()
    assert total(measures) == 1
    (tmp_path / "0123.json").write_text('{"make": "another", "sums": 7}')
    (tmp_path / "4567.json").write_text("{")
    assert total(Measures(tmp_path)) == 0


def test_labels_without_end_fill_no_memory(tmp_path: Path) -> None:
    measures = Measures(tmp_path)
    for number in range(MOST + 50):
        measures.observe(("http_request", str(number)), 0.1)
    assert len(measures.everything("http_request")) == MOST
