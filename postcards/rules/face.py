"""What is drawn: `Look` is the same on every card of a campaign, `Face` is one card. Plain data, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CachetPlacement = Literal["left", "picture", "within-indicia"]
MessageArea = Literal["empty", "lines", "typed"]


@dataclass(frozen=True, slots=True)
class Indicia:
    """The Post's prepayment mark, as the Post has granted it."""

    country: str  # in Latin letters, e.g. "LIETUVA"
    words: str  # "TAXE PERÇUE" or "P.P."
    licence: str
    office: str


@dataclass(frozen=True, slots=True)
class Look:
    """What every card of a campaign shares."""

    slug: str
    title: str
    heading: str  # e.g. "ATVIRUKAS / CARTE POSTALE"; may be empty
    cap: int
    cachet_placement: CachetPlacement
    cachet_ring: str  # e.g. "FAR IS CLOSE · 60 · VILNIUS"
    indicia: Indicia
    priority_mark: str | None  # e.g. "PRIORITAIRE / PAR AVION"
    return_address: tuple[str, ...]
    credits: tuple[str, ...]
    place: str
    test: bool  # the address in the QR is not a public one: every side says TEST
    practice: bool  # volunteers are learning: every side says PRACTICE
    message_area: MessageArea = "lines"  # what stands where a card has no typed message
    picture: bytes | None = None  # the edition's own, as `paper.own_picture.prepare_picture` made it
    picture_words: bool = True  # name and credits on a band across the own picture


@dataclass(frozen=True, slots=True)
class Face:
    """One card."""

    number: int
    tracking_code: str  # as kept, without spaces
    url: str  # HTTPS://HOST/T/CODE, upper case
    address_lines: tuple[str, ...]  # name first, country last; none on a stock card: lines to write on
    sender_name: str | None = None
    message: str | None = None
    country: str | None = None  # where it goes, ISO 3166: Han characters are drawn as they are there
