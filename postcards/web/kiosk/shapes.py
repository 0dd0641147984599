"""The JSON that kiosks send and get: structure only; what the words may be is the rules' concern."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from pydantic import Field, RootModel

from postcards.models.booklet import LARGEST
from postcards.web.api import Answer, Shape
from postcards.web.moments import Moment

#: Longer texts than any rule allows are not even looked at.
Words = Annotated[str, Field(max_length=20_000)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
#: The largest number a stamp can have (the largest cap).
Number = Annotated[int, Field(ge=1, le=1_000_000)]


#: What names something is kept as it came, also of a card that is on paper already; the database takes no NUL.
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


class PairingIn(Shape):
    pairing_code: Annotated[str, Field(max_length=100)]
    device_name: Annotated[str, Field(max_length=100)]


class PairingOut(Answer):
    token: str
    kiosk: uuid.UUID
    campaign: str


class SenderIn(Shape):
    name: Words
    email: Words | None = None


class RecipientIn(Shape):
    name: Words
    country: Country
    lines: Annotated[list[Words], Field(max_length=20)]
    postal_code: Words | None = None
    city: Words | None = None
    region: Words | None = None


class ConsentIn(Shape):
    version: Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)]
    arrival_notice: bool = False


class CardIn(Shape):
    id: uuid.UUID
    address_on_paper: Literal[False] = False
    number: Number | None = None
    registered_at: Moment
    printed_at: Moment | None = None
    sender: SenderIn
    recipient: RecipientIn
    message: Words | None = None
    language: Annotated[str, Field(max_length=20, pattern=NO_CONTROLS)]
    consent: ConsentIn
    volunteer: Words | None = None


class CountryIn(Shape):
    """Where a card goes that was written by hand; the rest stands on the paper, and is not kept here."""

    country: Country
    name: None = None
    lines: None = None
    postal_code: None = None
    city: None = None
    region: None = None


class StockCardIn(Shape):
    """A stock card that its sender wrote by hand: `number` is that of its stamp, `printed_at` when it was handed in."""

    id: uuid.UUID
    address_on_paper: Literal[True]
    number: Number
    registered_at: Moment
    printed_at: Moment
    sender: SenderIn | None = None
    recipient: CountryIn
    message: None = None
    language: Annotated[str, Field(max_length=20, pattern=NO_CONTROLS)]
    consent: ConsentIn
    volunteer: Words | None = None


class AnyCardIn(RootModel[CardIn | StockCardIn]):
    """A card that we print, or a stock card (`address_on_paper`: true)."""


class CardOut(Answer):
    id: uuid.UUID
    number: int
    tracking_code: str
    slip_code: str
    tracking_url: str
    status: str
    held: list[str]
    warnings: list[str]
    postcard: str


class ReadBackOut(Answer):
    lines: Annotated[list[str], Field(description="as printed, wrapped; name first, country last")]
    sender: str
    message: str | None
    warnings: list[str]


class BatchIn(Shape):
    cards: Annotated[list[object], Field(min_length=1, max_length=200)]


class BatchOut(Answer):
    results: list[dict[str, object]]


class PrintIn(Shape):
    id: uuid.UUID
    printed_at: Moment
    reason: Annotated[str, Field(max_length=200)] | None = None


class PrintOut(Answer):
    id: uuid.UUID
    number: int
    status: str
    printed_at: dt.datetime | None


class ChangeIn(Shape):
    sender: SenderIn | None = None
    recipient: RecipientIn | None = None
    message: Words | None = None


class VoidIn(Shape):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    paper: Literal["none", "destroyed", "missing"]


class VoidOut(Answer):
    id: uuid.UUID
    number: int
    status: str


class BookletIn(Shape):
    id: uuid.UUID
    stamps: Annotated[int, Field(ge=1, le=LARGEST)]


class StampOut(Answer):
    number: int
    tracking_code: str
    slip_code: str
    qr_svg: str


class BookletOut(Answer):
    id: uuid.UUID
    stamps: list[StampOut]


class ReturnIn(Shape):
    stamps: Annotated[list[Number], Field(min_length=1, max_length=LARGEST)]


class ReturnOut(Answer):
    id: uuid.UUID
    returned: list[int]


class ConsentOut(Answer):
    version: str
    texts: dict[str, str]


class SuspensionOut(Answer):
    country: str
    from_: Annotated[dt.date, Field(serialization_alias="from")]
    to: dt.date | None
    note: str


class CampaignOut(Answer):
    slug: str
    name: str
    cap: int
    remaining: int
    status: str
    languages: list[str]
    abroad_only: bool
    origin_country: str
    message_area: str
    texts: Annotated[dict[str, dict[str, str]], Field(description="title, invitation, ... by language")]
    consent: ConsentOut
    suspended: list[SuspensionOut]


class VenueOut(Answer):
    slug: str
    name: str


class KioskOut(Answer):
    kiosk: uuid.UUID
    name: str
    status: str
    venue: VenueOut
    campaign: CampaignOut
    booklets: list[BookletOut]
    stock: Annotated[list[BookletOut], Field(description="stock cards in hand, for `address_on_paper` alone")]


class FieldOut(Answer):
    name: str
    label: str
    required: bool
    pattern: str | None
    example: str | None
    max_length: int


class AddressFormQuery(Shape):
    language: Annotated[str, Field(max_length=20)] | None = None


class AddressFormOut(Answer):
    country: str
    fields: list[FieldOut]
    suspended: SuspensionOut | None


class SheetQuery(Shape):
    sheet: Literal["a6"] = "a6"
