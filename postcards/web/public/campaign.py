"""The campaign's own page, its wall, and its counts for everybody."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from postcards import texts
from postcards.errors import NotFound
from postcards.queries import campaigns, public_campaign
from postcards.queries.campaigns import CampaignFound
from postcards.queries.public_campaign import OTHER, PublicCounts
from postcards.rules.edition import Edition
from postcards.web.api import Answer, endpoint
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.pages import choose_language, render
from postcards.web.public import opening_hours
from postcards.web.public.blueprint import blueprint, languages_of, page

#: Countries that the campaign's page lists by name; the API tells all that may be told.
LISTED = 12


class TravelShape(Answer):
    """The median of whole and part days between hand-over and the recipient's word, over `cards` cards."""

    median_days: float | None
    cards: int


class TravelByCountry(TravelShape):
    """The same, and by country where enough cards arrived."""

    by_country: dict[str, TravelShape]


class CampaignShape(Answer):
    """cap = registered + lent + remaining + held + withdrawn; small countries stand together as "other"."""

    slug: str
    name: str
    status: str
    cap: int
    registered: int
    remaining: int
    lent: int
    held: int
    withdrawn: int
    by_status: dict[str, int]
    by_country: dict[str, int]
    travel: TravelByCountry


@endpoint(
    blueprint,
    "GET",
    "/api/v1/campaigns/<slug>",
    door=PUBLIC,
    summary="How a campaign stands, in counts that point at nobody",
    answers={200: CampaignShape},
    refusals=(404,),
)
def campaign_counts(slug: str) -> tuple[int, CampaignShape]:
    """The counts of one instant."""
    with kit().snapshot() as session:
        campaign = _campaign(campaigns.find(session, slug=slug))
        found = public_campaign.counts(session, campaign.id)
    return 200, CampaignShape(
        slug=campaign.slug,
        name=campaign.name,
        status=campaign.status,
        cap=found.cap,
        registered=found.registered,
        remaining=found.remaining,
        lent=found.lent,
        held=found.held,
        withdrawn=found.withdrawn,
        by_status=found.by_status,
        by_country=found.by_country,
        travel=TravelByCountry(
            median_days=found.travel.median_days,
            cards=found.travel.cards,
            by_country={
                country: TravelShape(median_days=one.median_days, cards=one.cards)
                for country, one in found.travel_by_country.items()
            },
        ),
    )


@blueprint.get("/")
@guarded(PUBLIC)
def home() -> ResponseReturnValue:
    """The default campaign's page, or that there is none yet."""
    with kit().snapshot() as session:
        campaign = campaigns.default(session)
        if campaign is None:
            return render("public/no_campaign.html")
        edition = campaigns.edition(session, campaign.id)
        counts = public_campaign.counts(session, campaign.id)
    return _campaign_page(campaign, edition, counts)


@blueprint.get("/c/<slug>")
@guarded(PUBLIC)
def campaign_page(slug: str) -> Response:
    """One campaign's page."""
    return _campaign_page(*_looked_up(slug))


@blueprint.get("/wall/<slug>")
@guarded(PUBLIC)
def wall(slug: str) -> Response:
    """The public counter, to be read across a café."""
    campaign, edition, counts = _looked_up(slug)
    return page("public/wall.html", edition, campaign=campaign, counts=counts)


def _looked_up(slug: str) -> tuple[CampaignFound, Edition, PublicCounts]:
    with kit().snapshot() as session:
        campaign = _campaign(campaigns.find(session, slug=slug))
        return (
            campaign,
            campaigns.edition(session, campaign.id),
            public_campaign.counts(session, campaign.id),
        )


def _campaign(found: CampaignFound | None) -> CampaignFound:
    """A draft is nobody's business yet, but its page may be looked at before it opens."""
    if found is None:
        raise NotFound("There is no campaign of that name.")
    return found


def _campaign_page(campaign: CampaignFound, edition: Edition, counts: PublicCounts) -> Response:
    say = texts.catalogue(choose_language(languages_of(edition)))
    local = now().astimezone(edition.zone)
    countries = [
        (say.country(code), cards, counts.travel_by_country.get(code))
        for code, cards in counts.by_country.items()
        if code != OTHER
    ]
    return page(
        "public/campaign.html",
        edition,
        campaign=campaign,
        counts=counts,
        venues=[opening_hours.of_venue(venue, at=local, say=say) for venue in edition.venues],
        countries=countries[:LISTED],
        other=counts.by_country.get(OTHER, 0) + sum(cards for _, cards, _ in countries[LISTED:]),
        most=max((cards for _, cards, _ in countries), default=0),
        credits=_credits(edition),
    )


def _credits(edition: Edition) -> list[tuple[str, list[object]]]:
    """Those who help, by role, in the order in which an edition may name roles."""
    order = ("organiser", "sponsor", "donor", "partner", "media-partner")
    return [
        (role, [credit for credit in edition.credits if credit.role == role])
        for role in order
        if any(credit.role == role for credit in edition.credits)
    ]
