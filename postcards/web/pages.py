"""Renders pages: in the reader's language, with the house's macros, assets and nothing inline."""

from __future__ import annotations

import datetime as dt
import json
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, render_template, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

import postcards
from postcards import texts
from postcards.web.clock import now
from postcards.web.security import csrf_token

#: Languages that the desk and the pages of no campaign speak: all we have catalogues for.
EVERY_LANGUAGE = ("en", "lt", "pl", "ru", "uk", "ro")
LANGUAGE_COOKIE = "language"


def templates_folder() -> Path:
    """This will find the templates: in the installed package, else at the top of the checkout."""
    package = Path(postcards.__file__).parent
    packaged = package / "_templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


def render(template: str, *, languages: tuple[str, ...] | None = None, **context: Any) -> str:
    """This will render `template` in the best of `languages` (a campaign's; else all of ours) for this reader."""
    offered = languages or EVERY_LANGUAGE
    g.language = choose_language(offered)
    g.languages = offered
    return render_template(template, **context)


def choose_language(offered: tuple[str, ...]) -> str:
    """This will choose by the address (`?lang=`), then the cookie, then what the browser asks for."""
    environ = request.environ
    if environ.get("QUERY_STRING") and (wanted := request.args.get("lang")) in offered:
        return str(wanted)
    if "HTTP_COOKIE" in environ and (wanted := request.cookies.get(LANGUAGE_COOKIE)) in offered:
        return str(wanted)
    return _best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""), offered)


def asked_language() -> str:
    """This will give the language that a machine's request asks for by its header alone; else English."""
    return _best_language(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""), EVERY_LANGUAGE)


@lru_cache(maxsize=1000)
def _best_language(header: str, offered: tuple[str, ...]) -> str:
    accepted = parse_accept_header(header, LanguageAccept)
    return texts.best_language([tag for tag, _ in accepted], offered)


def gettext(msgid: str, **values: object) -> str:
    """This will give `msgid` in the language of the page that is being rendered."""
    return texts.catalogue(g.get("language", "en")).gettext(msgid, **values)


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """This will give the form of a text that fits the number `n`."""
    return texts.catalogue(g.get("language", "en")).ngettext(singular, plural, n, **values)


def told(message: str) -> str:
    """This will say a refusal's or a fault's message in the language of the page."""
    return texts.catalogue(g.get("language", "en")).say(message)


def number(n: int | float) -> str:
    """This will write a number as the language of the page groups it."""
    return texts.catalogue(g.get("language", "en")).number(n)


def asset(name: str) -> str:
    """This will give the address of a built asset, such as "styles/site.css"; its name changes with its bytes."""
    return f"/static/{_assets(_manifest_path(), assets_stamp())[name]}"


def assets_stamp() -> int:
    """This will give a number that changes when the assets are built anew, at the latest a second later."""
    return _stamp(_manifest_path(), int(time.monotonic()))


@lru_cache(maxsize=8)
def _stamp(path: str, _second: int) -> int:
    return Path(path).stat().st_mtime_ns


@cache
def _assets(path: str, _: int) -> dict[str, str]:
    found: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def _manifest_path() -> str:
    return f"{current_app.static_folder}/manifest.json"


def register(app: Flask) -> None:
    """This will teach the app's templates our words: asset(), _(), number(), csrf_token(), and what base.html needs."""
    app.jinja_env.globals.update(asset=asset, csrf_token=csrf_token, ngettext=ngettext, number=number)
    app.jinja_env.globals["_"] = gettext
    app.jinja_env.globals["told"] = told
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _frame() -> dict[str, Any]:
        return {
            "language": g.get("language", "en"),
            "languages": g.get("languages", EVERY_LANGUAGE),
            "direction": "ltr",
            "test_mode": app.extensions["kit"].settings.is_test_address,
            "now": now(),
        }

    @app.after_request
    def _remember_language(response: Any) -> Any:
        if not request.query_string:
            return response
        wanted = request.args.get("lang")
        if wanted in EVERY_LANGUAGE and response.mimetype == "text/html":
            response.set_cookie(
                LANGUAGE_COOKIE,
                wanted,
                max_age=dt.timedelta(days=30),
                samesite="Lax",
                secure=request.is_secure,
                httponly=True,
            )
        return response
