"""The JSON that the postal partner sends and gets."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from postcards.services.receipts import FIRST_YEAR, LAST_YEAR, NOTE_MAX, REASON_MAX
from postcards.web.api import Answer, Shape
from postcards.web.moments import Moment

Status = Literal["sealed", "handed_over", "reconciled", "disputed"]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal digits")]


class ManifestsQuery(Shape):
    """`after` is the cursor that the page before gave as `next`."""

    status: Status | None = None
    after: Annotated[str | None, Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}$")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ManifestItem(Answer):
    number: int
    version: int
    status: Status
    sealed_at: dt.datetime
    lines: int
    files_ready: bool


class ManifestsOut(Answer):
    items: list[ManifestItem]
    next: str | None


class VersionQuery(Shape):
    """Without `version` it is the newest."""

    version: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class CountryTotal(Answer):
    country: str
    cards: int
    weight_mg: int


class FileOut(Answer):
    name: str
    media_type: str
    bytes: int
    sha256: Sha256


class RefusedCard(Answer):
    number: int
    reason: str
    note: str


class ReceiptKept(Answer):
    id: uuid.UUID
    status: Literal["accepted", "disputed"]
    accepted: int
    refused: list[RefusedCard]
    difference: int
    note: str
    received_at: dt.datetime
    recorded_at: dt.datetime


class ManifestOut(Answer):
    """`files` is empty until they are made, a few seconds after sealing. `newest` is false once corrected."""

    number: int
    version: int
    newest: bool
    status: Status
    sealed_at: dt.datetime
    lines: int
    header: dict[str, Any]
    totals: list[CountryTotal]
    content_sha256: Sha256
    previous_sha256: Sha256 | None
    files: list[FileOut]
    receipts: list[ReceiptKept]


def _words(most: int, **more: int) -> Any:
    """A text of at most `most` characters: the rules say so in people's words; a far longer one they do not see."""
    return Field(max_length=10_000, json_schema_extra={"maxLength": most, **more})


class RefusedIn(Shape):
    number: Annotated[int, Field(ge=1, le=1_000_000)]
    reason: Annotated[str, _words(REASON_MAX, minLength=1)]
    note: Annotated[str, _words(NOTE_MAX)] = ""


class ReceiptIn(Shape):
    """`difference`: cards missing (negative) or too many, when accepted and refused are not the manifest's count."""

    id: uuid.UUID
    accepted: Annotated[int, Field(ge=0, le=1_000_000)]
    refused: Annotated[list[RefusedIn], Field(max_length=10_000)]
    received_at: Annotated[Moment, Field(description=f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")]
    difference: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    note: Annotated[str, _words(NOTE_MAX)] = ""


class ReceiptOut(Answer):
    id: uuid.UUID
    manifest: int
    version: int
    status: Literal["accepted", "disputed"]
    manifest_status: Status
