"""The printers of the print desk: each with its calibration sheet, and what that showed."""

from __future__ import annotations

import io
from contextlib import suppress

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import Fault, Invalid, NotFound
from postcards.paper.calibration import draw_calibration
from postcards.queries.printers import printers as printers_of
from postcards.rules.sheet import PRESETS
from postcards.services import printers
from postcards.texts import ENGLISH
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import PRINTERS, SEES_RUNS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import EVERY_LANGUAGE, choose_language, gettext

OFFSETS = ("front_x", "front_y", "back_x", "back_y")


@blueprint.get("/desk/c/<slug>/printers/")
@guarded(SEES_RUNS)
def printer_list(**_: str) -> str:
    """Every printer, and a form for one; `?name=` fills it with what is known of that one."""
    return _list(form={}, faults=())


@blueprint.post("/desk/c/<slug>/printers/")
@guarded(PRINTERS)
def printer_save(slug: str) -> ResponseReturnValue:
    """Adds a printer, or measures the one of that name anew."""
    names = ("name", "duplex", "note", *OFFSETS)
    form = {name: request.form.get(name, "").strip() for name in names}
    offsets, faults = _offsets(form)
    if not faults:
        try:
            with kit().begin() as session:
                printers.save(
                    session,
                    campaign_id=caller().campaign,
                    name=form["name"],
                    duplex=form["duplex"] or "long-edge",
                    front=(offsets[0], offsets[1]),
                    back=(offsets[2], offsets[3]),
                    note=form["note"],
                    by=caller().by,
                    at=now(),
                )
        except Invalid as refusal:
            faults = list(refusal.faults)
    if faults:
        return _list(form=form, faults=tuple(faults)), 422
    flash(gettext("%(name)s is kept. Choose it when you print.", name=form["name"]), "good")
    return redirect(url_for("desk.printer_list", slug=slug), 303)


@blueprint.post("/desk/c/<slug>/printers/removal")
@guarded(PRINTERS)
def printer_remove(slug: str) -> ResponseReturnValue:
    """Forgets a printer; runs that were laid out for it stay as they are."""
    name = request.form.get("name", "")
    with suppress(NotFound), kit().begin() as session:  # somebody was quicker, and it is gone all the same
        printers.remove(session, campaign_id=caller().campaign, name=name, by=caller().by, at=now())
    flash(gettext("%(name)s is removed.", name=name), "good")
    return redirect(url_for("desk.printer_list", slug=slug), 303)


@blueprint.get("/desk/c/<slug>/printers/calibration/<sheet>.pdf")
@guarded(SEES_RUNS)
def calibration_sheet(sheet: str, **_: str) -> Response:
    """The sheet that shows how far a printer is off, in the reader's language or the campaign's, and in English."""
    if sheet not in PRESETS:
        raise NotFound("There is no such sheet.")
    language = choose_language(EVERY_LANGUAGE)
    if language == ENGLISH:  # which stands on the sheet in any case
        with kit().read() as session:
            language = place(session).edition.default_language
    out = io.BytesIO()
    draw_calibration(sheet, out, language=language)
    answer = Response(out.getvalue(), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"calibration-{sheet}.pdf")
    return answer


def _list(*, form: dict[str, str], faults: tuple[Fault, ...]) -> str:
    with kit().read() as session:
        here = place(session)
        known = printers_of(session, campaign_id=here.campaign.id)
    if not form:
        chosen = next((one for one in known if one.name == request.args.get("name")), None)
        if chosen is not None:
            form = {"name": chosen.name, "duplex": chosen.duplex, "note": chosen.note}
            form |= {name: f"{getattr(chosen, name):g}" for name in OFFSETS}
    return page(
        "desk/printers.html",
        here,
        at_page="print_runs",
        printers=known,
        sheets=tuple(PRESETS),
        farthest=printers.FARTHEST,
        form=form,
        faults=faults,
    )


def _offsets(form: dict[str, str]) -> tuple[list[float], list[Fault]]:
    """Millimetres as people write them: 0.5, 0,5, −1 or nothing at all."""
    found, faults = [], []
    for name in OFFSETS:
        typed = form[name].replace(",", ".").replace("−", "-").removesuffix("mm").strip() or "0"
        try:
            value = float(typed)
        except ValueError:
            value = float("nan")
        if not -1000 < value < 1000:
            faults.append(Fault(name, "number", gettext("Millimetres, such as 0.5 or -1.")))
            value = 0.0
        found.append(value)
    return found, faults
