"""Makes the Flask app: one per process, from a kit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from postcards.kit import Kit
from postcards.web import (
    answers,
    leftovers,
    pages,
    rate_limits,
    security,
    slow_bodies,
    static_files,
    watching,
)
from postcards.web.desk import blueprints as desk
from postcards.web.doors import check_every_view_has_a_door
from postcards.web.form_sessions import FormSessions
from postcards.web.kiosk import blueprints as kiosk
from postcards.web.openapi import blueprint as openapi
from postcards.web.partner import blueprints as partner
from postcards.web.public import blueprints as public
from postcards.web.sign_in import blueprints as sign_in

#: A form of the desk; the API has limits of its own (web/api.py), imports too.
FORM_LIMIT = 1024 * 1024


class App(Flask):
    """Flask, but for asking at each request whether a hook or a view is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """This will give `func` as it is."""
        return func


def create_app(kit: Kit) -> Flask:
    """This will make the app, with every view behind its door."""
    app = App(
        "postcards",
        static_folder=str(Path(__file__).parent / "static" / "dist"),
        static_url_path="/static",
        template_folder=str(pages.templates_folder()),
    )
    app.config.update(
        SECRET_KEY=kit.settings.secret_key,
        MAX_CONTENT_LENGTH=FORM_LIMIT,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=kit.settings.public_url.startswith("https://"),
        SESSION_COOKIE_NAME="postcards_form",
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # names carry a hash of the bytes
    )
    app.session_interface = FormSessions()
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["kit"] = kit
    watching.register(app, kit.settings)
    pages.register(app)
    security.register(app)
    answers.register(app)
    leftovers.register(app)
    slow_bodies.register(app)
    rate_limits.register(app, kit.settings.broker_url)
    if proxies := kit.settings.trusted_proxies:  # else anybody could say to be another, or to be on HTTPS
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    for blueprint in (*kiosk, *desk, *partner, *public, *sign_in, openapi):
        app.register_blueprint(blueprint)
    static_files.register(app)
    check_every_view_has_a_door(app)
    return app
