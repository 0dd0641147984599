"""The cookie behind forms costs nothing where it is not: read only when it came, looked at again only when used.

Flask makes a signer for every request and asks for the cookie's every setting at its end; a page without forms, a
kiosk's call and a recipient's page need neither.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class FormSessions(SecureCookieSessionInterface):
    """Flask's own signed cookie, with nothing done for requests that have none and touch none."""

    def __init__(self) -> None:
        self._signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        """This will give the app's one signer: its keys do not change while it runs."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """This will read the cookie, when there is any at all."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """This will write what has changed, and nothing for a session that nobody looked at."""
        kept = cast(SecureCookieSession, session)
        if kept.accessed or kept.modified:
            super().save_session(app, session, response)
