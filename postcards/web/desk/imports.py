"""The desk's way in for a table of cards: choose it, look at what it would become, say yes, mend what was refused."""

from __future__ import annotations

import io
import secrets
import time
from dataclasses import replace
from functools import partial
from itertools import islice

from flask import Response, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import Denied, Fault, Invalid
from postcards.gateways.tables import Table, Unreadable, open_table
from postcards.paper.entry import check_entry
from postcards.rules.import_columns import Columns, heading_of, read_headings
from postcards.rules.import_headings import HEADINGS
from postcards.rules.import_rows import is_empty, own_cells
from postcards.services import import_reports, import_waiting
from postcards.services.import_waiting import NothingWaits, Waiting
from postcards.services.importing import GROUP, Counts, Import, Outcome
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.import_words import reason
from postcards.web.desk.room import ORGANISER, Place, blueprint, page, place, signed_in
from postcards.web.doors import caller, guarded, session_cookie_name
from postcards.web.pages import gettext, told

#: The largest file, bytes; about 60,000 rows. Larger ones go in by the command line.
FILE_LIMIT = 10 * 1024 * 1024
#: Rows that the preview shows, and refused rows whose faults it lists.
SHOWN, LISTED = 5, 50
#: Seconds that one request looks or registers for; what is left to register goes on at the next press.
AT_ONCE = 15.0


@blueprint.url_value_preprocessor
def _room_for_a_table(endpoint: str | None, _: dict[str, str] | None) -> None:
    """Only this form takes more than a form has; before anything looks into it, and from nobody without a sign-in."""
    if endpoint == "desk.import_upload" and session_cookie_name() in request.cookies:
        request.max_content_length = FILE_LIMIT + 64 * 1024
        if (request.content_length or 0) > request.max_content_length:
            raise Invalid(gettext("Choose a file of at most 10 MB."), code="too_large", http_status=413)


@blueprint.errorhandler(NothingWaits)
def _choose_again(_: NothingWaits) -> ResponseReturnValue:
    """Back to the form, wherever it was missed."""
    flash(gettext("No table is waiting here. Please choose the file again."), "warning")
    return redirect(url_for("desk.import_form", slug=(request.view_args or {})["slug"]), 303)


@blueprint.get("/desk/c/<slug>/import/")
@guarded(ORGANISER)
def import_form(**_: str) -> str:
    """Choose a file."""
    return _form()


@blueprint.post("/desk/c/<slug>/import/")
@guarded(ORGANISER)
def import_upload(slug: str) -> ResponseReturnValue:
    """Reads the file's headings, and keeps it sealed until its person has looked at it."""
    with kit().read() as session:
        here = place(session)
    declared = here.edition.current_consent(now()).version if request.form.get("consent") == "yes" else None
    given = request.files.get("table")
    data = given.read() if given is not None else b""
    if given is None or not given.filename or len(data) > FILE_LIMIT:
        return _form(fault=gettext("Choose a file of at most 10 MB.")), 422
    try:
        table = open_table(io.BytesIO(data))
        read_headings(table.headings, consent_declared=declared is not None)
        for _ in table.rows():  # to its very end: what cannot be read is said now
            pass
    except Unreadable as refusal:
        return _form(fault=told(refusal.message)), 422
    except Invalid as refusal:
        return _form(fault=" ".join(told(fault.message) for fault in refusal.faults)), 422
    _keep(
        here,
        Waiting(
            token=secrets.token_urlsafe(16), name=given.filename[-80:], consent=declared, at=now().isoformat(),
            line=0, done=False, counts=Counts(), table=data, report=b"",
        ),
    )  # fmt: skip
    return redirect(url_for("desk.import_waiting_table", slug=slug), 303)


@blueprint.get("/desk/c/<slug>/import/waiting")
@guarded(ORGANISER)
def import_waiting_table(**_: str) -> str:
    """What the table would become; or, once it was begun, how far it has come."""
    with kit().read() as session:
        here = place(session)
    waiting = _find(here)
    if waiting.line or waiting.done:
        return page("desk/imports.html", here, at_page="cards", stage="result", waiting=waiting)
    table, columns = _opened(waiting)
    rows = [row for row in islice(table.rows(), SHOWN * 4) if not is_empty(row, columns)][:SHOWN]
    looked, named = _looked_at(_job(here, columns, waiting), table)
    return page(
        "desk/imports.html",
        here,
        at_page="cards",
        stage="preview",
        waiting=waiting,
        headings=columns.headings[columns.own :],
        rows=[(row.line, own_cells(row, columns)) for row in rows],
        total=sum(1 for row in table.rows() if not is_empty(row, columns)),
        looked=looked,
        named=len(named),
        faults=[
            (outcome.row.line, _heading(columns, fault.field), reason(fault))
            for outcome in named
            for fault in outcome.faults
        ],
    )


