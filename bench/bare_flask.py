"""The bare routes once more, as bare Flask views: what the framework takes before ours begin. Frozen, too."""

from __future__ import annotations

from flask import Flask, Response, request

from bench.baseline import look, register

app = Flask("bare", static_folder=None)


@app.get("/t/<code>")
def looked_up(code: str) -> Response:
    """One SELECT, as JSON."""
    return Response(look(code), content_type="application/json")


@app.post("/cards")
def registered() -> Response:
    """One transaction of four bare statements."""
    return Response(register(request.get_data()), content_type="application/json")


@app.get("/healthz")
def healthz() -> str:
    """For whoever waits for the server."""
    return "{}"
