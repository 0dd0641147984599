"""How each part of an edition is read: its keys, their bounds, and what must agree with what."""

from __future__ import annotations

import re
from typing import Any

from postcards.rules import edition_parts as parts
from postcards.rules.address_data import countries
from postcards.rules.edition_reader import SLUG, Section

CODE = re.compile(r"[A-Z]{2}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
URL = re.compile(r"https?://[^\s]{1,200}")
PICTURE = re.compile(r"\.(?:png|jpe?g|svg|pdf)\Z", re.IGNORECASE)
SHA256 = re.compile(r"[0-9a-f]{64}")
SLUG_RULE = "must be lower-case letters, digits and hyphens, at most 40."

# The Lithuanian Post's electronic lists take 400 entries, the usual size; this bound only catches a typo.
MANIFEST_SIZE_MAX = 10_000
CAP_MAX = 1_000_000


def country(section: Section, key: str) -> str:
    """This will return an ISO 3166-1 code that the address data knows."""
    code = section.matching(key, CODE, 'must be two capital letters such as "LT".')
    if CODE.fullmatch(code) and code not in countries():
        section.fault(key, "choice", f'"{code}" is not the code of a country.')
    return code


def dates(section: Section) -> parts.Dates:
    found = parts.Dates(section.date("opens"), section.date("closes"), section.maybe_date("occasion"))
    if section.has("opens") and section.has("closes") and found.closes < found.opens:
        section.fault("closes", "order", f"{found.closes} is before the opening on {found.opens}.")
    return found


def hours_of_week(section: Section) -> dict[str, parts.Hours]:
    found = {day: section.hours(day) for day in parts.WEEKDAYS if section.has(day)}
    for day in parts.WEEKDAYS:
        if day not in found:
            section.absent(day)
    if not found:
        section.fault("", "missing", "needs the hours of at least one weekday, mon to sun.")
    return found


def special_day(section: Section) -> parts.SpecialDay:
    return parts.SpecialDay(section.date("date"), section.hours("hours"), section.maybe_text("note"))


def venue(section: Section) -> parts.Venue:
    return parts.Venue(
        slug=section.matching("slug", SLUG, SLUG_RULE),
        name=section.text("name", max_length=100),
        kind=section.choice("kind", parts.VENUE_KINDS),
        city=section.text("city", max_length=100),
        address=section.text("address"),
        hours=section.table("hours", hours_of_week),
        exceptions=section.tables("exceptions", special_day, required=False),
    )


def patron(section: Section) -> parts.Patron:
    return parts.Patron(
        role=section.texts("role", max_length=200),
        first_card_year=section.integer("first_card_year", 1869, 2100),  # the first postcard of all: 1869
        words=section.maybe_texts("words"),
    )


def credit(section: Section) -> parts.Credit:
    name = section.text("name", max_length=100)
    role = section.choice("role", parts.CREDIT_ROLES)
    words = section.maybe_texts("words", max_length=300)
    url = section.maybe_text("url")
    if url is not None and not URL.fullmatch(url):
        section.fault("url", "format", "must be an address that begins with https://.")
    return parts.Credit(name=name, role=role, words=words, url=url)


def indicia(section: Section) -> parts.Indicia:
    found = parts.Indicia(
        country=section.text("country", max_length=40),
        words=section.text("words", max_length=40),
        licence=section.text("licence", max_length=40),
        office=section.text("office", max_length=60),
    )
    if section.has("country") and not all(ord(letter) < 0x250 for letter in found.country):
        section.fault("country", "latin", "must be in Latin letters: sorters of every country read it.")
    return found


def cachet(section: Section) -> parts.Cachet:
    return parts.Cachet(
        placement=section.choice("placement", parts.CACHET_PLACEMENTS),
        ring=section.text("ring", max_length=60),
        anniversary=section.maybe_integer("anniversary", 1, 999),
    )


def card(section: Section) -> parts.Card:
    return parts.Card(
        message_area=section.choice("message_area", parts.MESSAGE_AREAS),
        sender=section.choice("sender", parts.SENDERS, default="name-and-place"),
        heading=section.maybe_text("heading", max_length=40),
        priority_mark=section.maybe_text("priority_mark", max_length=40),
        return_address=section.strings("return_address", at_most=5),
        weight_mg=section.integer("weight_mg", 1_000, 20_000, default=3_900),
        picture=picture_file(section),
        picture_words=section.boolean("picture_words", default=True),
        picture_sha256=kept_picture(section),
    )


def picture_file(section: Section) -> str | None:
    """The picture's name below the edition's own folder: nothing that leads out of it, on any system."""
    name = section.maybe_text("picture", max_length=200)
    if name is None:
        return None
    parts_of_name = name.split("/")
    if (
        "\\" in name
        or ":" in name
        or any(part in ("", ".", "..") or part.startswith("~") for part in parts_of_name)
    ):
        section.fault("picture", "place", "must be a file in the edition's own folder, such as winter.jpg.")
    elif not PICTURE.search(name):
        section.fault("picture", "kind", "must be a PNG, JPEG, SVG or PDF file.")
    return name


def kept_picture(section: Section) -> str | None:
    section.absent("picture_sha256")
    if not section.has("picture_sha256"):
        return None
    if not section.has("picture"):
        section.fault(
            "picture_sha256", "alone", "is written by us when a campaign is created: leave it away."
        )
    return section.matching("picture_sha256", SHA256, "is not a SHA-256 in lower-case hexadecimal digits.")


def postal_partner(section: Section) -> parts.PostalPartner:
    return parts.PostalPartner(
        name=section.text("name", max_length=100),
        contact=section.text("contact"),
        induction_office=section.text("induction_office"),
        category=section.choice("category", parts.CATEGORIES),
        contract=section.text("contract"),
    )


def dispatch(section: Section) -> parts.Dispatch:
    found = parts.Dispatch(
        cut_off=section.clock("cut_off"),
        manifest_size=section.integer("manifest_size", 1, MANIFEST_SIZE_MAX, default=400),
        days=section.strings("days", at_most=7, choices=parts.WEEKDAYS, default=parts.WEEKDAYS[:5]),
        not_on=section.dates("not_on"),
    )
    if not found.days and section.has("days"):
        section.fault("days", "missing", "needs at least one weekday, or no card ever leaves.")
    return found


def consent(section: Section, zone: Any) -> parts.Consent:
    return parts.Consent(
        version=section.matching("version", VERSION, 'must be a short name such as "2026-1".'),
        in_force_from=section.moment("in_force_from", zone),
        texts=section.texts("texts", max_length=4_000),
    )


def retention(section: Section) -> parts.Retention:
    """The defaults are the figures of the privacy notice; more than 180 days is promised to nobody."""
    return parts.Retention(
        message_after_hand_over=section.integer("message_after_hand_over", 0, 180, default=0),
        recipient_after_hand_over=section.integer("recipient_after_hand_over", 0, 180, default=90),
        email_after_arrival=section.integer("email_after_arrival", 0, 180, default=7),
        email_at_most=section.integer("email_at_most", 1, 180, default=180),
        everything_after_end=section.integer("everything_after_end", 1, 180, default=180),
    )


def suspension(section: Section) -> parts.Suspension:
    found = parts.Suspension(
        country=country(section, "country"),
        starts=section.date("from"),
        ends=section.maybe_date("to"),
        note=section.texts("note", max_length=300),
    )
    if section.has("from") and found.ends is not None and found.ends < found.starts:
        section.fault("to", "order", f"{found.ends} is before the first day, {found.starts}.")
    return found
