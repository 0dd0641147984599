"""A printing press for the tests: the real one, with or without an address that the public can reach."""

from __future__ import annotations

from dataclasses import replace

from postcards.press import press_of
from postcards.services.printing import Press
from tests.plugins.cast import House


def press(house: House) -> Press:
    """This will give the press of this house; its address is a loopback one, so every card says TEST."""
    kit = house.kit
    return press_of(kit.settings, files=kit.files, sealed_files=kit.sealed_files, vault=kit.vault)


def public_press(house: House) -> Press:
    """This will give a press of the same house whose cards are real ones."""
    return replace(press(house), public_url="https://example.org", test=False)
