"""The public pages' blueprint, and what each of them needs to speak with a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from postcards import texts
from postcards.errors import Refusal
from postcards.paper.cachet_svg import cachet_svg
from postcards.rules.edition import Edition
from postcards.web.answers import http_status, problem, refusal_body, when_to_come_back
from postcards.web.pages import choose_language, render

blueprint = Blueprint("public", __name__)


def languages_of(edition: Edition) -> tuple[str, ...]:
    """This will give the campaign's languages and English, for a recipient may live anywhere."""
    return tuple(dict.fromkeys((*edition.languages, texts.ENGLISH)))


def page(template: str, edition: Edition, *, status: int = 200, **context: Any) -> Response:
    """This will render a campaign's page for this reader; `say` is their catalogue, `words` our texts."""
    return html(rendered(template, edition, reader_of(edition), **context), status=status)


def html(body: str | bytes, *, status: int = 200) -> Response:
    """This will answer with a page."""
    return Response(body, status=status, content_type="text/html; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Reader:
    """The language of a page, and whether this very address names it: then the page's own links do, too."""

    language: str
    by_address: bool


def reader_of(edition: Edition) -> Reader:
    """This will choose the best of the campaign's languages for whoever asks."""
    language = choose_language(languages_of(edition))
    return Reader(language, bool(request.query_string) and request.args.get("lang") == language)


def rendered(template: str, edition: Edition, reader: Reader, **context: Any) -> str:
    """This will render a campaign's page as HTML."""
    language = reader.language
    return render(
        template,
        languages=languages_of(edition),
        edition=edition,
        say=texts.catalogue(language),
        words=lambda key: edition.text(key, language),
        in_own_words=lambda told: edition.words(told, language) if told else "",
        campaign_name=edition.text("title", language),
        lang_query=f"?lang={language}" if reader.by_address else "",
        **context,
    )


def mark_of(edition: Edition) -> Markup:
    """This will give the campaign's mark as on its cards; nothing when it cannot be drawn: a page needs it least."""
    try:
        return Markup(cachet_svg(edition.cachet.ring))  # noqa: S704 - our own drawing
    except Refusal:
        return Markup("")


def private(response: Response) -> Response:
    """This will keep a page that a code leads to out of search engines."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def reads_html() -> bool:
    """This will tell whether a browser asks: only browsers name text/html, tools take anything or JSON."""
    return "text/html" in request.headers.get("Accept", "")


def asks_for_json() -> bool:
    """This will tell whether a caller names JSON and not HTML; a phone or a plain tool gets the page."""
    accept = request.headers.get("Accept", "")
    return "json" in accept and "text/html" not in accept


def refused(refusal: Refusal, *, as_page: bool) -> Response:
    """This will answer for a code that leads nowhere: kindly for people, as problem+json for machines."""
    status = http_status(refusal)
    if not as_page:
        return problem(
            status, refusal.code, refusal.message, headers=when_to_come_back(refusal), **refusal_body(refusal)
        )
    page = private(html(render("public/code.html", refusal=refusal), status=status))
    page.headers.update(when_to_come_back(refusal))
    return page
