"""Why a card is held, in words for the desk; one of a code that nobody worded keeps the code."""

from __future__ import annotations

from collections.abc import Iterable

from postcards.services.block_list import DECLINED
from postcards.services.cards import CANNOT_BE_PRINTED
from postcards.web.pages import gettext

#: What a card is held for that was registered like any other; every other reason is one of a fact on paper.
LATER = (CANNOT_BE_PRINTED, DECLINED)


def was_on_paper(held: Iterable[str]) -> bool:
    """This will tell whether the card was accepted in spite of a rule, because it was on paper already."""
    return any(code not in LATER for code in held)


def why_held(code: str) -> str:
    """This will say one reason in the language of the page."""
    missing = gettext("something is missing in what was typed")
    sign = gettext("it holds a letter or a sign that cannot be printed")
    said = {
        "campaign_paused": gettext("the campaign was paused"),
        "campaign_closed": gettext("the campaign was closed"),
        "campaign_draft": gettext("the campaign was not open yet"),
        "suspended": gettext("the Post does not serve the country"),
        "consent_version": gettext("the consent is of a version we do not know"),
        "origin_country": gettext("it goes to this country, and these cards travel abroad"),
        DECLINED: gettext("the recipient asked us never to write again"),
        CANNOT_BE_PRINTED: gettext("it cannot be printed as it is: give it up, and register it once more"),
        "blank": missing,
        "missing": missing,
        "required": missing,
        "too_long": gettext("something is too long for the card"),
        "too_many_lines": gettext("the address has more lines than the card has room for"),
        "word_too_long": gettext("a word is wider than the card has room for"),
        "emoji": sign,
        "no_font": sign,
        "newline": sign,
        "control_character": sign,
        "bidi_control": sign,
        "surrogate": sign,
        "unprintable": sign,
        "postal_code": gettext("its postcode does not look like one of that country"),
        "country": gettext("it goes to a country that we do not know"),
        "email": gettext("the e-mail address does not look like one"),
        "language": gettext("its language is not one of this campaign"),
    }
    return said.get(code, code)
