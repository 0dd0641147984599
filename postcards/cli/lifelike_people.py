"""Makes up people for demonstrations: who writes, and to whom, in the way each country writes an address.

Nobody of them exists; the same seed makes the same people.
"""

from __future__ import annotations

import random
import tomllib
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from postcards.rules.edition import Edition

#: Where mail to made-up people goes: names that belong to nobody (RFC 2606).
MAIL_DOMAINS = ("example.org", "example.com", "example.net")
#: In a hundred: recipients of the sender's own community, senders with an e-mail, of those who want to hear.
KIN, WITH_EMAIL, WANT_NOTICE = 45, 50, 85
#: In a hundred: addresses in the country's own letters, where we know some.
NATIVE = 55
#: What Latin letters stand for in an e-mail address; others lose their marks.
_LATIN = str.maketrans("łŁøØđßțș", "lLoOdsts")

Place = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Name:
    """A given name and a family name, and the family's other forms for its relatives."""

    given: str
    family: str
    is_woman: bool
    family_forms: tuple[str, ...]


@cache
def places() -> dict[str, Place]:
    """This will return the countries that cards go to, by code, as their file has them."""
    return _read("lifelike_places.toml")


@cache
def communities() -> dict[str, Place]:
    """This will return those who write, by community."""
    return _read("lifelike_senders.toml")


def person(rng: random.Random, edition: Edition, *, country: str | None = None) -> dict[str, Any]:
    """Make up a sender and a recipient abroad (in `country` when it is given).

    This will return the parts of a card's JSON that people say: sender, recipient, message, language,
    consent and volunteer.
    """
    here = {name: one for name, one in communities().items() if edition.origin_country in one["near"]}
    weights = [one["near"][edition.origin_country] for one in here.values()] or None
    community = rng.choices(list(here.values()) or list(communities().values()), weights)[0]
    sender = _name_at_home(rng, community)
    country = country or _destination(rng, edition)
    place = places()[country]
    email = _email(rng, sender) if rng.randrange(100) < WITH_EMAIL else None
    typed = edition.card.message_area == "typed" and rng.randrange(100) < 50
    languages = [one for one in community["languages"] if one in edition.languages]
    return {
        "sender": {"name": f"{sender.given} {sender.family}", "email": email},
        "recipient": _recipient(rng, country, place, sender, community),
        "message": rng.choice(community["messages"]) if typed else None,
        "language": languages[0] if languages else edition.default_language,
        "consent": {
            "version": edition.consent[-1].version,
            "arrival_notice": email is not None and rng.randrange(100) < WANT_NOTICE,
        },
        "volunteer": rng.choice(community["volunteers"]),
    }


def card(
    rng: random.Random,
    edition: Edition,
    *,
    at: datetime,
    country: str | None = None,
    number: int | None = None,
    printed_at: datetime | None = None,
) -> dict[str, Any]:
    """This will return the whole JSON of a card that a kiosk registers at `at`, with an id of its own."""
    return {
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "number": number,
        "registered_at": at.isoformat(timespec="seconds"),
        "printed_at": printed_at.isoformat(timespec="seconds") if printed_at else None,
    } | person(rng, edition, country=country)


def _destination(rng: random.Random, edition: Edition) -> str:
    codes = [code for code in places() if code != edition.origin_country]
    return rng.choices(codes, [places()[code]["weight"] for code in codes])[0]


def _name_at_home(rng: random.Random, community: Place) -> Name:
    is_woman = rng.random() < 0.6
    given = rng.choice(community["women" if is_woman else "men"].split(", "))
    forms = tuple(rng.choice(community["families"]).split(", "))
    return Name(given, rng.choice(forms[1:] or forms) if is_woman else forms[0], is_woman, forms)


def _recipient(
    rng: random.Random, country: str, place: Place, sender: Name, community: Place
) -> dict[str, Any]:
    kin = rng.randrange(100) < KIN and _is_latin(sender.family)
    native = "native_streets" in place and not kin and rng.randrange(100) < NATIVE
    prefix = "native_" if native else ""
    code, town, region = rng.choice(place["towns"]).split("|")
    return {
        "name": _kin(rng, sender, community) if kin else _name_abroad(rng, place, prefix),
        "country": country,
        "lines": [line.strip() for line in _street(rng, rng.choice(place[f"{prefix}streets"])).split(";")],
        "postal_code": code or None,
        "city": town or None,
        "region": region or None,
    }


def _kin(rng: random.Random, sender: Name, community: Place) -> str:
    """Somebody of the family who went away."""
    is_woman = rng.random() < 0.55
    given = rng.choice(community["women" if is_woman else "men"].split(", "))
    forms = sender.family_forms
    return f"{given} {rng.choice(forms[1:] or forms) if is_woman else forms[0]}"


def _name_abroad(rng: random.Random, place: Place, prefix: str) -> str:
    given, family = place[prefix + rng.choice(("women", "men"))]
    names = [rng.choice(given.split(", ")), rng.choice(family.split(", "))]
    return " ".join(reversed(names) if place.get("family_first") else names)


def _street(rng: random.Random, pattern: str) -> str:
    """Each sign of the pattern is drawn on its own: "{s}-{s}" has two small numbers."""
    while "{" in pattern:
        pattern = pattern.replace("{n}", str(rng.randint(1, 148)), 1)
        pattern = pattern.replace("{s}", str(rng.randint(1, 9)), 1)
        pattern = pattern.replace("{l}", rng.choice("ABC"), 1)
    return pattern


def _email(rng: random.Random, name: Name) -> str:
    """An address of ASCII letters at a domain that nobody owns."""
    parts = [_ascii(name.given), _ascii(name.family)]
    words = ".".join(part for part in parts if part) or f"visitor{rng.randint(100, 999)}"
    return f"{words}{rng.randint(1, 99)}@{rng.choice(MAIL_DOMAINS)}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LATIN).lower())
    return "".join(sign for sign in plain if "a" <= sign <= "z")


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(sign, "").startswith("LATIN") for sign in text if sign.isalpha())


def _read(name: str) -> dict[str, Place]:
    return tomllib.loads(resources.files("postcards.cli").joinpath(name).read_text(encoding="utf-8"))
