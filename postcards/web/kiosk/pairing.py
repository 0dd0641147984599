"""How a device becomes a kiosk, and what a kiosk may know of its campaign."""

from __future__ import annotations

import datetime as dt

from postcards.errors import Fault, Invalid
from postcards.queries import campaigns
from postcards.queries.stamps import drawer
from postcards.rules.address import address_form
from postcards.rules.edition import Edition
from postcards.rules.edition_parts import Suspension
from postcards.rules.text import NAME_MAX, clean, faults_in
from postcards.services import booklets, kiosks
from postcards.web.addresses import caller_mark
from postcards.web.api import endpoint
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import KIOSK, PUBLIC, caller
from postcards.web.kiosk import shapes
from postcards.web.kiosk.blueprint import api
from postcards.web.kiosk.booklets import booklet_out
from postcards.web.rate_limits import WRONG_PAIRING, knocks

#: The campaign's own words that a visitor reads at a kiosk.
KIOSK_TEXTS = ("title", "invitation", "kiosk_notice", "thanks", "full", "closed")


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/pairing",
    door=PUBLIC,
    summary="Make this device a kiosk, by the code an organiser was given",
    body=shapes.PairingIn,
    answers={201: shapes.PairingOut},
    refusals=(404, 429),
)
def pair_kiosk(body: shapes.PairingIn) -> tuple[int, shapes.PairingOut]:
    """A code works once, for 15 minutes."""
    device_name = clean(body.device_name)
    faults = faults_in(device_name, field="device_name", max_length=NAME_MAX)
    if not body.pairing_code.strip():
        faults.append(Fault("pairing_code", "blank", "is blank. Type the code that the organiser sees."))
    if faults:
        raise Invalid(faults=faults)
    caller_is = caller_mark().hex()
    knocks().look(WRONG_PAIRING, "pairing", caller_is)
    try:
        with kit().begin() as session:
            kiosk, token = kiosks.pair(
                session, pairing_code=body.pairing_code, device_name=device_name, at=now()
            )
            campaign = campaigns.get(session, kiosk.campaign_id)
    except kiosks.PairingRefused:
        knocks().take(WRONG_PAIRING, "pairing", caller_is)  # good codes are not counted
        raise
    return 201, shapes.PairingOut(token=token, kiosk=kiosk.id, campaign=campaign.slug)


@endpoint(
    api,
    "GET",
    "/api/v1/kiosk",
    door=KIOSK,
    summary="This kiosk, its campaign and the stamps it holds",
    answers={200: shapes.KioskOut},
)
def show_kiosk() -> tuple[int, shapes.KioskOut]:
    """`remaining` counts free stamps."""
    kiosk = caller().device
    with kit().read() as session:
        edition = campaigns.edition(session, kiosk.campaign_id)
        free = drawer(session, kiosk.campaign_id).free
        held = booklets.open_booklets(session, kiosk=kiosk)
        stock = booklets.open_booklets(session, kiosk=kiosk, kind="stock")
    venue = edition.venue(kiosk.venue_slug)
    return 200, shapes.KioskOut(
        kiosk=kiosk.kiosk_id,
        name=kiosk.name,
        status=kiosk.status,
        venue=shapes.VenueOut(slug=venue.slug, name=venue.name),
        campaign=_campaign(kiosk, edition, free, now()),
        booklets=[booklet_out(booklet, kiosk) for booklet in held],
        stock=[booklet_out(booklet, kiosk) for booklet in stock],
    )


@endpoint(
    api,
    "GET",
    "/api/v1/address-forms/<country>",
    door=KIOSK,
    summary="The fields of an address in that country, in the visitor's language",
    query=shapes.AddressFormQuery,
    answers={200: shapes.AddressFormOut},
)
def show_address_form(country: str, query: shapes.AddressFormQuery) -> tuple[int, shapes.AddressFormOut]:
    """Which fields, in which order, called what, and what a browser can check."""
    with kit().read() as session:
        edition = campaigns.edition(session, caller().campaign)
    language = edition.language(query.language)
    form = address_form(country.upper(), language=language)
    suspension = edition.suspension(form.country, edition.day(now()))
    return 200, shapes.AddressFormOut(
        country=form.country,
        fields=[
            shapes.FieldOut(
                name=field.name,
                label=field.label,
                required=field.required,
                pattern=field.pattern,
                example=field.example,
                max_length=field.max_length,
            )
            for field in form.fields
        ],
        suspended=None if suspension is None else _suspension(suspension, edition, language),
    )


def _campaign(
    kiosk: kiosks.KioskIdentity, edition: Edition, free: int, at: dt.datetime
) -> shapes.CampaignOut:
    consent = edition.current_consent(at)
    return shapes.CampaignOut(
        slug=kiosk.campaign_slug,
        name=kiosk.campaign_name,
        cap=kiosk.campaign_cap,
        remaining=free,
        status=kiosk.campaign_status,
        languages=list(edition.languages),
        abroad_only=edition.abroad_only,
        origin_country=edition.origin_country,
        message_area=edition.card.message_area,
        texts={key: dict(words) for key, words in edition.texts.items() if key in KIOSK_TEXTS},
        consent=shapes.ConsentOut(version=consent.version, texts=dict(consent.texts)),
        suspended=[
            _suspension(suspension, edition, None) for suspension in edition.suspensions(edition.day(at))
        ],
    )


def _suspension(suspension: Suspension, edition: Edition, language: str | None) -> shapes.SuspensionOut:
    return shapes.SuspensionOut(
        country=suspension.country,
        from_=suspension.starts,
        to=suspension.ends,
        note=edition.words(suspension.note, language),
    )
