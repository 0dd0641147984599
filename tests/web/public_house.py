"""The app with a broker of the test's choice; and an app served on loopback, for a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from werkzeug.serving import make_server

from tests.plugins.cast import House, app_of


def app_with(house: House, *, broker_url: str, expect_beat: bool = True) -> Flask:
    """The app on the house's kit, told of a broker."""
    kit = replace(
        house.kit, settings=replace(house.kit.settings, broker_url=broker_url, expect_beat=expect_beat)
    )
    app = app_of(kit)
    app.config["PROPAGATE_SURPRISES"] = True
    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a port of loopback; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="served")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
