"""The desk's manifests: what was sealed, what the Post answered, and sealing now instead of at the cut-off."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import NotFound
from postcards.queries import manifest_list
from postcards.queries import manifests as seen
from postcards.queries.tallies import by_status, read
from postcards.services import dispatch
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ORGANISER, READERS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, ngettext, told

PAGE = 25


@blueprint.get("/desk/c/<slug>/manifests/")
@guarded(READERS)
def manifests(slug: str) -> str:
    """A page of manifests, newest first; `?before=` a number goes further back."""
    before = request.args.get("before", type=int)
    with kit().read() as session:
        here = place(session)
        listed = manifest_list.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
        waiting = by_status(read(session, here.campaign.id)).get("printed", 0)
        kept_back = seen.waiting(session, campaign_id=here.campaign.id, suspended=())
    rows, more = listed[:PAGE], len(listed) > PAGE
    try:
        cut_off = here.edition.next_cut_off(now())
    except NotFound:
        cut_off = None
    return page(
        "desk/manifests.html",
        here,
        at_page="manifests",
        rows=rows,
        waiting=waiting,
        without_paper=kept_back.without_paper,
        cut_off=cut_off,
        further=url_for("desk.manifests", slug=slug, before=rows[-1].number) if more else "",
        first=url_for("desk.manifests", slug=slug) if before else "",
    )


@blueprint.post("/desk/c/<slug>/manifests/sealing")
@guarded(ORGANISER)
def manifests_seal(slug: str) -> ResponseReturnValue:
    """Seals every card that is free to go, now."""
    with kit().read() as session:
        here = place(session)
    try:
        sealed = dispatch.seal_all(
            kit().begin,
            campaign_id=here.campaign.id,
            edition=here.edition,
            vault=kit().vault,
            by=caller().by,
            clock=now,
        )
    except dispatch.NothingToSeal as refusal:
        flash(told(refusal.message), "warning")
        return redirect(url_for("desk.manifests", slug=slug), 303)
    cards = sum(manifest.lines for manifest in sealed)
    numbers = ", ".join(str(manifest.number) for manifest in sealed)
    words = ngettext("One card is sealed", "%(n)s cards are sealed", cards)
    flash(
        gettext(
            "%(cards)s, on manifest %(numbers)s. The files are being made.", cards=words, numbers=numbers
        ),
        "good",
    )
    return redirect(url_for("desk.manifests", slug=slug), 303)
