"""The command lines of `up`, run with the real programs on small apps in the place of ours."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from postcards import config, embedded
from postcards.embedded.children import ChildPart, beat_child, web_child, worker_child
from postcards.embedded.home import make_home
from tests.embedded.processes import alive, environment, until
from tests.plugins.sharing import free_port

SMALL_WEB = """
import os
def app(environ, start_response):
    if environ["PATH_INFO"] == "/die":
        os._exit(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
SMALL_WORK = """
import os
from celery import Celery
app = Celery("small", broker=os.environ["BROKER"])
app.conf.beat_schedule = {"tick": {"task": "small.write", "schedule": 0.5}}
app.conf.broker_connection_retry_on_startup = True
@app.task(name="small.write")
def write():
    with open(os.environ["WRITE_TO"], "a") as file:
        file.write("tick\\n")
"""


def settings_of(home: Path) -> config.Settings:
    make_home(home)
    return config.load({"POSTCARDS_HOME": str(home)})


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def small(tmp_path: Path, name: str, code: str) -> dict[str, str]:
    (tmp_path / f"{name}.py").write_text(code)
    env = environment()
    return env | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"}


def test_the_web_serves_replaces_a_dead_worker_and_stops(home: Path, tmp_path: Path) -> None:
    port = free_port()
    env = small(tmp_path, "small_web", SMALL_WEB)
    child = web_child(settings_of(home), env, host="127.0.0.1", port=port, tls=None)
    assert child.argv[-1] == "postcards.web.wsgi:app"
    part = ChildPart(home, replace(child, argv=(*child.argv[:-1], "small_web:app")))
    try:
        part.start()
        part.wait()
        pids = {int(get(port, "/")) for _ in range(20)}
        with pytest.raises((http.client.HTTPException, OSError)):
            get(port, "/die")

        def two_again() -> bool:
            with contextlib.suppress(http.client.HTTPException, OSError):  # what the dead one had accepted
                return len({get(port, "/") for _ in range(20)}) == 2
            return False

        assert until(two_again, seconds=15)
        assert part.poll() is None
    finally:
        part.stop()
    assert not any(map(alive, pids))


def test_a_web_whose_app_is_broken_is_known_at_once(home: Path, tmp_path: Path) -> None:
    env = small(tmp_path, "small_web", "raise RuntimeError('the ink is dry')")
    child = web_child(settings_of(home), env, host="127.0.0.1", port=free_port(), tls=None)
    part = ChildPart(home, replace(child, argv=(*child.argv[:-1], "small_web:app")))
    part.start()
    with pytest.raises(embedded.DidNotStart, match="RuntimeError: the ink is dry"):
        part.wait()
    assert part.poll() is not None


def test_beat_asks_and_the_worker_works_over_the_embedded_broker(
    home: Path, tmp_path: Path, broker_url: str
) -> None:
    written = tmp_path / "written"
    env = small(tmp_path, "small", SMALL_WORK) | {"BROKER": broker_url, "WRITE_TO": str(written)}
    settings = settings_of(home)
    parts = []
    try:
        for child in (worker_child(settings, env), beat_child(settings, env)):
            where = child.argv.index("workers.app")
            argv = (*child.argv[:where], "small", *child.argv[where + 1 :])
            parts.append(ChildPart(home, replace(child, argv=argv)))
            parts[-1].start()
        assert until(lambda: written.exists() and written.read_text().count("tick") >= 2, seconds=30), [
            part.last_words() for part in parts
        ]
        assert [part.poll() for part in parts] == [None, None]
    finally:
        for part in parts:
            part.stop()
    assert [part.child.stop_signal for part in parts] == [signal.SIGTERM] * 2
    assert "Warm shutdown" in (home / "logs" / "worker.log").read_text()
