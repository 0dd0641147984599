"""The Post's pages: the lists to come, one list with its downloads, and the answer, worded for a postal clerk."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards import texts
from postcards.errors import Fault, Invalid, NotFound
from postcards.queries import campaigns, manifests
from postcards.queries.staff import campaigns_for
from postcards.rules.edition import Edition
from postcards.rules.manifest import canonical
from postcards.services import receipts
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import caller, guarded, staff
from postcards.web.pages import EVERY_LANGUAGE, choose_language, gettext, render
from postcards.web.partner import answer_form
from postcards.web.partner.answer_form import Typed
from postcards.web.partner.downloads import download
from postcards.web.security import check_csrf

blueprint = Blueprint("partner", __name__)

ROLES = frozenset({"partner", "organiser", "auditor"})
READERS = staff(*sorted(ROLES))
CLERKS = staff("organiser", "partner")
PAGE = 25


@blueprint.before_request
def _speak() -> None:
    """Messages are worded before the page is rendered."""
    g.language = choose_language(EVERY_LANGUAGE)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "country": lambda code: _catalogue().country(code),
        "number": lambda n: _catalogue().number(n),
        "grams": lambda milligrams: _catalogue().number(milligrams / 1000),
        "day": lambda date: _catalogue().date(dt.date.fromisoformat(date)),
        "local": _local,
    }


@blueprint.get("/partner/")
@guarded(READERS)
def choose() -> ResponseReturnValue:
    """The campaigns of whoever is signed in; with one of them, straight there."""
    with kit().read() as session:
        identity = caller().staff
        if identity is None:
            raise NotFound("There is nothing at this address.")
        found = campaigns_for(session, who=identity, roles=ROLES)
    if len(found) == 1:
        return redirect(url_for("partner.lists", slug=found[0].slug))
    return _page("partner/choose.html", None, choices=found)


@blueprint.get("/partner/c/<slug>/")
@guarded(READERS)
def lists(slug: str) -> str:
    """The manifests, newest first; `?before=` a number goes further back."""
    before = request.args.get("before", type=int)
    with kit().read() as session:
        edition = _edition(session)
        rows = manifests.page(
            session,
            campaign_id=caller().campaign,
            after=(before, 0) if before else None,
            limit=PAGE + 1,
            newest_first=True,
        )
    shown = rows[:PAGE]
    further = url_for("partner.lists", slug=slug, before=shown[-1].number) if len(rows) > PAGE else ""
    first = url_for("partner.lists", slug=slug) if before else ""
    return _page("partner/lists.html", edition, slug=slug, rows=shown, further=further, first=first)


@blueprint.get("/partner/c/<slug>/manifests/<int:number>")
@guarded(READERS)
def show(slug: str, number: int) -> str:
    """One manifest in its newest version, or in that of `?version=`."""
    with kit().read() as session:
        edition = _edition(session)
    return _list_page(slug, number, edition, answer_form.empty(at=now(), zone=edition.zone), ())


@blueprint.get("/partner/c/<slug>/manifests/<int:number>/files/<name>")
@guarded(READERS)
def file(slug: str, number: int, name: str) -> Response:
    """One file, under a name that tells manifests apart in a folder of downloads."""
    version = request.args.get("version", type=int)
    save_as = f"{slug}-{number:04d}{f'-v{version}' if version and version > 1 else ''}-{name}"
    return download(campaign_id=caller().campaign, number=number, version=version, name=name, save_as=save_as)


@blueprint.post("/partner/c/<slug>/manifests/<int:number>/receipts")
@guarded(CLERKS)
def answer(slug: str, number: int) -> ResponseReturnValue:
    """The answer; what needs mending is shown beside what was typed."""
    check_csrf()
    said = answer_form.typed(request.form)
    with kit().read() as session:
        edition = _edition(session)
        listed = manifests.newest(session, campaign_id=caller().campaign, number=number)
    try:
        read = answer_form.read(said, lines=listed.lines, zone=edition.zone)
        with kit().begin() as session:
            found = receipts.record(
                session,
                campaign_id=caller().campaign,
                number=number,
                answer=read,
                body_mark=kit().vault.body_mark(canonical([number, *_told(said)])),
                by=caller().by,
                at=now(),
            )
    except Invalid as refusal:
        page = _list_page(slug, number, edition, said, refusal.faults)
        return Response(page, status=422, content_type="text/html; charset=utf-8")
    if found.status == "disputed":
        flash(
            gettext("Your answer is kept. The counts differ, so the organiser will get in touch."), "warning"
        )
    else:
        flash(gettext("Thank you. Your answer is recorded."), "good")
    return redirect(url_for("partner.show", slug=slug, number=number), 303)


def _told(said: Typed) -> list[str]:
    return [str(value) for value in dataclasses.astuple(said)]


def _list_page(slug: str, number: int, edition: Edition, said: Typed, faults: tuple[Fault, ...]) -> str:
    version = request.args.get("version", type=int) if request.method == "GET" else None
    with kit().read() as session:
        found = manifests.detail(session, campaign_id=caller().campaign, number=number, version=version)
    identity = caller().staff
    may_answer = identity is not None and bool(
        identity.roles_in(caller().campaign) & {"organiser", "partner"}
    )
    shown = [
        Fault("refused" if fault.field.startswith("refused.") else fault.field, fault.code, fault.message)
        for fault in faults
    ]
    return _page(
        "partner/manifest.html",
        edition,
        slug=slug,
        manifest=found,
        header=found.header,
        may_answer=may_answer and found.newest and found.status in ("sealed", "disputed"),
        said=said,
        faults=shown,
        uneven=any(fault.field == "counted_twice" for fault in faults) or said.counted_twice,
    )


def _edition(session: Session) -> Edition:
    return campaigns.edition(session, caller().campaign)


def _page(template: str, edition: Edition | None, **context: Any) -> str:
    g.partner_zone = edition.time_zone if edition is not None else "UTC"
    identity = caller().staff
    return render(
        template,
        campaign_name=edition.name if edition is not None else None,
        post=edition.postal_partner.name if edition is not None else None,
        who=identity.email if identity is not None else "",
        several=identity is not None and len({where for where, _ in identity.roles} - {None}) != 1,
        **context,
    )


def _local(at: dt.datetime) -> str:
    """A moment as the campaign's clock shows it, to the minute."""
    there = at.astimezone(ZoneInfo(g.get("partner_zone", "UTC")))
    return f"{_catalogue().date(there.date(), 'medium')}, {_catalogue().clock(there.time())}"


def _catalogue() -> texts.Catalogue:
    return texts.catalogue(g.get("language", "en"))
