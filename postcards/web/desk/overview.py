"""The desk's first pages: which campaign, and how it stands."""

from __future__ import annotations

import datetime as dt

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from postcards.queries.dashboard import dashboard
from postcards.queries.staff import campaigns_for
from postcards.queries.waiting_jobs import waiting_jobs
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ANY_OF_US, DESK_ROLES, blueprint, page, place, signed_in
from postcards.web.doors import guarded

#: Work of these kinds that waits longer than this wants a person. Files of manifests have a line of their own.
STUCK_AFTER = dt.timedelta(minutes=10)
STUCK_KINDS = ("mail", "print_run")


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
        waiting = waiting_jobs(session, at=now(), campaign_id=here.campaign.id)
    # While the scheduler is silent everything waits: one line says so, and its cause.
    stuck = {
        job.kind: job
        for job in waiting
        if not board.beat_is_silent
        and job.kind in STUCK_KINDS
        and job.oldest_seconds(now()) > STUCK_AFTER.total_seconds()
    }
    needs = board.needs_attention + len(stuck)
    return page("desk/overview.html", here, at_page="overview", board=board, stuck=stuck, needs=needs)
