"""The address form of a country: which fields, in which order, called what, and what a browser can check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from postcards.errors import NotFound, says
from postcards.rules.address_data import Layout, countries, layout
from postcards.rules.address_labels import label
from postcards.rules.postcodes import prefix_pattern

_NAMES = {"A": "lines", "C": "city", "S": "region", "Z": "postal_code"}
_SIZES = {"A": 100, "C": 100, "S": 100, "Z": 20}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `pattern` is a JavaScript regular expression for the whole value, or None."""

    name: str
    label: str
    required: bool
    pattern: str | None
    example: str | None
    max_length: int


@dataclass(frozen=True, slots=True)
class AddressForm:
    """The fields of one country in the order its people write them; `lines` is a list of street lines."""

    country: str
    fields: tuple[FormField, ...]


@lru_cache(maxsize=2_048)
def address_form(country: str, *, language: str) -> AddressForm:
    """The form for a country, labelled in lt, en, pl, ru, uk or ro (English for any other).

    A region is never required, for it only warns. This will return an AddressForm, or raise NotFound for a
    code that is no country's.
    """
    if country not in countries():
        raise NotFound(says('There is no country "%(country)s".', country=country[:8]))
    rules = layout(country)
    order = [piece.field for line in rules.lines for piece in line if piece.field in rules.shown]
    # A town can always be typed: the data knows layouts without one (Japan) where people still write it.
    if "C" not in order:
        order.insert(order.index("A") + 1, "C")
    return AddressForm(
        country, tuple(_field(field, rules, language) for field in order if _asked(field, rules))
    )


def _asked(field: str, rules: Layout) -> bool:
    return field != "Z" or rules.postcode is not None


def _field(field: str, rules: Layout, language: str) -> FormField:
    kind = {"A": "lines", "C": rules.city_kind, "S": rules.region_kind, "Z": rules.postcode_kind}[field]
    pattern = example = None
    if field == "Z" and rules.postcode is not None:
        prefix = prefix_pattern(rules)
        body = typed_pattern(rules.postcode.pattern)
        pattern = f"(?:{prefix})?(?:{body})" if prefix else f"(?:{body})"
        example = rules.examples[0] if rules.examples else None
    return FormField(
        name=_NAMES[field],
        label=label(kind, language),
        required=field in rules.required and field != "S",
        pattern=pattern,
        example=example,
        max_length=_SIZES[field],
    )


def typed_pattern(pattern: str) -> str:
    """A postcode's pattern as a person may type it: either case, separators there or not.

    This will return a regular expression that both Python and a browser's `pattern` (flag v) read.
    """
    out = ""
    inside = False
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "\\":
            out += sign + pattern[at]
            at += 1
        elif sign == "[":
            inside = True
            start = len(out)
            out += sign
        elif sign == "]":
            inside = False
            out += "".join(re.findall("[A-Z]-[A-Z]|[A-Z]", out[start:])).lower() + sign
        elif inside or pattern[at - 3 : at] == "(?:" or sign in "(){}?|*+^$:,":
            out += sign
        elif sign.isupper():
            out += f"[{sign}{sign.lower()}]"
        elif sign in " -":
            out += r"[ \-]?"
            at += pattern[at : at + 1] == "?"
        else:
            out += sign
    return out
