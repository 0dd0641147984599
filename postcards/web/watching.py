"""Each request gets an id, a line in the log, and a place in the figures; none of them tells what was asked about.

Routes are named by their rules, `/T/<code>`, never by the address that was typed: a code in a log or a label would be
people's data. The lines of a request, and of the jobs that it sets off, bear the same id as its answer.
"""

from __future__ import annotations

import time

import structlog
from flask import Flask, Request, Response, g, request

from postcards import logs
from postcards.config import Settings
from postcards.measures import Measures

#: The family of the figures: method, route, status.
FAMILY = "http_request"

HEADER = "X-Request-ID"

#: A stranger may invent methods without end, and each label is kept for ever.
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})

#: Asked every few seconds by machines, or in tens by one page: written down only at `debug`, when they go well.
ROUTINE = frozenset({"/healthz", "/readyz", "/metrics", "/static/<path:filename>"})


def register(app: Flask, settings: Settings) -> None:
    """This will watch the app's requests. Register it first: then it begins before all else, and ends after."""
    log = structlog.get_logger()
    measures = Measures(settings.home / "run" / "measures")
    app.extensions["measures"] = measures
    # Only a proxy of our own may say what a request is called; a stranger would choose one that is in use.
    believes_header = settings.trusted_proxies > 0

    @app.url_value_preprocessor  # comes before all that is called "before"; some of that refuses already
    def _begin(*_: object) -> None:
        g.started = time.perf_counter()
        given = request.headers.get(HEADER, "") if believes_header else ""
        logs.begin(given.lower() if logs.well_formed(given) else logs.new_request_id())

    @app.after_request
    def _end(response: Response) -> Response:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
        seconds = time.perf_counter() - g.started
        route = asked.url_rule.rule if asked.url_rule is not None else "(none)"
        method = asked.method if asked.method in METHODS else "other"
        status = response.status_code
        measures.observe((FAMILY, method, route, str(status)), seconds)
        response.headers[HEADER] = logs.asked_by() or ""
        write = log.warning if status >= 500 else log.debug if route in ROUTINE else log.info
        who = _who(asked, status)
        write("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), **who)
        logs.end()
        return response


def measures_of(app: Flask) -> Measures:
    """This will give the figures of the app's process."""
    found: Measures = app.extensions["measures"]
    return found


def _who(asked: Request, status: int) -> dict[str, str]:
    """Who asks, in the journal's words, and the campaign; a slug that leads nowhere may be anything and is not told."""
    told: dict[str, str] = {}
    came = g.get("caller")
    if came is not None:
        told["by"] = came.by
        if came.kiosk is not None:
            told["campaign"] = came.kiosk.campaign_slug
            return told
    slug = asked.view_args.get("slug") if asked.view_args else None
    if slug is not None and status < 400:
        told["campaign"] = slug
    return told
