"""The parts of an edition: what a campaign says about itself, frozen and free of any machinery.

Field names are the keys of the TOML file and of the stored JSON; `edition_sections` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

Texts = dict[str, str]  # language -> words; every language of the campaign has them

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # date.weekday() is the index
LANGUAGES = ("lt", "en", "pl", "ru", "uk", "ro")  # those the product itself speaks
VENUE_KINDS = ("café", "town-hall", "library", "museum", "school", "post-office", "square", "other")
CREDIT_ROLES = ("organiser", "sponsor", "media-partner", "donor", "partner")
COUNTRY_LINES = ("english", "french", "origin", "origin-english", "origin-french")
CACHET_PLACEMENTS = ("left", "picture", "within-indicia")
MESSAGE_AREAS = ("empty", "lines", "typed")
SENDERS = ("name-and-place", "name", "none")
CATEGORIES = ("A", "B")


@dataclass(frozen=True, slots=True)
class Dates:
    """First and last day in the campaign's own zone. They inform and warn; `open` and `close` decide."""

    opens: date
    closes: date
    occasion: date | None  # the day that everything leads to


@dataclass(frozen=True, slots=True)
class Opening:
    """From when to when a door is open on one day, local time."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Hours:
    """The openings of one day, in order and apart; none means closed."""

    openings: tuple[Opening, ...]

    def __str__(self) -> str:
        """This will return "10:00-13:00, 14:00-18:00" or "closed", as the file writes it."""
        return ", ".join(f"{o.opens:%H:%M}-{o.closes:%H:%M}" for o in self.openings) or "closed"


CLOSED = Hours(())


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date on which a venue does not keep its usual hours."""

    date: date
    hours: Hours
    note: str | None


@dataclass(frozen=True, slots=True)
class Venue:
    """A place with opening hours where visitors write."""

    slug: str
    name: str
    kind: str  # one of VENUE_KINDS
    city: str
    address: str
    hours: dict[str, Hours]  # weekday -> hours; a missing day is closed
    exceptions: tuple[SpecialDay, ...]

    def hours_on(self, day: date) -> Hours:
        """This will return the hours of that date, a dated exception before the weekday's."""
        for special in self.exceptions:
            if special.date == day:
                return special.hours
        return self.hours.get(WEEKDAYS[day.weekday()], CLOSED)


@dataclass(frozen=True, slots=True)
class Patron:
    """Who stands for the campaign: the person who sent the first card years ago."""

    role: Texts
    first_card_year: int
    words: Texts | None


@dataclass(frozen=True, slots=True)
class Credit:
    """One who helps, and as what."""

    name: str
    role: str  # one of CREDIT_ROLES
    words: Texts | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Indicia:
    """The postage impression, exactly as the Post allowed it."""

    country: str  # in Latin letters
    words: str  # "TAXE PERÇUE" or "P.P."
    licence: str
    office: str


@dataclass(frozen=True, slots=True)
class Cachet:
    """The commemorative mark: never postage."""

    placement: str  # one of CACHET_PLACEMENTS
    ring: str  # the words around it
    anniversary: int | None  # the number in its middle


@dataclass(frozen=True, slots=True)
class Card:
    """What the address side carries beside the address."""

    message_area: str  # one of MESSAGE_AREAS
    sender: str  # one of SENDERS: sensitive destinations may leave the place, or all, away
    heading: str | None  # "ATVIRUKAS / CARTE POSTALE"
    priority_mark: str | None  # "PRIORITAIRE / PAR AVION"
    return_address: tuple[str, ...]
    weight_mg: int  # of one card: A6 at 250 g/m² is 3,900 mg
    picture: str | None = (
        None  # a file beside the edition: PNG, JPEG, SVG or PDF; without one, our own drawing
    )
    picture_words: bool = True  # name and credits on a band across that picture
    picture_sha256: str | None = None  # of the picture as it is kept, written when the campaign is created


@dataclass(frozen=True, slots=True)
class PostalPartner:
    """The Post that takes the cards."""

    name: str
    contact: str
    induction_office: str
    category: str  # A priority, B non-priority
    contract: str


@dataclass(frozen=True, slots=True)
class Dispatch:
    """When manifests are sealed, local time, and how long they may be."""

    cut_off: time
    manifest_size: int
    days: tuple[str, ...]  # weekdays
    not_on: tuple[date, ...]  # dates on which the Post takes nothing


@dataclass(frozen=True, slots=True)
class Consent:
    """One version of what a visitor agrees to. The first counts from the beginning of the campaign."""

    version: str
    in_force_from: datetime  # aware
    texts: Texts


@dataclass(frozen=True, slots=True)
class Retention:
    """Days until people's data goes; figures and bounds of the privacy notice."""

    message_after_hand_over: int
    recipient_after_hand_over: int
    email_after_arrival: int
    email_at_most: int
    everything_after_end: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """A destination that the Post does not serve between two days, both included."""

    country: str  # ISO 3166-1 alpha-2
    starts: date = field(metadata={"key": "from"})
    ends: date | None = field(metadata={"key": "to"})
    note: Texts

    def covers(self, day: date) -> bool:
        """This will return whether the destination is closed on that day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)
