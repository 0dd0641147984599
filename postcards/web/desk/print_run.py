"""One print run at the desk: how far it is, its file and its cover sheet, what to pull, and what a person can do."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards.errors import Denied
from postcards.models import PrintRun
from postcards.paper.cover_sheet import draw_cover
from postcards.queries import print_pulls
from postcards.queries.print_runs import run_seen
from postcards.services import print_control, print_handout
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import PRINTERS, SEES_RUNS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, ngettext, told

#: A run that stands here changes by itself, so its page looks again.
MOVES = ("queued", "drawing")


@blueprint.get("/desk/c/<slug>/print-runs/<uuid:run_id>/")
@guarded(SEES_RUNS)
def print_run(run_id: uuid.UUID, **_: str) -> str:
    """One run."""
    return _page("desk/print_run.html", run_id)


@blueprint.get("/desk/c/<slug>/print-runs/<uuid:run_id>/state")
@guarded(SEES_RUNS)
def print_run_state(run_id: uuid.UUID, **_: str) -> str:
    """How far it is, for the page that shows it while it is drawn."""
    return _page("desk/print_run_state.html", run_id)


@blueprint.post("/desk/c/<slug>/print-runs/<uuid:run_id>/pause")
@guarded(PRINTERS)
def print_run_pause(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """Stops the drawing; what is drawn stays."""
    return _do(slug, run_id, print_control.pause)


@blueprint.post("/desk/c/<slug>/print-runs/<uuid:run_id>/resumption")
@guarded(PRINTERS)
def print_run_resume(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """Goes on with a run that is paused or failed."""
    return _do(slug, run_id, print_control.resume)


@blueprint.post("/desk/c/<slug>/print-runs/<uuid:run_id>/cancellation")
@guarded(PRINTERS)
def print_run_cancel(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """Gives the cards back."""
    return _do(
        slug,
        run_id,
        print_control.cancel,
        said=lambda: gettext("The run is cancelled. Its cards wait for paper again."),
    )


@blueprint.post("/desk/c/<slug>/print-runs/<uuid:run_id>/faulty-cards")
@guarded(PRINTERS)
def print_run_take_out(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """Takes the cards out that cannot be printed, holds them for the desk, and goes on with the others."""
    taken: list[int] = []

    def take_out(session: Session, **how: Any) -> None:
        taken.extend(print_control.take_out(session, **how))

    return _do(
        slug,
        run_id,
        take_out,
        said=lambda: ngettext(
            "One card is held for the organisers; the others go on.",
            "%(n)s cards are held for the organisers; the others go on.",
            len(taken),
        ),
    )


@blueprint.get("/desk/c/<slug>/print-runs/<uuid:run_id>/file")
@guarded(PRINTERS)
def print_run_file(run_id: uuid.UUID, **_: str) -> Response:
    """The run's PDF, or a ZIP of its parts behind their cover sheet; each time is journalled, for it is full of
    addresses. Who asks for its head alone has taken nothing."""
    with kit().read() as session:
        here = place(session)
        run = run_seen(session, campaign_id=here.campaign.id, run_id=run_id)
        cover = print_handout.cover_of(session, run=run)
    pieces = print_handout.pieces(run, files=kit().sealed_files, cover=_drawn(cover))
    if request.method != "HEAD":
        with kit().begin() as session:
            print_handout.take(session, campaign_id=here.campaign.id, run_id=run_id, by=caller().by, at=now())
    name = run.file_name or f"{run.slug}-run-{run.run:03}.pdf"
    answer = Response(pieces, mimetype="application/zip" if name.endswith(".zip") else "application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    if (size := print_handout.size(run)) is not None:
        answer.content_length = size
    return answer


@blueprint.get("/desk/c/<slug>/print-runs/<uuid:run_id>/cover-sheet")
@guarded(PRINTERS)
def print_run_cover(run_id: uuid.UUID, **_: str) -> Response:
    """The sheet that lies on the pile, as things stand now."""
    with kit().read() as session:
        here = place(session)
        run = run_seen(session, campaign_id=here.campaign.id, run_id=run_id)
        cover = print_handout.cover_of(session, run=run)
    answer = Response(_drawn(cover), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=print_handout.cover_name(run))
    return answer


def _page(template: str, run_id: uuid.UUID) -> str:
    with kit().read() as session:
        here = place(session)
        run = run_seen(session, campaign_id=here.campaign.id, run_id=run_id)
        pulls = print_pulls.pulls(session, run=run) if run.status == "ready" else []
        faulty = (
            print_control.faulty_cards(session, run_id=run.id, vault=kit().vault)
            if run.status == "failed" and here.may_print
            else []
        )
    return page(
        template,
        here,
        at_page="print_runs",
        run=run,
        progress=run.progress(now()),
        pulls=pulls,
        faulty=faulty,
        venues={venue.slug: venue.name for venue in here.edition.venues},
        moves=run.status in MOVES,
        has_file=print_handout.why_not(run) is None,
    )


def _do(
    slug: str,
    run_id: uuid.UUID,
    deed: Callable[..., PrintRun | None],
    *,
    said: Callable[[], str] | None = None,
) -> ResponseReturnValue:
    """Does one thing with a run and shows it again; what cannot be done now is said there."""
    try:
        with kit().begin() as session:
            deed(session, campaign_id=caller().campaign, run_id=run_id, by=caller().by, at=now())
    except Denied as refusal:
        flash(told(refusal.message), "warning")
    else:
        if said is not None:
            flash(said(), "good")
    return redirect(url_for("desk.print_run", slug=slug, run_id=run_id), 303)


def _drawn(cover: Any) -> bytes:
    out = io.BytesIO()
    draw_cover(cover, out)
    return out.getvalue()
