"""Reads the answer form of a postal clerk: counts, a time, and one refused card a line."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from postcards.errors import Fault, Invalid
from postcards.rules.text import faults_in
from postcards.services.receipts import Answer, Refusal
from postcards.web.moments import EARLIEST, LATEST
from postcards.web.pages import gettext as _

#: The longest line that is taken apart: a number, some blanks, and the longest reason twice.
LINE_MAX = 200
#: Lines beyond those of the list that are still told one by one what they are.
TOO_MANY = 100
#: "42 illegible", also "No. 00042: illegible" or "42 - illegible". No two parts of it take the same blanks.
_CARD = re.compile(r"(?:No\.?|Nr\.?|№)?\s*([0-9]{1,7})[\s,;:.–-]*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was filled in, to show it again. `id` makes sending it twice count once."""

    id: str
    accepted: str = ""
    received_at: str = ""
    refused: str = ""
    note: str = ""
    counted_twice: bool = False


def empty(*, at: dt.datetime, zone: ZoneInfo) -> Typed:
    """This will give a fresh form, with the present time on the campaign's clock."""
    return Typed(id=str(uuid.uuid4()), received_at=f"{at.astimezone(zone):%Y-%m-%dT%H:%M}")


def typed(form: Mapping[str, str]) -> Typed:
    """This will take the fields as they came."""
    return Typed(
        id=form.get("id", ""),
        accepted=form.get("accepted", "").strip(),
        received_at=form.get("received_at", "").strip(),
        refused=form.get("refused", ""),
        note=form.get("note", ""),
        counted_twice="counted_twice" in form,
    )


def read(said: Typed, *, lines: int, zone: ZoneInfo) -> Answer:
    """This will read the answer to a manifest of `lines` cards. Raises `Invalid` with every fault.

    Counts that do not come out even are a fault of `counted_twice` until the clerk confirms them.
    """
    faults: list[Fault] = []
    try:
        receipt_id = uuid.UUID(said.id)
    except ValueError:
        receipt_id = uuid.uuid4()
    accepted = 0
    if re.fullmatch(r"[0-9]{1,6}", said.accepted):
        accepted = int(said.accepted)
    else:
        faults.append(Fault("accepted", "format", _("Write how many cards were accepted, in digits.")))
    received_at = dt.datetime.now(zone)
    try:
        received_at = _moment(said.received_at, zone)
    except ValueError:
        faults.append(Fault("received_at", "format", _("Choose the day and the time.")))
    refused: list[Refusal] = []
    cards = [line for typed_line in said.refused.splitlines() if (line := typed_line.strip())]
    if len(cards) > lines + TOO_MANY:
        faults.append(Fault("refused", "counts_differ", _uneven(accepted, len(cards), lines)))
    else:
        for line in cards:
            card = _card(line)
            if isinstance(card, Refusal):
                refused.append(card)
            else:
                faults += card
    counted = accepted + len(refused)
    if not faults and counted != lines and not said.counted_twice:
        faults.append(Fault("counted_twice", "counts_differ", _uneven(accepted, len(refused), lines)))
    if faults:
        raise Invalid(faults=faults)
    return Answer(
        id=receipt_id,
        accepted=accepted,
        refused=tuple(refused),
        received_at=received_at,
        difference=counted - lines,
        note=said.note,
    )


def _card(line: str) -> Refusal | list[Fault]:
    if len(line) > LINE_MAX:
        return faults_in(line, field="refused", max_length=LINE_MAX)
    found = _CARD.fullmatch(line)
    if found is None or not found[2]:
        words = _("“%(line)s” is no card: write its number, then the reason.", line=line[:60])
        return [Fault("refused", "format", words)]
    return Refusal(int(found[1]), found[2])


def _moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """What the clerk's clock shows; ValueError for what is no moment, or at an end of the calendar."""
    moment = dt.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(text)
    return moment


def _uneven(accepted: int, refused: int, lines: int) -> str:
    return _(
        "%(accepted)s accepted and %(refused)s refused make %(counted)s, but the list has %(lines)s.",
        accepted=accepted,
        refused=refused,
        counted=accepted + refused,
        lines=lines,
    )
