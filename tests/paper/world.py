"""The table of addresses from all over the world, and faces made of it by the very rules that entry uses."""

from __future__ import annotations

from pathlib import Path

from postcards.rules.address import Address, check_address, printed_lines
from postcards.rules.country_line import country_line

TABLE = Path(__file__).with_name("world_addresses.txt")


def addresses() -> dict[str, tuple[str, Address]]:
    """Country → name and address, in the order of the table."""
    found = {}
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        country, name, lines, town, code, *region = (part.strip() or None for part in row.split("|"))
        assert country is not None
        assert name is not None
        assert lines is not None
        address = Address(country, tuple(line.strip() for line in lines.split(";")), code, town, *region)
        found[country] = (name, address)
    return found


def as_printed(name: str, address: Address, *, origin: str = "AQ") -> tuple[str, ...]:
    """The lines of a card sent from Lithuania, with the country in two languages."""
    line = country_line(address.country, origin=origin, style="origin-english", language="lt")
    return printed_lines(name, address, country_line=line)


def faults(address: Address) -> list[str]:
    """What the rules for addresses have against it."""
    checked = check_address(address, origin="AQ", abroad_only=False, suspended=())
    return [f"{fault.field}: {fault.message}" for fault in checked.faults]