@blueprint.post("/desk/c/<slug>/import/cards")
@guarded(ORGANISER)
def import_cards(slug: str) -> ResponseReturnValue:
    """Registers the rows, for some seconds at a time; what is refused goes into the report."""
    with kit().read() as session:
        here = place(session)
    waiting = _find(here)
    if not secrets.compare_digest(waiting.token.encode(), request.form.get("token", "").encode()):
        raise Denied(
            gettext("Another table was chosen meanwhile. Look at that one first."), code="other_table"
        )
    if not waiting.done:
        _keep(here, _registered(here, waiting))
    return redirect(url_for("desk.import_waiting_table", slug=slug), 303)


@blueprint.get("/desk/c/<slug>/import/report.csv")
@guarded(ORGANISER)
def import_report(**_: str) -> Response:
    """The rows that were refused, to be mended and chosen again."""
    with kit().read() as session:
        here = place(session)
    answer = Response(_find(here).report, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="refused-rows.csv")
    return answer


@blueprint.post("/desk/c/<slug>/import/forgetting")
@guarded(ORGANISER)
def import_forget(slug: str) -> ResponseReturnValue:
    """Takes the waiting table away."""
    import_waiting.drop(kit().sealed_files, campaign_id=caller().campaign, staff_id=signed_in().staff_id)
    flash(gettext("The table is forgotten. Cards that were registered stay."), "good")
    return redirect(url_for("desk.import_form", slug=slug), 303)


@blueprint.get("/desk/c/<slug>/import/empty.csv")
@guarded(ORGANISER)
def import_empty(**_: str) -> Response:
    """An empty table with our headings, in the language of the page."""
    heads: list[str] = []
    for field in HEADINGS:
        heading = heading_of(field, g.language)
        heads += [f"{heading} {n}" for n in (1, 2, 3)] if field == "recipient.lines" else [heading]
    answer = Response(("\ufeff" + ",".join(heads) + "\r\n").encode(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="cards.csv")
    return answer


def _form(*, fault: str = "") -> str:
    with kit().read() as session:
        here = place(session)
    current = here.edition.current_consent(now())
    return page(
        "desk/imports.html", here, at_page="cards", stage="form", fault=fault, version=current.version,
        headings=[heading_of(field, g.language) for field in HEADINGS],
    )  # fmt: skip


def _heading(columns: Columns, field: str) -> str:
    """The table's own heading above what a fault is about; "recipient.lines.1" is that of the street lines."""
    own = {found: heading for heading, found in columns.found()}
    return own.get(field) or own.get(".".join(field.split(".")[:2])) or field


def _led_by_heading(columns: Columns, fault: Fault) -> str:
    """The reason in the page's language, and what it is about; a fault of the whole row is about nothing else."""
    return reason(fault) if fault.field == "row" else f"{_heading(columns, fault.field)}: {reason(fault)}"


def _opened(waiting: Waiting) -> tuple[Table, Columns]:
    table = open_table(io.BytesIO(waiting.table))
    return table, read_headings(table.headings, consent_declared=waiting.consent is not None)


def _job(here: Place, columns: Columns, waiting: Waiting) -> Import:
    return Import(
        kit().begin, campaign=here.campaign, edition=here.edition, columns=columns, consent=waiting.consent,
        vault=kit().vault, print_check=check_entry, by=caller().by, clock=now,
    )  # fmt: skip


def _looked_at(job: Import, table: Table) -> tuple[Counts, list[Outcome]]:
    """What the rows would become, all of them or as many as the time is enough for; and the first that are refused."""
    counts, named, until = Counts(), list[Outcome](), time.monotonic() + AT_ONCE
    for outcome in job.look_at(table.rows()):
        counts.add(outcome)
        if outcome.result == "refused" and len(named) < LISTED:
            named.append(outcome)
        if counts.rows % GROUP == 0 and time.monotonic() > until:
            break
    return counts, named


def _registered(here: Place, waiting: Waiting) -> Waiting:
    """Goes on from where it was left, and stops between two transactions when the time is over."""
    table, columns = _opened(waiting)
    job, until = _job(here, columns, waiting), time.monotonic() + AT_ONCE
    before, counts, line, done = replace(waiting.counts), waiting.counts, waiting.line, True
    report = [waiting.report or import_reports.first_line(columns, table.delimiter)]
    for place_in_turn, outcome in enumerate(job.register(table.rows(), after=line), start=1):
        counts.add(outcome)
        line = outcome.row.line
        if outcome.result == "refused":
            words = partial(_led_by_heading, columns)
            report.append(import_reports.line_of(outcome, table.delimiter, words=words))
        if place_in_turn % GROUP == 0 and time.monotonic() > until:
            done = False
            break
    with kit().begin() as session:
        job.note(session, counts.since(before), at=now())
    return waiting.moved(line=line, done=done, counts=counts, report=b"".join(report))


def _find(here: Place) -> Waiting:
    return import_waiting.find(
        kit().sealed_files, campaign_id=here.campaign.id, staff_id=signed_in().staff_id,
        key_id=here.campaign.data_key, at=now(),
    )  # fmt: skip


def _keep(here: Place, waiting: Waiting) -> None:
    import_waiting.keep(
        kit().sealed_files, waiting, campaign_id=here.campaign.id, staff_id=signed_in().staff_id,
        key_id=here.campaign.data_key,
    )  # fmt: skip
