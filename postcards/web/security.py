"""Headers that keep pages closed, and the token that proves a form came from our own page."""

from __future__ import annotations

import hmac
import secrets

from flask import Flask, Response, request, session

from postcards.errors import Invalid, NotAllowed, NotFound

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


def register(app: Flask) -> None:
    """This will put our headers on every answer, keep answers about people out of every cache, and NULs out."""

    @app.before_request
    def _no_nul() -> None:
        # No person types one, and PostgreSQL has no place for it. The API's own bodies say so field by field.
        if "\x00" in request.path:
            raise NotFound("There is nothing at this address.")
        if request.path.startswith("/api/"):
            return
        typed = [*request.args.values(), *(value for _, value in request.form.items(multi=True))]
        if any("\x00" in value for value in typed):
            raise Invalid(
                "What was sent cannot be read: a text holds a NUL.", code="malformed", http_status=400
            )

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


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
