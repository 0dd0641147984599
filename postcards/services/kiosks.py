"""Kiosks: added by an organiser, paired once by a code, known afterwards by their token."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards.errors import Denied, Invalid, NotFound, says
from postcards.models import Campaign, Kiosk, Venue
from postcards.rules.text import NAME_MAX, clean, faults_in
from postcards.rules.tracking_code import new_pairing_code, normalise
from postcards.services import journal
from postcards.vault import token_hash

#: How long a pairing code is good (the kiosk API's promise).
PAIRING_TIME = dt.timedelta(minutes=15)
#: How exact "last seen" is; a busier kiosk writes its row no oftener than this.
SEEN_EVERY = dt.timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class KioskIdentity:
    """A kiosk that asks, with what its campaign needs to answer: no further look-up on the way."""

    kiosk_id: uuid.UUID
    name: str
    status: str
    venue_slug: str
    campaign_id: int
    campaign_slug: str
    campaign_name: str
    campaign_status: str
    campaign_cap: int
    data_key: str
    public_url: str | None
    last_seen_at: dt.datetime | None


_IDENTITY = select(
    Kiosk.id,
    Kiosk.name,
    Kiosk.status,
    Kiosk.venue_slug,
    Campaign.id,
    Campaign.slug,
    Campaign.name,
    Campaign.status,
    Campaign.cap,
    Campaign.data_key,
    Campaign.public_url,
    Kiosk.last_seen_at,
).join(Campaign, Campaign.id == Kiosk.campaign_id)


class PairingRefused(NotFound):
    """The code is mistyped, was used, or is older than 15 minutes."""

    code = "pairing_code"


def add_kiosk(
    session: Session,
    *,
    campaign_id: int,
    venue_slug: str,
    name: str,
    by: str,
    at: dt.datetime,
    kiosk_id: uuid.UUID | None = None,
) -> tuple[Kiosk, str]:
    """This will add a kiosk at a venue and give it with its pairing code, which is shown once.

    With the `kiosk_id` of one that was added before, here and of this name, that one gets a new code: asking twice
    adds one. Raises `NotFound` for the venue, `Invalid` for the name, `Denied` when the known one is paired already.
    """
    name = clean(name)
    if faults := faults_in(name, field="name", max_length=NAME_MAX):
        raise Invalid("The kiosk needs a name.", faults=faults)
    venue = session.get(Venue, (campaign_id, venue_slug))
    if venue is None:
        known = session.scalars(
            select(Venue.slug).where(Venue.campaign_id == campaign_id).order_by(Venue.position)
        )
        raise NotFound(
            says(
                'There is no venue "%(venue)s". There are: %(known)s.',
                venue=venue_slug,
                known=", ".join(known),
            )
        )
    code = new_pairing_code()
    added = session.scalars(
        insert(Kiosk)
        .values(
            id=kiosk_id or uuid.uuid4(),
            campaign_id=campaign_id,
            venue_slug=venue_slug,
            name=name,
            status="waiting",
            pairing_hash=token_hash(code),
            pairing_expires_at=at + PAIRING_TIME,
            created_at=at,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(Kiosk)
    ).one_or_none()
    if added is None:
        first = session.scalars(select(Kiosk).where(Kiosk.id == kiosk_id)).one()
        if (first.campaign_id, first.venue_slug, first.name) == (campaign_id, venue_slug, name):
            return first, new_pairing(session, campaign_id=campaign_id, kiosk_id=first.id, by=by, at=at)
        # The form came out of the browser's memory, for another kiosk: which may be sent twice as well.
        return add_kiosk(
            session,
            campaign_id=campaign_id,
            venue_slug=venue_slug,
            name=name,
            by=by,
            at=at,
            kiosk_id=uuid.uuid5(first.id, f"{campaign_id}/{venue_slug}/{name}"),
        )
    _journal(session, added, "kiosk.added", by=by, at=at)
    return added, code


def new_pairing(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID, by: str, at: dt.datetime) -> str:
    """This will give a waiting kiosk a fresh pairing code; the old one is good no more."""
    kiosk = get(session, campaign_id=campaign_id, kiosk_id=kiosk_id)
    code = new_pairing_code()
    renewed = session.execute(
        update(Kiosk)
        .where(Kiosk.id == kiosk.id, Kiosk.status == "waiting")
        .values(pairing_hash=token_hash(code), pairing_expires_at=at + PAIRING_TIME)
    )
    if renewed.rowcount != 1:  # type: ignore[attr-defined]
        raise Denied("This kiosk is paired already. Add another one for another device.", code="kiosk_paired")
    _journal(session, kiosk, "kiosk.pairing_renewed", by=by, at=at)
    return code


def pair(session: Session, *, pairing_code: str, device_name: str, at: dt.datetime) -> tuple[Kiosk, str]:
    """This will pair the device that knows the code, and give its kiosk and its token. Raises `PairingRefused`."""
    token = secrets.token_urlsafe(32)
    kiosk = session.scalar(
        update(Kiosk)
        .where(
            Kiosk.pairing_hash == token_hash(normalise(pairing_code)),
            Kiosk.status == "waiting",
            Kiosk.pairing_expires_at > at,
        )
        .values(
            status="active",
            pairing_hash=None,
            pairing_expires_at=None,
            token_hash=token_hash(token),
            device_name=device_name,
            paired_at=at,
            last_seen_at=at,
        )
        .returning(Kiosk)
    )
    if kiosk is None:
        raise PairingRefused(
            "This code does not open a kiosk: it is mistyped, was used already, or is older than 15 minutes. "
            "Ask an organiser for a new one."
        )
    _journal(session, kiosk, "kiosk.paired", by=f"kiosk:{kiosk.id}", at=at)
    return kiosk, token


def find_by_token(session: Session, *, token_hash: bytes, at: dt.datetime) -> KioskIdentity | None:
    """This will tell which kiosk holds that token, and note that it was seen."""
    row = session.execute(_IDENTITY.where(Kiosk.token_hash == token_hash)).one_or_none()
    if row is None:
        return None
    identity = KioskIdentity(*tuple(row))
    # A moment that is yet to come was written by a clock that ran ahead: it would hide that the kiosk is silent.
    if identity.last_seen_at is None or abs(at - identity.last_seen_at) >= SEEN_EVERY:
        session.execute(
            update(Kiosk)
            .where(
                Kiosk.id == identity.kiosk_id,
                or_(
                    Kiosk.last_seen_at.is_(None),
                    Kiosk.last_seen_at <= at - SEEN_EVERY,
                    Kiosk.last_seen_at >= at + SEEN_EVERY,
                ),
            )
            .values(last_seen_at=at)
        )
    return identity


def identity(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID) -> KioskIdentity:
    """This will give the kiosk of the campaign as `find_by_token` does, for who acts on it. Raises `NotFound`."""
    row = session.execute(
        _IDENTITY.where(Kiosk.id == kiosk_id, Kiosk.campaign_id == campaign_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such kiosk in this campaign.")
    return KioskIdentity(*tuple(row))


def get(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID) -> Kiosk:
    """This will give a kiosk of the campaign. Raises `NotFound`."""
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None or kiosk.campaign_id != campaign_id:
        raise NotFound("There is no such kiosk in this campaign.")
    return kiosk


def every(session: Session, *, campaign_id: int) -> list[Kiosk]:
    """This will list the campaign's kiosks, oldest first."""
    return list(
        session.scalars(select(Kiosk).where(Kiosk.campaign_id == campaign_id).order_by(Kiosk.created_at))
    )


