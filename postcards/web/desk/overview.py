"""The desk's first pages: which campaign, and how it stands."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from postcards.queries.dashboard import dashboard
from postcards.queries.staff import campaigns_for
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ANY_OF_US, DESK_ROLES, blueprint, page, place, signed_in
from postcards.web.doors import guarded


@blueprint.get("/desk/")
@guarded(ANY_OF_US)
def choose() -> ResponseReturnValue:
    """Straight in when there is one campaign, else a choice."""
    with kit().read() as session:
        theirs = campaigns_for(session, who=signed_in(), roles=DESK_ROLES)
    if len(theirs) == 1:
        return redirect(url_for("desk.overview", slug=theirs[0].slug))
    return page("desk/choose.html", None, campaigns=theirs)


@blueprint.get("/desk/c/<slug>/")
@guarded(ANY_OF_US)
def overview(**_: str) -> str:
    """How the campaign stands and what needs a person."""
    with kit().snapshot() as session:
        here = place(session)
        board = dashboard(session, campaign_id=here.campaign.id, edition=here.edition, at=now())
    return page("desk/overview.html", here, at_page="overview", board=board)
