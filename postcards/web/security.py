"""Headers that keep pages closed, and the token that proves a form came from our own page."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request, session
from werkzeug.datastructures import MultiDict

from postcards.errors import Invalid, NotAllowed, NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Nothing inline, nothing from elsewhere. Blob frames: the kiosk shows the card's PDF before printing it.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data: blob:; "
    "frame-src 'self' blob:; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=(), camera=(self)",
}

#: One year, once the page was reached over HTTPS (RFC 6797).
STRICT_TRANSPORT = "max-age=31536000"


class ClosedPages:
    """Puts our headers on every answer of a WSGI app, where the answer has no word of its own on the matter.

    Made around the app, not in a hook of Flask's: there each header costs two look-ups on every request, and the
    nine of them as much as finding the view.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._always = tuple((name.lower(), (name, value)) for name, value in HEADERS.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            headers += [pair for name, pair in self._always if name not in given]
            if environ["wsgi.url_scheme"] == "https" and "strict-transport-security" not in given:
                headers.append(("Strict-Transport-Security", STRICT_TRANSPORT))
            if "cache-control" not in given and not environ["PATH_INFO"].startswith("/static/"):
                headers.append(("Cache-Control", "no-store"))
            return start_response(status, headers, *more)

        return self._app(environ, start)


def register(app: Flask) -> None:
    """This will put our headers on every answer, keep answers about people out of every cache, and NULs out."""
    app.wsgi_app = ClosedPages(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def _no_nul() -> None:
        # No person types one, and PostgreSQL has no place for it. The API's own bodies say so field by field.
        environ = request.environ
        path = environ["PATH_INFO"]
        if "\x00" in path:
            raise NotFound("There is nothing at this address.")
        if "%00" in environ.get("QUERY_STRING", "") and not path.startswith("/api/"):
            _refuse_nul(request.args)


def refuse_nul_in_form() -> None:
    """This will refuse a form with a NUL in it; behind the door, for nobody reads a form before. Raises `Invalid`."""
    environ = request.environ
    if environ.get("CONTENT_TYPE") and not environ["PATH_INFO"].startswith("/api/"):
        _refuse_nul(request.form)


def _refuse_nul(given: MultiDict[str, str]) -> None:
    if any("\x00" in value for _, value in given.items(multi=True)):
        raise Invalid("What was sent cannot be read: a text holds a NUL.", code="malformed", http_status=400)


def csrf_token() -> str:
    """This will give this browser's form token, made at its first form."""
    token: str | None = session.get("csrf")
    if token is None:
        token = session["csrf"] = secrets.token_urlsafe(24)
    return token


def check_csrf() -> None:
    """This will refuse a form that did not come from our own page. Raises `NotAllowed`."""
    expected = session.get("csrf")
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotAllowed(
            "This form is too old, or came from elsewhere. Go back, load the page again and send it once more.",
            code="stale_form",
        )
