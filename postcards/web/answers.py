"""One table from our refusals to HTTP: problem+json for machines, a kind page for people."""

from __future__ import annotations

import json
from typing import Any

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from postcards import texts
from postcards.errors import (
    Denied,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    TooOften,
    Unavailable,
    says,
)
from postcards.web.pages import asked_language, render

log = structlog.get_logger()

#: Titles of RFC 9457 problems, by HTTP status.
TITLES = {
    400: says("The request cannot be read"),
    401: says("Not signed in"),
    403: says("Not allowed"),
    404: says("Not found"),
    405: says("Not possible here"),
    406: says("Not available in that form"),
    409: says("Not as things stand"),
    410: says("Gone"),
    413: says("Too large"),
    415: says("Not a type we read"),
    416: says("No such part"),
    422: says("Some fields need mending"),
    429: says("Too many at once"),
    500: says("Our mistake"),
    503: says("Not just now"),
}
_REFUSED = says("Refused")


def http_status(refusal: Refusal) -> int:
    """This will give the HTTP status of a refusal."""
    match refusal:
        case Invalid():
            status = refusal.extra.get("http_status", 422)
            return status if isinstance(status, int) else 422
        case NotSignedIn():
            return 401
        case NotAllowed():
            return 403
        case NotFound():
            return 410 if refusal.gone else 404
        case Denied():
            return 409
        case TooOften():
            return 429
        case Unavailable():
            return 503
        case _:
            return 500


def problem(
    status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """This will make a problem+json answer (RFC 9457), in the language that the request asks for."""
    body = {
        "type": f"urn:far-is-close:problem:{code}",
        "title": worded(TITLES.get(status, _REFUSED)),
        "status": status,
        "code": code,
        "detail": worded(detail),
        **more,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type="application/problem+json",
        headers={**(headers or {}), "Content-Language": asked_language(), "Vary": "Accept-Language"},
    )


def worded(message: str) -> str:
    """This will say a message to a machine's reader: in the language of Accept-Language, in English without."""
    return texts.catalogue(asked_language()).say(message)


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """This will give what a refusal adds to a problem: the faulty fields, and its own members."""
    more = {key: value for key, value in refusal.extra.items() if key != "http_status"}
    if isinstance(refusal, Invalid):
        more["errors"] = [
            {"field": fault.field, "code": fault.code, "message": worded(fault.message)}
            for fault in refusal.faults
        ]
    return more


def when_to_come_back(refusal: Refusal) -> dict[str, str]:
    """This will give the header Retry-After (seconds) of what may work in a moment."""
    return {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, Unavailable) else {}


def answer_refusal(refusal: Refusal) -> Response:
    """This will answer a refusal in the form that the caller reads."""
    status = http_status(refusal)
    headers = when_to_come_back(refusal)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Far is Close"'
    if wants_problem():
        return problem(status, refusal.code, refusal.message, headers=headers, **refusal_body(refusal))
    page = render("error.html", status=status, title=TITLES[status], refusal=refusal)
    return Response(page, status=status, headers=headers, content_type="text/html; charset=utf-8")


def wants_problem() -> bool:
    """This will tell whether the caller is a machine: the API, or one that asks for JSON."""
    if request.path.startswith("/api/"):
        return True
    offered = ["text/html", "application/json", "application/problem+json"]
    return request.accept_mimetypes.best_match(offered, "text/html") != "text/html"


def register(app: Flask) -> None:
    """This will make the app answer every refusal, every HTTP error and every surprise in our own words."""

    @app.errorhandler(Refusal)
    def _refusal(refusal: Refusal) -> Response:
        return answer_refusal(refusal)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if error.code is not None and error.code < 400:
            return Response(error.get_body(), status=error.code, headers=error.get_headers())
        status = error.code or 500
        code = {
            400: "malformed",
            404: "unknown",
            405: "method_not_allowed",
            413: "too_large",
            415: "unsupported_media_type",
        }.get(status, "refused")
        words = {
            404: says("There is nothing at this address."),
            405: says("This address does not take that method."),
            413: says("That is more than we take at once."),
        }.get(status, says("The request cannot be answered as it is."))
        headers = {}
        valid_methods = getattr(error, "valid_methods", None)
        if status == 405 and valid_methods:
            headers["Allow"] = ", ".join(valid_methods)
        if wants_problem():
            return problem(status, code, words, headers=headers)
        page = render("error.html", status=status, title=TITLES.get(status, _REFUSED), refusal=Refusal(words))
        return Response(page, status=status, headers=headers, content_type="text/html; charset=utf-8")

    @app.errorhandler(Exception)
    def _surprise(error: Exception) -> Response:
        log.error("surprise", route=str(request.url_rule), exc_info=error)
        if app.config.get("PROPAGATE_SURPRISES"):
            raise error
        words = says("Something went wrong on our side. Nothing was lost; please try once more.")
        if wants_problem():
            return problem(500, "surprise", words)
        page = render("error.html", status=500, title=TITLES[500], refusal=Refusal(words))
        return Response(page, status=500, content_type="text/html; charset=utf-8")
