"""The web's clock: an edge reads the time once per request and hands it on as `at`."""

from __future__ import annotations

import datetime as dt

from flask import g


def now() -> dt.datetime:
    """This will give the moment this request began, aware, UTC."""
    moment: dt.datetime | None = g.get("now")
    if moment is None:
        moment = g.now = dt.datetime.now(dt.UTC)
    return moment
