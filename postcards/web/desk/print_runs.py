"""The desk's print runs: cards drawn together on sheets, asked for here and drawn by a worker."""

from __future__ import annotations

from flask import request, url_for

from postcards.queries import print_run_list
from postcards.queries.tallies import by_status, read
from postcards.web.context import kit
from postcards.web.desk.room import SEES_RUNS, blueprint, page, place
from postcards.web.doors import guarded

PAGE = 25


@blueprint.get("/desk/c/<slug>/print-runs/")
@guarded(SEES_RUNS)
def print_runs(slug: str) -> str:
    """A page of runs, newest first; `?before=` a run goes further back."""
    before = request.args.get("before", type=int)
    with kit().read() as session:
        here = place(session)
        listed = print_run_list.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
        waiting = by_status(read(session, here.campaign.id)).get("registered", 0)
    rows, more = listed[:PAGE], len(listed) > PAGE
    return page(
        "desk/print_runs.html",
        here,
        at_page="print_runs",
        rows=rows,
        waiting=waiting,
        further=url_for("desk.print_runs", slug=slug, before=rows[-1].run) if more else "",
        first=url_for("desk.print_runs", slug=slug) if before else "",
    )
