"""The bare route once more, as a bare Flask view: what Flask takes before a page of ours begins. Frozen, too."""

from __future__ import annotations

from flask import Flask, Response

from bench.baseline import look

app = Flask("bare", static_folder=None)


@app.get("/t/<code>")
def looked_up(code: str) -> Response:
    """One SELECT, as JSON."""
    return Response(look(code), content_type="application/json")


@app.get("/healthz")
def healthz() -> str:
    """For whoever waits for the server."""
    return "{}"
