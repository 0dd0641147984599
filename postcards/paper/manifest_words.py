"""The words of a manifest's header, in the campaign's language, for its spreadsheet and its PDF."""

from __future__ import annotations

import datetime as dt
from typing import Any

from postcards.texts import Catalogue, catalogue


def facts(header: dict[str, Any]) -> list[tuple[str, str]]:
    """This will return the header as pairs of a name and its value, in the order in which a clerk looks."""
    texts = catalogue(header["language"])
    _ = texts.gettext
    address = header["mailer"]["address"]
    category = {"A": _("A, priority"), "B": _("B, non-priority")}[header["category"]]
    return [
        (_("Mailer"), header["mailer"]["name"]),
        (_("Mailer's address"), ", ".join(line for line in address if line != header["mailer"]["name"])),
        (_("Post"), header["post"]["name"]),
        (_("Office of posting"), header["post"]["induction_office"]),
        (_("Contract"), header["contract"]),
        (_("Licence"), header["licence"]),
        (_("Campaign"), header["campaign"]["name"]),
        (_("Kind of items"), _("Postcards")),
        (_("Category"), category),
        (_("Deposit date"), texts.date(dt.date.fromisoformat(header["deposit_date"]))),
        (_("Cut-off"), _clock(header["cut_off"])),
        (_("Sealed"), _clock(header["sealed_at"])),
        (_("Number of items"), texts.number(header["count"])),
        (_("Weight of one"), weight(texts, header["unit_weight_mg"])),
        (_("Total weight"), weight(texts, header["total_weight_mg"])),
        (_("Bundles"), texts.number(len(header["bundles"]))),
    ]


def number(header: dict[str, Any]) -> str:
    """This will return the manifest's number, with its version once it was corrected."""
    _ = catalogue(header["language"]).gettext
    if header["version"] == 1:
        return _("No. %(number)s", number=header["number"])
    return _("No. %(number)s, version %(version)s", number=header["number"], version=header["version"])


def weight(texts: Catalogue, milligrams: int) -> str:
    """This will write a weight in grams, from a kilogram up in kilograms."""
    if milligrams >= 1_000_000:
        said = texts.gettext("%(n)s kg", n=texts.number(milligrams / 1_000_000))
    else:
        said = texts.gettext("%(n)s g", n=texts.number(milligrams / 1_000))
    return said.replace(" ", "\N{NO-BREAK SPACE}")


def _clock(moment: str) -> str:
    """The local clock as the header wrote it: no zone data is needed, so it reads the same for ever."""
    at = dt.datetime.fromisoformat(moment)
    return f"{at:%Y-%m-%d %H:%M}"
