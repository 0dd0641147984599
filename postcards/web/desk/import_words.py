"""Why a row of a table is refused, in the words of whoever looks at it; other codes keep the words of the rule."""

from __future__ import annotations

from postcards.errors import Fault
from postcards.web.pages import gettext, told


def reason(fault: Fault) -> str:
    """This will say a row's fault in the language of the page."""
    said = {
        "blank": gettext("Please fill this in."),
        "missing": gettext("Please fill this in."),
        "required": gettext("Please fill this in."),
        "too_long": gettext("This is too long for the card. Please shorten it."),
        "word_too_long": gettext(
            "A word here is wider than the card has room for. Please shorten or divide it."
        ),
        "too_many_lines": gettext(
            "The address has more lines than the card has room for. Please shorten it or join short lines."
        ),
        "emoji": gettext("Pictures cannot be printed here: only letters, please."),
        "no_font": gettext("A letter here cannot be printed. Please write it in Latin letters."),
        "newline": gettext("This holds a sign that cannot be printed. Please type it again."),
        "control_character": gettext("This holds a sign that cannot be printed. Please type it again."),
        "bidi_control": gettext("This holds a sign that cannot be printed. Please type it again."),
        "surrogate": gettext("This holds a sign that cannot be printed. Please type it again."),
        "unprintable": gettext("This holds a sign that cannot be printed. Please type it again."),
        "postal_code": gettext("This does not look like a postcode there."),
        "origin_country": gettext(
            "These cards travel abroad, so they cannot go to an address in this country."
        ),
        "email": gettext("An e-mail address looks like name@example.org."),
        "country": gettext("This is no country we know. Write its name or its two letters, such as DE."),
        "consent_version": gettext("This is not a text that this campaign ever had."),
        "yes_or_no": gettext("Say yes or no; nothing means no."),
        "no_heading": gettext("This row holds text in a column without a heading."),
        "cap_reached": gettext("No stamp is free for this card."),
        "campaign_paused": gettext("The campaign is paused."),
        "campaign_closed": gettext("The campaign has ended, so no more cards can be taken."),
        "campaign_draft": gettext("The campaign has not opened yet."),
    }
    return said.get(fault.code) or told(fault.message)
