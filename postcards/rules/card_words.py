"""What people say for one card, checked whole: every faulty field at once, each with its remedy."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from postcards.errors import Fault, says
from postcards.rules.address import Address, block, check_address, printed_lines
from postcards.rules.country_line import country_line
from postcards.rules.edition import Edition
from postcards.rules.text import NAME_MAX, clean, faults_in

#: The longest e-mail address that SMTP carries (RFC 5321, 4.5.3.1.3, less the angle brackets).
EMAIL_MAX = 254
#: What fits the message area at all; whether a text fits is measured where the fonts are.
MESSAGE_MAX = 600

#: One @ with something on both sides, no spaces or brackets: the rest only the mail server knows.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\".]{2,}")


@dataclass(frozen=True, slots=True)
class CardWords:
    """The words of one card as typed; `clean` ones come back from `check_words`."""

    sender_name: str
    sender_email: str | None
    recipient_name: str
    address: Address
    message: str | None
    language: str
    consent_version: str
    arrival_notice: bool
    volunteer: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The cleaned words, what is wrong with them, what is only odd, and the lines to print (name to country)."""

    words: CardWords
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    lines: tuple[str, ...]


def check_words(words: CardWords, *, edition: Edition, at: dt.datetime) -> Checked:
    """This will clean the words and find every fault in them by the campaign's rules at the moment `at`."""
    faults: list[Fault] = []
    checked = check_address(
        words.address,
        origin=edition.origin_country,
        abroad_only=edition.abroad_only,
        suspended=edition.suspensions(edition.day(at)) if edition.suspended else (),
        language=edition.language(words.language),
    )
    words = CardWords(
        sender_name=clean(words.sender_name),
        sender_email=clean(words.sender_email) if words.sender_email else None,
        recipient_name=clean(words.recipient_name),
        address=checked.address,
        message=(clean(words.message) or None) if words.message else None,
        language=words.language,
        consent_version=words.consent_version,
        arrival_notice=words.arrival_notice,
        volunteer=(clean(words.volunteer) or None) if words.volunteer else None,
    )
    faults += _sender_faults(words, required=True)
    faults += faults_in(words.recipient_name, field="recipient.name", max_length=NAME_MAX)
    faults += checked.faults
    if words.message is not None:
        # Campaigns where people write by hand do not ask for a message; one that comes all the same is printed.
        faults += faults_in(words.message, field="message", max_length=MESSAGE_MAX)
    faults += _other_faults(words, edition=edition, at=at)
    country = checked.address.country
    return Checked(
        words=words,
        faults=tuple(faults),
        warnings=tuple([warning.code for warning in checked.warnings]),
        lines=block(
            words.recipient_name, country, checked.rows, country_line=_last_line(country, edition=edition)
        ),
    )


def check_words_by_hand(words: CardWords, *, edition: Edition, at: dt.datetime) -> Checked:
    """This will check what is told of a card whose sender wrote it by hand: the country, and the sender if named."""
    checked = check_address(
        Address(words.address.country, ()),
        origin=edition.origin_country,
        abroad_only=edition.abroad_only,
        suspended=edition.suspensions(edition.day(at)),
        language=edition.language(words.language),
    )
    words = replace(
        words,
        sender_name=clean(words.sender_name),
        sender_email=clean(words.sender_email) if words.sender_email else None,
        address=Address(checked.address.country, ()),
        volunteer=(clean(words.volunteer) or None) if words.volunteer else None,
    )
    faults = _sender_faults(words, required=words.sender_email is not None)
    faults += [fault for fault in checked.faults if fault.field == "recipient.country"]
    faults += _other_faults(words, edition=edition, at=at)
    return Checked(words=words, faults=tuple(faults), warnings=(), lines=())


def _sender_faults(words: CardWords, *, required: bool) -> list[Fault]:
    faults = faults_in(words.sender_name, field="sender.name", max_length=NAME_MAX, required=required)
    if words.sender_email is not None:
        faults += email_faults(words.sender_email, field="sender.email")
    elif words.arrival_notice:
        faults.append(
            Fault(
                "sender.email",
                "missing",
                "is needed to tell the sender of the arrival. Type it, or untick that.",
            )
        )
    return faults


def _other_faults(words: CardWords, *, edition: Edition, at: dt.datetime) -> list[Fault]:
    faults: list[Fault] = []
    if words.volunteer is not None:
        faults += faults_in(words.volunteer, field="volunteer", max_length=NAME_MAX)
    if words.language not in edition.languages:
        known = ", ".join(edition.languages)
        faults.append(
            Fault(
                "language", "language", says("is not a language of this campaign (%(known)s).", known=known)
            )
        )
    if not edition.consent_in_force(words.consent_version, at):
        faults.append(
            Fault(
                "consent.version",
                "consent_version",
                "is not a consent text this campaign ever had. Load the page again.",
            )
        )
    return faults


def address_lines(name: str, address: Address, *, edition: Edition) -> tuple[str, ...]:
    """This will give the lines to print, from the recipient's name to the country."""
    last = _last_line(address.country, edition=edition)
    return printed_lines(name, address, country_line=last)


def _last_line(country: str, *, edition: Edition) -> str:
    return country_line(
        country,
        origin=edition.origin_country,
        style=edition.country_line,
        language=edition.default_language,
    )


def placed(faults: Iterable[Fault], checked: Checked) -> list[Fault]:
    """This will give faults about printed lines the names of the fields that those lines came from."""
    return [
        replace(fault, field=_field_of_line(fault.field, checked))
        if fault.field.startswith("address_lines")
        else fault
        for fault in faults
    ]


def _field_of_line(field: str, checked: Checked) -> str:
    index = field.removeprefix("address_lines").strip(".")
    if not index:
        return "recipient.lines"
    line, address = checked.lines[int(index)].casefold(), checked.words.address
    if int(index) == 0:
        return "recipient.name"
    for position, street in enumerate(address.lines):
        if street and street.casefold() in line:
            return f"recipient.lines.{position}"
    for name in ("city", "region", "postal_code"):
        part = getattr(address, name)
        if part and part.casefold() in line:
            return f"recipient.{name}"
    return "recipient.country" if int(index) == len(checked.lines) - 1 else "recipient.lines"


def email_faults(email: str, *, field: str) -> list[Fault]:
    """This will say what is wrong with an e-mail address, as far as it can be seen."""
    faults = faults_in(email, field=field, max_length=EMAIL_MAX)
    if not faults and not _EMAIL.fullmatch(email):
        faults.append(Fault(field, "email", "does not look like an e-mail address, such as ona@example.org."))
    return faults
