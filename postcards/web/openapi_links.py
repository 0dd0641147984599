"""Which answer of the API leads where: what a program may do next with what it was just given.

By operation and status, the operations that an answer leads to; their parameters and bodies are taken from the
answer by OpenAPI's runtime expressions (specification 3.1, "Runtime Expressions").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """A way from an answer to the operation `to`."""

    to: str
    why: str
    parameters: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


_CARD = {"card_id": "$response.body#/id"}
_SAME_CARD = {"card_id": "$request.path.card_id"}
_MANIFEST = {"number": "$response.body#/number"}

_OF_A_CARD = (
    Link("show_postcard", "the card to print", _CARD),
    Link("record_print", "it came out of the printer", _CARD),
    Link("correct_card", "mend what was typed", _CARD),
    Link("void_card", "give the card up", _CARD),
)
_OF_A_BOOKLET = (
    Link(
        "return_stamps",
        "give a stamp back",
        {"booklet_id": "$response.body#/id"},
        {"stamps": ["$response.body#/stamps/0/number"]},
    ),
)

LINKS: dict[tuple[str, int], tuple[Link, ...]] = {
    ("pair_kiosk", 201): (
        Link("campaign_counts", "the campaign in public", {"slug": "$response.body#/campaign"}),
    ),
    ("show_kiosk", 200): (
        Link("campaign_counts", "the campaign in public", {"slug": "$response.body#/campaign/slug"}),
        Link(
            "return_stamps",
            "give a stamp back",
            {"booklet_id": "$response.body#/booklets/0/id"},
            {"stamps": ["$response.body#/booklets/0/stamps/0/number"]},
        ),
    ),
    ("lend_booklet", 201): _OF_A_BOOKLET,
    ("lend_booklet", 200): _OF_A_BOOKLET,
    ("register_card", 201): _OF_A_CARD,
    ("register_card", 200): _OF_A_CARD,
    ("register_batch", 200): (
        Link("show_postcard", "the first card to print", {"card_id": "$response.body#/results/0/id"}),
    ),
    ("record_print", 201): (
        Link("correct_card", "mend a card that is on paper: it gets a new code", _SAME_CARD),
        Link("void_card", "give a card up that is on paper", _SAME_CARD),
    ),
    ("correct_card", 200): (
        Link("show_postcard", "the card to print anew", _CARD),
        Link("record_print", "it came out of the printer", _CARD),
    ),
    ("void_card", 200): (Link("void_card", "the same again changes nothing", _CARD),),
    ("list_manifests", 200): (
        Link("show_manifest", "the first of them", {"number": "$response.body#/items/0/number"}),
        Link("list_manifests", "the next page", {"after": "$response.body#/next"}),
    ),
    ("show_manifest", 200): (
        Link("download_file", "one of its files", _MANIFEST | {"name": "$response.body#/files/0/name"}),
        Link("record_receipt", "the Post's answer", _MANIFEST),
    ),
    ("record_receipt", 201): (
        Link("show_manifest", "how it stands now", {"number": "$response.body#/manifest"}),
    ),
}


def links_of(operation: str, status: int) -> dict[str, Any]:
    """This will give the `links` of one answer, as OpenAPI writes them."""
    return {link.to: _written(link) for link in LINKS.get((operation, status), ())}


def _written(link: Link) -> dict[str, Any]:
    written: dict[str, Any] = {"operationId": link.to, "description": link.why, "parameters": link.parameters}
    if link.body is not None:
        written["requestBody"] = link.body
    return written
