"""The desk's kiosks: who is heard of, a new one with its pairing code, retiring and shutting out."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import Fault, NotFound
from postcards.queries.kiosks_seen import KioskSeen, kiosks_seen
from postcards.queries.stock_seen import stock_seen
from postcards.rules.sheet import PRESETS
from postcards.rules.text import clean, faults_in
from postcards.rules.tracking_code import spaced
from postcards.services import kiosks
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ORGANISER, READERS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext

#: As long as a label on a device: it stands in tables and in the journal.
NAME_MAX = 60


@blueprint.get("/desk/c/<slug>/kiosks/")
@guarded(READERS)
def kiosk_list(**_: str) -> str:
    """Every kiosk, and a form for a new one."""
    return _list(kiosk_id=uuid.uuid4(), name="", venue="", faults=())


@blueprint.post("/desk/c/<slug>/kiosks/")
@guarded(ORGANISER)
def kiosk_add(**_: str) -> ResponseReturnValue:
    """Adds one and shows its pairing code, once: the form names the kiosk, so a reload asks for a new code alone."""
    name, venue = clean(request.form.get("name", "")), request.form.get("venue", "")
    kiosk_id = request.form.get("id", type=uuid.UUID) or uuid.uuid4()
    faults = faults_in(name, field="name", max_length=NAME_MAX)
    with kit().begin() as session:
        here = place(session)
        if venue not in {known.slug for known in here.edition.venues}:
            faults.append(Fault("venue", "choice", gettext("Choose the venue where it will stand.")))
        if not faults:
            kiosk, code = kiosks.add_kiosk(
                session,
                campaign_id=here.campaign.id,
                venue_slug=venue,
                name=name,
                by=caller().by,
                at=now(),
                kiosk_id=kiosk_id,
            )
    if faults:
        return _list(kiosk_id=kiosk_id, name=name, venue=venue, faults=tuple(faults)), 422
    return _show_code(kiosk.id, code), 201


@blueprint.post("/desk/c/<slug>/kiosks/<uuid:kiosk_id>/pairing")
@guarded(ORGANISER)
def kiosk_pairing(kiosk_id: uuid.UUID, **_: str) -> ResponseReturnValue:
    """A fresh pairing code for one that is not paired yet."""
    with kit().begin() as session:
        code = kiosks.new_pairing(
            session, campaign_id=caller().campaign, kiosk_id=kiosk_id, by=caller().by, at=now()
        )
    return _show_code(kiosk_id, code), 201


@blueprint.get("/desk/c/<slug>/kiosks/<uuid:kiosk_id>/end")
@guarded(ORGANISER)
def kiosk_end(kiosk_id: uuid.UUID, **_: str) -> str:
    """Asks which end: retired (it may hand in what it holds) or shut out (it was lost)."""
    with kit().read() as session:
        here = place(session)
        kiosk = _one(
            kiosks_seen(session, campaign_id=here.campaign.id, edition=here.edition, at=now()), kiosk_id
        )
    return page("desk/kiosk_end.html", here, at_page="kiosks", kiosk=kiosk)


@blueprint.post("/desk/c/<slug>/kiosks/<uuid:kiosk_id>/retirement")
@guarded(ORGANISER)
def kiosk_retire(slug: str, kiosk_id: uuid.UUID) -> ResponseReturnValue:
    """It may still hand in what it holds, and takes nothing new."""
    with kit().begin() as session:
        kiosk = kiosks.retire(
            session, campaign_id=caller().campaign, kiosk_id=kiosk_id, by=caller().by, at=now()
        )
    flash(gettext("%(kiosk)s is retired. It can still hand in what it holds.", kiosk=kiosk.name), "good")
    return redirect(url_for("desk.kiosk_list", slug=slug), 303)


@blueprint.post("/desk/c/<slug>/kiosks/<uuid:kiosk_id>/revocation")
@guarded(ORGANISER)
def kiosk_revoke(slug: str, kiosk_id: uuid.UUID) -> ResponseReturnValue:
    """It is shut out at once."""
    with kit().begin() as session:
        kiosk = kiosks.revoke(
            session, campaign_id=caller().campaign, kiosk_id=kiosk_id, by=caller().by, at=now()
        )
    flash(gettext("%(kiosk)s is shut out. Its token opens nothing any more.", kiosk=kiosk.name), "good")
    return redirect(url_for("desk.kiosk_list", slug=slug), 303)


def _list(*, kiosk_id: uuid.UUID, name: str, venue: str, faults: tuple[Fault, ...]) -> str:
    with kit().read() as session:
        here = place(session)
        found = kiosks_seen(session, campaign_id=here.campaign.id, edition=here.edition, at=now())
        stock = stock_seen(session, campaign_id=here.campaign.id)
    return page(
        "desk/kiosks.html",
        here,
        at_page="kiosks",
        kiosks=found,
        venue_options=[(known.slug, known.name) for known in here.edition.venues],
        new_id=kiosk_id,
        name=name,
        venue=venue,
        faults=faults,
        stock=stock,
        stock_kiosks=[(kiosk.id, kiosk.name) for kiosk in found if kiosk.status in ("waiting", "active")],
        sheets=tuple(PRESETS),
    )


def _show_code(kiosk_id: uuid.UUID, code: str) -> str:
    with kit().read() as session:
        here = place(session)
        kiosk = _one(
            kiosks_seen(session, campaign_id=here.campaign.id, edition=here.edition, at=now()), kiosk_id
        )
    address = f"{kit().settings.public_url}/kiosk/"
    return page(
        "desk/kiosk_pairing.html", here, at_page="kiosks", kiosk=kiosk, code=spaced(code), address=address
    )


def _one(found: list[KioskSeen], kiosk_id: uuid.UUID) -> KioskSeen:
    for kiosk in found:
        if kiosk.id == kiosk_id:
            return kiosk
    raise NotFound(gettext("There is no such kiosk in this campaign."))
