"""The kiosk's page: a shell; everything it does goes through the API."""

from __future__ import annotations

from flask import Blueprint

from postcards import texts
from postcards.web.doors import PUBLIC, guarded
from postcards.web.pages import EVERY_LANGUAGE, render

blueprint = Blueprint("kiosk_page", __name__)


@blueprint.get("/kiosk/")
@guarded(PUBLIC)
def shell() -> str:
    """The page of every kiosk: it pairs itself, then shows the campaign it belongs to."""
    return render(
        "kiosk/index.html",
        texts={language: texts.catalogue(language).in_scripts("kiosk") for language in EVERY_LANGUAGE},
        api_base="/api/v1",
    )
