"""What `up` does before it serves, and the friendly screen it shows: where each person goes, and how they get in."""

from __future__ import annotations

import datetime as dt

import click
from sqlalchemy.orm import Session

from postcards.cli.edge import now
from postcards.config import Settings
from postcards.kit import Kit
from postcards.queries import campaigns as queries
from postcards.queries.staff import anybody_but, identity_of
from postcards.rules.edition import load_edition
from postcards.rules.tracking_code import spaced
from postcards.services import campaigns, key_rotation, kiosks
from postcards.services import staff as staff_service

#: Who gets a one-time sign-in on the screen, at an address that no mail leaves to. Where cards are real, that ends with
#: the first person of the house's own: each start would open its doors to whoever sees its screen or its log.
PEOPLE = (
    ("organiser@example.org", "organiser", "Desk"),
    ("partner@example.org", "partner", "Postal partner"),
)


class Welcome:
    """Prepares the first campaign and remembers what to show."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.public_url
        self._is_a_try = settings.is_test_address
        self._slug = ""
        self._name = ""
        self._pairing = ""
        self._venue = ""
        self._links: list[tuple[str, str, str]] = []

    def prepare(self, kit: Kit, *, demo: bool) -> None:
        """This will create and open Vilnius when there is no campaign, and make a pairing code and sign-ins.

        In a house with staff of its own whose cards are real it makes no sign-in, and a kiosk only when the campaign
        has none.
        Raises `KeysDamaged`, `WrongMasterKey`, `DataKeyLost` before anything is made.
        """
        at = now()
        with kit.read() as session:
            # Told at the start, not at the first card.
            key_rotation.refuse_when_lost(session, kit.vault, at=at)
        if demo:
            from postcards.cli.lifelike import fill_once

            fill_once(kit)
            at = now()
        with kit.begin() as session:
            campaign = queries.default(session)
            if campaign is None:
                made = campaigns.create(
                    session, edition=load_edition("vilnius"), vault=kit.vault, by="up", at=at
                )
                campaigns.set_status(session, slug=made.slug, status="open", by="up", at=at)
                campaign = queries.get(session, made.id)
            self._slug, self._name = campaign.slug, campaign.name
            venue = queries.venues(session, campaign.id)[0]
            tried_out = self._is_a_try or not anybody_but(session, emails=[email for email, _, _ in PEOPLE])
            if tried_out or not kiosks.every(session, campaign_id=campaign.id):
                self._pairing = spaced(_pairing_code(session, campaign.id, venue.slug, at))
                self._venue = venue.name
            for email, role, title in PEOPLE if tried_out else ():
                staff_id = staff_service.add_staff(
                    session, email=email, roles=[(campaign.id, role)], password=None, by="up", at=at
                )
                if identity_of(session, staff_id=staff_id) is None:  # disabled, and so it stays
                    continue
                token = staff_service.make_sign_in_link(session, staff_id=staff_id, at=at)
                self._links.append((title, email, f"{self._url}/sign-in/{token}"))

    def show(self) -> None:
        """This will print the screen."""
        blank = " " * len(self._url)
        lines = [
            "",
            f"  {self._name} is running at {self._url}   (Ctrl-C stops everything)",
            "",
            "  Where each person goes",
            f"    visitors        {self._url}/                the campaign",
            f"    the wall        {self._url}/wall/{self._slug}",
        ]
        if self._pairing:
            lines += [
                f"    volunteers      {self._url}/kiosk/          pairing code  {self._pairing}",
                f"                    {blank}                 ({self._venue}; good for 15 minutes, once)",
            ]
        else:
            lines.append(f"    volunteers      {self._url}/kiosk/")
        lines += [f"    organisers      {self._url}/desk/", f"    the Post        {self._url}/partner/", ""]
        if self._links:
            lines += [
                "  One-time sign-ins, good for 30 minutes",
                *(f"    {title:15} {email:24} {link}" for title, email, link in self._links),
                "",
            ]
        else:
            lines += [
                "  For somebody new, or another one-time sign-in",
                f"    postcards staff add {self._slug} EMAIL --role organiser",
                "",
            ]
        if not self._pairing:
            lines += [
                "  For another device at a venue",
                f"    postcards kiosk add {self._slug} --venue VENUE --name NAME",
                "",
            ]
        if self._is_a_try:
            lines += ["  This address is for trying things out, so every card says TEST.", ""]
        click.echo("\n".join(lines))


def _pairing_code(session: Session, campaign_id: int, venue_slug: str, at: dt.datetime) -> str:
    """A fresh code for a kiosk of the first venue that waits to be paired, or for one more."""
    known = [
        kiosk for kiosk in kiosks.every(session, campaign_id=campaign_id) if kiosk.venue_slug == venue_slug
    ]
    for kiosk in known:
        if kiosk.status == "waiting":
            return kiosks.new_pairing(session, campaign_id=campaign_id, kiosk_id=kiosk.id, by="up", at=at)
    _, code = kiosks.add_kiosk(
        session,
        campaign_id=campaign_id,
        venue_slug=venue_slug,
        name=f"Kiosk {len(known) + 1}",
        by="up",
        at=at,
    )
    return code
