"""The desk's print runs: what waits for paper, a look at the first sheet, asking for a run, and what was drawn."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import cast

from flask import flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards.errors import Fault, Invalid
from postcards.paper.run import Offset, draw_run
from postcards.queries import print_runs as runs
from postcards.queries.printers import printers as printers_of
from postcards.rules.print_place import parts_of
from postcards.rules.sheet import PRESETS, Order, sheet_named, stacked
from postcards.services import journal, print_requests, printers
from postcards.services.faces import faces_of, look_of, own_picture
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import PRINTERS, SEES_RUNS, Place, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, told

PAGE = 25
#: The sheet that most office printers take.
USUAL_SHEET = "a4-4up"
ORDERS = ("sheet", "stack")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run as the form asks for it, with what is wrong with it."""

    form: dict[str, str]
    numbers: tuple[int, int] | None
    faults: list[Fault]

    @property
    def venue(self) -> str | None:
        return self.form["venue"] or None

    @property
    def printer(self) -> str | None:
        return self.form["printer"] or None

    @property
    def order(self) -> Order:
        return cast(Order, self.form["order"])


@blueprint.get("/desk/c/<slug>/print-runs/")
@guarded(SEES_RUNS)
def print_runs(**_: str) -> str:
    """A page of runs, newest first; `?before=` a run goes further back; `?first=&last=&again=` numbers of a run
    whose file was deleted fill in the form."""
    form = {"sheet": USUAL_SHEET, "order": "sheet"}
    form |= {name: request.args[name] for name in ("first", "last") if request.args.get(name, "").isdecimal()}
    if request.args.get("again", "").isdecimal():
        form["reason"] = gettext("Its file in run %(run)s was deleted", run=request.args["again"])
    return _list(form=form, faults=())


@blueprint.get("/desk/c/<slug>/print-runs/table")
@guarded(SEES_RUNS)
def print_run_table(**_: str) -> str:
    """The table of runs alone, for the page that shows them while they are drawn."""
    return _list(template="desk/print_run_table.html")


@blueprint.post("/desk/c/<slug>/print-runs/")
@guarded(PRINTERS)
def print_run_start(slug: str) -> ResponseReturnValue:
    """Asks for a run; a worker draws it, and its own page shows how far it is."""
    wanted = _wanted()
    if wanted.faults:
        return _list(form=wanted.form, faults=tuple(wanted.faults)), 422
    try:
        with kit().begin() as session:
            run = print_requests.request_run(
                session,
                campaign_id=caller().campaign,
                sheet=wanted.form["sheet"],
                numbers=wanted.numbers,
                venue=wanted.venue,
                draft=wanted.form["draft"] == "yes",
                reason=wanted.form["reason"] or None,
                printer=wanted.printer,
                order=wanted.order,
                part_sheets=kit().settings.print_part_sheets,
                by=caller().by,
                at=now(),
            )
    except Invalid as refusal:
        return _list(form=wanted.form, faults=_faults(refusal)), 422
    except print_requests.NothingToPrint as refusal:
        flash(told(refusal.message), "warning")
        return redirect(url_for("desk.print_runs", slug=slug), 303)
    return redirect(url_for("desk.print_run", slug=slug, run_id=run.id), 303)


@blueprint.post("/desk/c/<slug>/print-runs/first-sheet")
@guarded(PRINTERS)
def print_first_sheet(slug: str) -> ResponseReturnValue:
    """The first sheet that such a run would have, to look at: it claims nothing. The journal says who looked."""
    wanted = _wanted()
    if wanted.faults:
        return _list(form=wanted.form, faults=tuple(wanted.faults)), 422
    try:
        with kit().begin() as session:
            drawn = _first_sheet(session, place(session), wanted)
    except print_requests.NothingToPrint as refusal:
        flash(told(refusal.message), "warning")
        return redirect(url_for("desk.print_runs", slug=slug), 303)
    answer = make_response(drawn)
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename=f"{slug}-first-sheet.pdf")
    return answer


