"""The desk's journal: who did what, newest first."""

from __future__ import annotations

from flask import request, url_for

from postcards.queries import journal_pages
from postcards.web.context import kit
from postcards.web.desk.room import READERS, blueprint, page, place
from postcards.web.doors import guarded

PAGE = 50


@blueprint.get("/desk/c/<slug>/journal/")
@guarded(READERS)
def journal(slug: str) -> str:
    """A page of entries; `?before=` an entry's id goes further back."""
    before = request.args.get("before", type=int)
    with kit().read() as session:
        here = place(session)
        found = journal_pages.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
    entries, more = found[:PAGE], len(found) > PAGE
    further = url_for("desk.journal", slug=slug, before=entries[-1].id) if more else ""
    first = url_for("desk.journal", slug=slug) if before else ""
    return page("desk/journal.html", here, at_page="journal", entries=entries, further=further, first=first)
