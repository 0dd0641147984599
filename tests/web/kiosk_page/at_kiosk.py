"""What visitors and volunteers do at the kiosk's page, for every test that stands there."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from postcards.services import kiosks
from tests.plugins.cast import House, Town

SHOTS = os.environ.get("SHOTS")
TAKE_A_STAMP = re.compile("take a stamp")


def shot(page: Page, name: str) -> None:
    """Pictures at each size, for who asks (SHOTS=folder)."""
    if SHOTS:
        for wide, high in ((1440, 900), (390, 844), (1024, 768)):
            page.set_viewport_size({"width": wide, "height": high})
            page.screenshot(path=f"{SHOTS}/{name}-{wide}.png")


def pairing_code(house: House, town: Town, name: str = "Window") -> str:
    """This will add a kiosk, and give the code that pairs a device with it."""
    with house.begin() as session:
        _, code = kiosks.add_kiosk(
            session,
            campaign_id=town.id,
            venue_slug=town.edition.venues[0].slug,
            name=name,
            by="test",
            at=dt.datetime.now(dt.UTC),
        )
        return code


def kiosk_named(session: Session, town: Town, name: str) -> uuid.UUID:
    """This will give the id of the town's one kiosk of that name."""
    (found,) = [one.id for one in kiosks.every(session, campaign_id=town.id) if one.name == name]
    return found


def pair(page: Page, code: str) -> None:
    page.get_by_label("Pairing code").fill(code)
    page.get_by_label("Name of this device").fill("Tablet")
    page.get_by_label("Your first name").fill("Rūta")
    page.keyboard.press("Enter")


def begin(page: Page) -> None:
    page.get_by_label("I have read this, and I agree.").check()
    page.get_by_role("button", name="Begin my card").click()


def write(page: Page, name: str = "Jonas Petraitis") -> None:
    page.get_by_label("Your name").fill("Ona Petraitienė")
    page.get_by_label("Name", exact=True).fill(name)
    country = page.get_by_role("combobox", name="Country")
    country.fill("germ")
    country.press("Enter")
    page.get_by_label("Street and number").fill("Hauptstraße 5")
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town").fill("Berlin")


def read_back(page: Page) -> None:
    page.get_by_role("button", name="Read it back").click()


def take_a_stamp(page: Page) -> None:
    page.get_by_role("button", name=TAKE_A_STAMP).click()


def register(page: Page) -> None:
    """This will bring a card from the first screen to its number."""
    begin(page)
    write(page)
    read_back(page)
    take_a_stamp(page)
