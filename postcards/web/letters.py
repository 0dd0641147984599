"""Words letters from the templates in templates/mail; needs no app, so workers and commands use it too."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from postcards import texts
from postcards.rules.letter import Words
from postcards.services.mailing import Notice
from postcards.web.pages import templates_folder


def composer(public_url: str) -> Callable[[Notice], Words]:
    """This will give the function that words a notice, linked to the address on the cards or `public_url`."""
    templates = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def compose(notice: Notice) -> Words:
        say = texts.catalogue(notice.language)
        values = {
            "_": say.gettext,
            "ngettext": say.ngettext,
            "say": say,
            "notice": notice,
            "country": say.country(notice.country),
            "link": (notice.public_url or public_url) + notice.slip_path,
        }
        return Words(
            subject=say.gettext("Your postcard No. %(number)s has arrived", number=notice.number),
            text=templates.get_template("mail/arrival_notice.txt").render(values),
            html=templates.get_template("mail/arrival_notice.html").render(values),
        )

    return compose