def _first_sheet(session: Session, here: Place, wanted: Wanted) -> bytes:
    tools, campaign_id = kit(), here.campaign.id
    sheet = sheet_named(wanted.form["sheet"])
    waiting = print_requests.would_print(
        session, campaign_id=campaign_id, numbers=wanted.numbers, venue=wanted.venue
    )
    if wanted.order == "stack":  # then it holds cards from all over the first part
        first = parts_of(len(waiting), sheet=sheet, part_sheets=tools.settings.print_part_sheets)[0]
        places = next(stacked(first.cards, sheet))
    else:
        places = tuple(range(min(sheet.cards, len(waiting))))
    chosen = [None if place is None else waiting[place].id for place in places]
    ids = [card_id for card_id in chosen if card_id is not None]
    setup = printers.setup_of(session, campaign_id=campaign_id, name=wanted.printer)
    faces = faces_of(
        session,
        card_ids=ids,
        edition=here.edition,
        vault=tools.vault,
        public_url=here.campaign.public_url or tools.settings.public_url,
    )
    look = look_of(
        here.edition,
        slug=here.campaign.slug,
        cap=here.campaign.cap,
        test=tools.settings.is_test_address,
        picture=own_picture(here.edition, tools.files),
    )
    out = io.BytesIO()
    draw_run(
        look,
        [None if card_id is None else faces[card_id] for card_id in chosen],
        sheet=sheet,
        out=out,
        duplex=setup.duplex,
        offset=Offset(setup.front_x, setup.front_y, setup.back_x, setup.back_y),
    )
    journal.write(
        session,
        campaign_id=campaign_id,
        action="print_run.previewed",
        subject=f"campaign:{campaign_id}",
        detail={"cards": len(ids)},
        by=caller().by,
        at=now(),
    )
    return out.getvalue()


def _list(
    *,
    form: dict[str, str] | None = None,
    faults: tuple[Fault, ...] = (),
    template: str = "desk/print_runs.html",
) -> str:
    before = request.args.get("before", type=int)
    with kit().read() as session:
        here = place(session)
        listed = runs.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
        waiting = runs.waiting_for_paper(session, campaign_id=here.campaign.id)
        known = printers_of(session, campaign_id=here.campaign.id)
    rows, more = listed[:PAGE], len(listed) > PAGE
    slug = here.campaign.slug
    return page(
        template,
        here,
        at_page="print_runs",
        rows=rows,
        waiting=waiting,
        sheets=tuple(PRESETS),
        printer_names=[printer.name for printer in known],
        venues=[(venue.slug, venue.name) for venue in here.edition.venues],
        form=form or {},
        faults=faults,
        live=url_for("desk.print_run_table", slug=slug, before=before)
        if any(row.status in ("queued", "drawing") for row in rows)
        else "",
        further=url_for("desk.print_runs", slug=slug, before=rows[-1].run) if more else "",
        first=url_for("desk.print_runs", slug=slug) if before else "",
    )


def _wanted() -> Wanted:
    names = ("sheet", "first", "last", "venue", "printer", "order", "reason", "draft")
    form = {name: request.form.get(name, "").strip() for name in names}
    form["order"] = form["order"] or "sheet"
    numbers, faults = _numbers(form["first"], form["last"])
    if form["sheet"] not in PRESETS:
        faults.append(Fault("sheet", "choice", gettext("Choose a sheet.")))
    if form["order"] not in ORDERS:
        faults.append(Fault("order", "choice", gettext("Choose an order.")))
    return Wanted(form, numbers, faults)


def _faults(refusal: Invalid) -> tuple[Fault, ...]:
    """What the service refuses, in the words of the form."""
    if any((fault.field, fault.code) == ("reason", "missing") for fault in refusal.faults):
        said = gettext("Some of these cards were printed before. Say why they are printed again.")
        return (Fault("reason", "missing", said),)
    return tuple(refusal.faults) or (Fault("first", "wrong", refusal.message),)


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
