"""What every page of the desk has: its campaign, who is looking, and moments and numbers as people write them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time, format_timedelta
from flask import Blueprint, g
from sqlalchemy.orm import Session

from postcards import texts
from postcards.errors import NotFound
from postcards.queries import campaigns
from postcards.queries.campaigns import CampaignFound
from postcards.queries.staff import StaffIdentity
from postcards.rules.edition import Edition
from postcards.web.clock import now
from postcards.web.doors import caller, staff
from postcards.web.pages import EVERY_LANGUAGE, choose_language, gettext, render

blueprint = Blueprint("desk", __name__)

#: Who comes to the desk at all; the partner has a room of their own.
DESK_ROLES = frozenset({"organiser", "printer", "auditor"})

#: Nobody counts seconds below this.
JUST_NOW = dt.timedelta(seconds=10)

ANY_OF_US = staff(*sorted(DESK_ROLES))
READERS = staff("auditor", "organiser")
PRINTERS = staff("organiser", "printer")
SEES_RUNS = staff("auditor", "organiser", "printer")
ORGANISER = staff("organiser")


@dataclass(frozen=True, slots=True)
class Place:
    """The campaign that a page is about, and what the person who looks may do in it."""

    campaign: CampaignFound
    edition: Edition
    roles: frozenset[str]

    @property
    def is_organiser(self) -> bool:
        return "organiser" in self.roles

    @property
    def may_print(self) -> bool:
        return bool(self.roles & {"organiser", "printer"})

    @property
    def may_read(self) -> bool:
        return bool(self.roles & {"organiser", "auditor"})


def signed_in() -> StaffIdentity:
    """This will give the person who is looking; only behind a staff door."""
    identity = caller().staff
    if identity is None:
        raise NotFound("There is nothing at this address.")
    return identity


def place(session: Session) -> Place:
    """This will give the campaign of this request's door."""
    campaign_id = caller().campaign
    return Place(
        campaign=campaigns.get(session, campaign_id),
        edition=campaigns.edition(session, campaign_id),
        roles=signed_in().roles_in(campaign_id),
    )


def page(template: str, here: Place | None, **context: Any) -> str:
    """This will render a page of the desk."""
    g.desk_zone = here.edition.time_zone if here is not None else "UTC"
    identity = signed_in()
    in_all = any(where is None for where, _ in identity.roles)
    several = in_all or len({where for where, _ in identity.roles}) > 1
    return render(
        template,
        place=here,
        who=identity.email,
        several=several,
        campaign_name=here.campaign.name if here is not None else None,
        **context,
    )


@blueprint.before_request
def _speak() -> None:
    """Messages are worded before the page is rendered."""
    g.language = choose_language(EVERY_LANGUAGE)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "ago": ago,
        "local": local,
        "country": _country,
        "number": _number,
        "listed": _listed,
        "lasting": _lasting,
    }


def ago(moment: dt.datetime) -> str:
    """This will say how long ago it was (or how soon it will be), as people say it."""
    if abs(moment - now()) < JUST_NOW:
        return gettext("just now")
    return str(format_timedelta(moment - now(), add_direction=True, locale=_locale(), threshold=1.5))


def local(moment: dt.datetime) -> str:
    """This will write the moment as the campaign's clock shows it; the year only when it is another one."""
    zone = ZoneInfo(g.get("desk_zone", "UTC"))
    there = moment.astimezone(zone)
    skeleton = "MMMd" if there.year == now().astimezone(zone).year else "yMMMd"
    day = format_skeleton(skeleton, there, locale=_locale())
    return f"{day}, {format_time(there, 'short', locale=_locale())}"


def _lasting(seconds: int) -> str:
    return str(format_timedelta(dt.timedelta(seconds=max(seconds, 1)), locale=_locale(), threshold=1.2))


def _country(code: str) -> str:
    return _catalogue().country(code)


def _number(n: int | float) -> str:
    return _catalogue().number(n)


def _listed(items: list[str]) -> str:
    return _catalogue().listed([str(item) for item in items])


def _locale() -> Locale:
    return _catalogue().locale


def _catalogue() -> texts.Catalogue:
    return texts.catalogue(g.get("language", "en"))
