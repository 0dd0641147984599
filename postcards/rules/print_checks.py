"""What is wrong with a drawn card, by the check that found it, for whoever has to do something about it."""

from __future__ import annotations

from typing import Final

from postcards.errors import N_, Said, as_given, says_marked

_SAID: Final = {
    "place": N_("It does not lie in its place on the sheet."),
    "number": N_("The number on it is not the card’s."),
    "code": N_("The code in letters is not the card’s."),
    "words": N_("A name, the address or the message on it is not what was registered."),
    "address": N_("The address does not stand in its place as it should."),
    "country": N_("The last line of the address is not the country."),
    "zone": N_("Something stands where the Post wants bare paper."),
    "overlap": N_("One thing on it lies on another."),
    "glyph": N_("A letter on it is missing from the file."),
    "qr": N_("Its QR code is wrong or cannot be read."),
    "scan": N_("Its QR code cannot be read from a scan."),
    "reference": N_("A letter on it is wrong, missing or not joined as it should be."),
    "key_lost": N_("Its names and addresses cannot be read any more. Give it up, and register it once more."),
}


def in_words(check: str, why: str) -> Said:
    """This will say what `check` found; `why` is the finder's own sentence, for checks that speak for themselves."""
    return says_marked(_SAID[check]) if check in _SAID else as_given(why)
