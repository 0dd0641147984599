"""What can be done with a campaign: create it with its drawer of stamps, open, pause, close, change its cap."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, NotFound, says
from postcards.jobs import RETAIN, enqueue
from postcards.models import Campaign, Stamp, Venue
from postcards.rules.edition import Edition
from postcards.services import journal
from postcards.vault import Vault

#: Which status may follow which.
MOVES = {"open": ("draft", "paused", "closed"), "paused": ("open",), "closed": ("open", "paused", "draft")}


class SlugTaken(Denied):
    """There is a campaign of that slug already."""

    code = "slug_taken"


class CapInUse(Denied):
    """The cap cannot go below stamps that are not free."""

    code = "cap_in_use"


_FILL_DRAWER = text(
    """
    INSERT INTO stamp (campaign_id, number, turn, status)
    SELECT :campaign_id, number, number, 'free' FROM generate_series(CAST(:first AS integer), :last) AS number
    """
)


def create(session: Session, *, edition: Edition, vault: Vault, by: str, at: dt.datetime) -> Campaign:
    """This will create the campaign as a draft, with `cap` free stamps, its venues and a data key of its own."""
    if session.scalar(select(Campaign.id).where(Campaign.slug == edition.slug)) is not None:
        raise SlugTaken(
            says('There is a campaign "%(slug)s" already. Give another name with --slug.', slug=edition.slug)
        )
    if edition.card.picture and not edition.card.picture_sha256:
        message = says(
            "card.picture: %(picture)s was not put into the storage before the campaign.",
            picture=edition.card.picture,
        )
        raise Invalid(message, faults=[Fault("card.picture", "not_kept", message)])
    campaign = Campaign(
        slug=edition.slug,
        name=edition.name,
        status="draft",
        cap=edition.cap,
        edition=edition.to_dict(),
        data_key=vault.new_key(campaign=edition.slug),
        created_at=at,
    )
    session.add(campaign)
    session.flush()
    session.execute(
        insert(Venue),
        [
            {
                "campaign_id": campaign.id,
                "slug": venue.slug,
                "position": position,
                "name": venue.name,
                "kind": venue.kind,
            }
            for position, venue in enumerate(edition.venues)
        ],
    )
    session.execute(_FILL_DRAWER, {"campaign_id": campaign.id, "first": 1, "last": edition.cap})
    journal.write(
        session,
        campaign_id=campaign.id,
        action="campaign.created",
        subject=f"campaign:{campaign.slug}",
        detail={"cap": edition.cap},
        by=by,
        at=at,
    )
    return campaign


def find(session: Session, *, slug: str) -> Campaign:
    """This will give the campaign of that slug. Raises `NotFound`."""
    campaign = session.scalar(select(Campaign).where(Campaign.slug == slug))
    if campaign is None:
        known = ", ".join(session.scalars(select(Campaign.slug).order_by(Campaign.id))) or "none yet"
        raise NotFound(says('There is no campaign "%(slug)s". There are: %(known)s.', slug=slug, known=known))
    return campaign


def set_status(session: Session, *, slug: str, status: str, by: str, at: dt.datetime) -> Campaign:
    """This will open, pause or close the campaign, whatever its dates say. Raises `Denied` when it cannot."""
    campaign = find(session, slug=slug)
    if campaign.forgotten_at is not None:
        raise Denied(
            says('"%(slug)s" is over: nothing of it is kept but numbers. Make a new one.', slug=slug),
            code="campaign_over",
        )
    if campaign.status == status:
        return campaign
    moved = session.execute(
        update(Campaign)
        .where(Campaign.id == campaign.id, Campaign.status.in_(MOVES[status]))
        .values(
            status=status,
            opened_at=func.coalesce(Campaign.opened_at, at) if status == "open" else Campaign.opened_at,
            closed_at=at if status == "closed" else None,
        )
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Denied(
            says(
                '"%(slug)s" is %(status)s: it cannot become %(wanted)s.',
                slug=slug,
                status=campaign.status,
                wanted=status,
            ),
            code="campaign_status",
        )
    journal.write(
        session,
        campaign_id=campaign.id,
        action=f"campaign.{status}",
        subject=f"campaign:{slug}",
        detail={"before": campaign.status},
        by=by,
        at=at,
    )
    if status == "closed":
        enqueue(session, RETAIN, campaign_id=campaign.id)
    session.refresh(campaign)
    return campaign


def set_cap(session: Session, *, slug: str, cap: int, by: str, at: dt.datetime) -> Campaign:
    """This will add stamps, or take away the highest ones while they are free. Raises `CapInUse`."""
    if not 1 <= cap <= 1_000_000:
        raise Invalid("The cap is a number from 1 to 1 000 000.")
    campaign = find(session, slug=slug)
    session.execute(select(Campaign.id).where(Campaign.id == campaign.id).with_for_update())
    session.refresh(campaign)
    before = campaign.cap
    if cap < before:
        _take_away(session, campaign, cap)
    campaign.cap = cap
    session.flush()
    if cap > before:
        session.execute(_FILL_DRAWER, {"campaign_id": campaign.id, "first": before + 1, "last": cap})
    journal.write(
        session,
        campaign_id=campaign.id,
        action="campaign.cap",
        subject=f"campaign:{slug}",
        detail={"before": before, "after": cap},
        by=by,
        at=at,
    )
    return campaign


def _take_away(session: Session, campaign: Campaign, cap: int) -> None:
    above = (Stamp.campaign_id == campaign.id, Stamp.number > cap)
    statuses = session.execute(
        select(Stamp.number, Stamp.status).where(*above).order_by(Stamp.number.desc()).with_for_update()
    ).all()
    used = next((number for number, status in statuses if status != "free"), None)
    if used is None:
        # A code that was given and taken back still names its number; such a stamp has a history and must stay.
        used = session.scalar(
            text("SELECT max(number) FROM tracking_code WHERE campaign_id = :campaign_id AND number > :cap"),
            {"campaign_id": campaign.id, "cap": cap},
        )
    if used is not None:
        raise CapInUse(
            says("Stamp %(used)s is in use or was, so the cap cannot go below %(used)s.", used=used),
            lowest_possible_cap=used,
        )
    session.execute(delete(Stamp).where(*above))
