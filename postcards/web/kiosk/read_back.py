"""Reads a card back before a stamp is spent on it: every fault, or the lines to be printed."""

from __future__ import annotations

from postcards.errors import Fault, Invalid, says
from postcards.paper.address_block import fit_address
from postcards.paper.entry import check_entry
from postcards.queries import campaigns
from postcards.rules.card_words import check_words, placed
from postcards.web.api import BODY_LIMIT, endpoint, raw_body
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import KIOSK, caller
from postcards.web.kiosk import shapes
from postcards.web.kiosk.blueprint import api
from postcards.web.kiosk.card_reading import read_card


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/read-back",
    door=KIOSK,
    summary="The card as it would be printed; nothing is kept and no stamp is taken",
    body_shape=shapes.CardIn,
    answers={200: shapes.ReadBackOut},
)
def read_back() -> tuple[int, shapes.ReadBackOut]:
    """The same body as for registering, and the same faults."""
    with kit().read() as session:
        edition = campaigns.edition(session, caller().campaign)
    request = read_card(raw_body(BODY_LIMIT), edition)
    if request.address_on_paper:
        words = says("is for cards written by hand: what stands on them cannot be read back.")
        raise Invalid(faults=[Fault("address_on_paper", "address_on_paper", words)])
    checked = check_words(request.words, edition=edition, at=now())
    faults = list(checked.faults)
    if not faults:
        faults = placed(check_entry(checked.lines, checked.words.sender_name, checked.words.message), checked)
    if faults:
        raise Invalid(faults=faults)
    return 200, shapes.ReadBackOut(
        lines=list(fit_address(checked.lines).lines),
        sender=checked.words.sender_name,
        message=checked.words.message,
        warnings=list(checked.warnings),
    )