def retire(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID, by: str, at: dt.datetime) -> Kiosk:
    """This will let the kiosk hand in what it still holds, and take nothing new."""
    return _end(session, campaign_id, kiosk_id, "retired", ("waiting", "active"), by=by, at=at)


def revoke(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID, by: str, at: dt.datetime) -> Kiosk:
    """This will shut the kiosk out at once, for a device that was lost."""
    return _end(session, campaign_id, kiosk_id, "revoked", ("waiting", "active", "retired"), by=by, at=at)


def _end(
    session: Session,
    campaign_id: int,
    kiosk_id: uuid.UUID,
    status: str,
    before: tuple[str, ...],
    *,
    by: str,
    at: dt.datetime,
) -> Kiosk:
    kiosk = get(session, campaign_id=campaign_id, kiosk_id=kiosk_id)
    if kiosk.status == status:
        return kiosk
    ended = session.execute(
        update(Kiosk)
        .where(Kiosk.id == kiosk_id, Kiosk.status.in_(before))
        .values(status=status, pairing_hash=None, pairing_expires_at=None)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise Denied(
            says(
                "This kiosk is %(status)s: it cannot become %(wanted)s.",
                status=_STATES[kiosk.status],
                wanted=_STATES[status],
            ),
            code="kiosk_status",
        )
    _journal(session, kiosk, f"kiosk.{status}", by=by, at=at)
    session.refresh(kiosk)
    return kiosk


_STATES = {
    "waiting": says("waiting"),
    "active": says("active"),
    "retired": says("retired"),
    "revoked": says("revoked"),
}


def _journal(session: Session, kiosk: Kiosk, action: str, *, by: str, at: dt.datetime) -> None:
    journal.write(
        session,
        campaign_id=kiosk.campaign_id,
        action=action,
        subject=f"kiosk:{kiosk.id}",
        detail={"venue": kiosk.venue_slug},
        by=by,
        at=at,
    )
