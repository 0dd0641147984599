"""The print log at the desk: who printed which number when; and misprints, which are printed again under a new code."""

from __future__ import annotations

import datetime as dt

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import Denied, Fault, Invalid, NotFound
from postcards.queries.print_log import print_log as log
from postcards.rules.tracking_code import spaced
from postcards.services import spoiling
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import PRINTERS, SEES_RUNS, blueprint, page, place
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, ngettext

PAGE = 50
#: Why paper is spoiled, as the desk offers it; `_words.html` says each in the reader's language.
REASONS = ("jam", "smudged", "misplaced", "wrong_paper", "other")
#: Cards that one form takes: more than anybody types.
MANY = 200


@blueprint.get("/desk/c/<slug>/print-log/")
@guarded(SEES_RUNS)
def print_log(**_: str) -> str:
    """A page of the log, newest first; `?number=` of one card, `?before=` further back."""
    return _list(form={}, faults=())


@blueprint.post("/desk/c/<slug>/print-log/misprints")
@guarded(PRINTERS)
def misprints(slug: str) -> ResponseReturnValue:
    """The paper of these cards is spoiled: each gets a new code and waits for paper again."""
    form = {name: request.form.get(name, "").strip() for name in ("numbers", "reason")}
    numbers, faults = _numbers(form["numbers"])
    if form["reason"] not in REASONS:
        faults.append(Fault("reason", "choice", gettext("Say what happened.")))
    if not faults:
        try:
            with kit().begin() as session:
                spoiled = spoiling.spoil(
                    session,
                    campaign_id=caller().campaign,
                    numbers=numbers,
                    reason=form["reason"],
                    by=caller().by,
                    at=now(),
                )
        except (Denied, Invalid, NotFound) as refusal:
            faults = [Fault("numbers", refusal.code, refusal.message)]
    if faults:
        return _list(form=form, faults=tuple(faults)), 422
    flash(
        ngettext(
            "One card waits for paper again, with a new code. Destroy the spoiled paper.",
            "%(n)s cards wait for paper again, with new codes. Destroy the spoiled paper.",
            len(spoiled),
        ),
        "good",
    )
    return redirect(url_for("desk.print_runs", slug=slug), 303)


def _list(*, form: dict[str, str], faults: tuple[Fault, ...]) -> str:
    number = request.args.get("number", type=int)
    with kit().read() as session:
        here = place(session)
        listed = log(
            session,
            campaign_id=here.campaign.id,
            number=number if number is None or 0 < number < 10**7 else 0,
            before=_before(request.args.get("before", "")),
            limit=PAGE + 1,
        )
    rows, more = listed[:PAGE], len(listed) > PAGE
    slug = here.campaign.slug
    further = ""
    if more:
        last = f"{rows[-1].recorded_at.isoformat()}~{rows[-1].number}"
        further = url_for("desk.print_log", slug=slug, number=number, before=last)
    return page(
        "desk/print_log.html",
        here,
        at_page="print_runs",
        rows=rows,
        number_asked=number,
        reasons=REASONS,
        spaced=spaced,
        form=form,
        faults=faults,
        further=further,
        first=url_for("desk.print_log", slug=slug, number=number) if request.args.get("before") else "",
    )


def _before(said: str) -> tuple[dt.datetime, int] | None:
    """Where the page before ended; what nobody of ours wrote is the beginning."""
    moment, _, number = said.partition("~")
    try:
        at = dt.datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo and 0 < int(number) < 10**7 else None
    except ValueError:
        return None


def _numbers(typed: str) -> tuple[list[int], list[Fault]]:
    """Numbers with commas or spaces between them."""
    words = typed.replace(",", " ").replace(";", " ").split()
    if not words or len(words) > MANY or not all(word.isdecimal() and len(word) <= 7 for word in words):
        return [], [Fault("numbers", "number", gettext("Numbers of cards, such as 17, 42."))]
    return [int(word) for word in words], []
