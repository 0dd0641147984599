"""The desk's print runs: cards drawn together on sheets, asked for here and drawn by a worker."""

from __future__ import annotations

import uuid

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import Fault, NotFound
from postcards.queries import print_runs as runs
from postcards.queries.tallies import by_status, read
from postcards.rules.sheet import PRESETS
from postcards.services import journal, print_requests
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import PRINTERS, SEES_RUNS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, ngettext

PAGE = 25

#: The sheet that most office printers take.
USUAL_SHEET = "a4-4up"


@blueprint.get("/desk/c/<slug>/print-runs/")
@guarded(SEES_RUNS)
def print_runs(**_: str) -> str:
    """A page of runs, newest first; `?before=` a run goes further back."""
    return _list(form={"sheet": USUAL_SHEET}, faults=())


@blueprint.post("/desk/c/<slug>/print-runs/")
@guarded(PRINTERS)
def print_run_start(slug: str) -> ResponseReturnValue:
    """Asks for a run; a worker draws it."""
    form = {name: request.form.get(name, "").strip() for name in ("sheet", "first", "last", "draft")}
    numbers, faults = _numbers(form["first"], form["last"])
    if form["sheet"] not in PRESETS:
        faults.append(Fault("sheet", "choice", gettext("Choose a sheet.")))
    if faults:
        return _list(form=form, faults=tuple(faults)), 422
    try:
        with kit().begin() as session:
            run = print_requests.request_run(
                session,
                campaign_id=caller().campaign,
                sheet=form["sheet"],
                numbers=numbers,
                draft=form["draft"] == "yes",
                by=caller().by,
                at=now(),
            )
    except print_requests.NothingToPrint as refusal:
        flash(gettext(refusal.message), "warning")
        return redirect(url_for("desk.print_runs", slug=slug), 303)
    words = ngettext("one card", "%(n)s cards", run.cards)
    flash(
        gettext(
            "Print run %(run)s is asked for: %(cards)s. It is ready in a moment.", run=run.run, cards=words
        ),
        "good",
    )
    return redirect(url_for("desk.print_runs", slug=slug), 303)


@blueprint.get("/desk/c/<slug>/print-runs/<uuid:run_id>/file")
@guarded(PRINTERS)
def print_run_file(run_id: uuid.UUID, **_: str) -> Response:
    """The run's PDF; each download is written in the journal, for it is full of addresses."""
    with kit().begin() as session:
        here = place(session)
        run = print_requests.get(session, campaign_id=here.campaign.id, run_id=run_id)
        if run.status != "ready" or run.file_key is None or run.key_id is None:
            raise NotFound(gettext("This print run has no file."))
        pieces = kit().sealed_files.stream(run.file_key, key_id=run.key_id)
        journal.write(
            session,
            campaign_id=here.campaign.id,
            action="print_run.downloaded",
            subject=f"print_run:{run.id}",
            detail={"run": run.run, "cards": run.cards},
            by=caller().by,
            at=now(),
        )
        name, size = run.file_name or f"run-{run.run}.pdf", run.file_bytes
    answer = Response(pieces, mimetype="application/zip" if name.endswith(".zip") else "application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    if size is not None:
        answer.content_length = size
    return answer


def _list(*, form: dict[str, str], faults: tuple[Fault, ...]) -> str:
    before = request.args.get("before", type=int)
    with kit().read() as session:
        here = place(session)
        listed = runs.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
        waiting = by_status(read(session, here.campaign.id)).get("registered", 0)
    rows, more = listed[:PAGE], len(listed) > PAGE
    slug = here.campaign.slug
    return page(
        "desk/print_runs.html",
        here,
        at_page="print_runs",
        rows=rows,
        waiting=waiting,
        sheets=tuple(PRESETS),
        form=form,
        faults=faults,
        further=url_for("desk.print_runs", slug=slug, before=rows[-1].run) if more else "",
        first=url_for("desk.print_runs", slug=slug) if before else "",
    )


def _numbers(first: str, last: str) -> tuple[tuple[int, int] | None, list[Fault]]:
    """Both empty: every card that waits. One alone means that one card."""
    if not first and not last:
        return None, []
    first, last = first or last, last or first
    if not (first.isdecimal() and last.isdecimal() and len(first) <= 7 and len(last) <= 7):
        return None, [Fault("first", "number", gettext("Numbers are whole, such as 1 and 500."))]
    if not 1 <= int(first) <= int(last):
        return None, [
            Fault("first", "order", gettext("The first number is at least 1 and not above the last."))
        ]
    return (int(first), int(last)), []
