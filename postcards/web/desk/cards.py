"""The desk's cards: found by number or code; one card's state and story; its address only when asked for, and noted."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.models import Person
from postcards.queries import cards_at_desk, journal_pages
from postcards.queries import retention as kept
from postcards.queries.cards_at_desk import CardSeen
from postcards.queries.journal_pages import Entry
from postcards.rules.card_words import address_lines
from postcards.rules.tracking_code import SLIP_LENGTH, is_well_formed, normalise, spaced
from postcards.services import block_list, cards, erasure, holding, journal, people
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ORGANISER, READERS, Place, blueprint, page, place
from postcards.web.desk.why_held import was_on_paper, why_held
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext

PAGE = 50

#: Why a card is given up, as codes: free text might hold names, and this stands in the journal's reach.
VOID_REASONS = ("spoiled", "wish", "wrong_address", "suspended", "duplicate", "test", "other")
PAPERS = ("none", "destroyed", "missing")
#: In these there is paper that has not left us, and somebody has to say what became of it.
HAS_PAPER = ("printed", "refused", "returned")


@dataclass(frozen=True, slots=True)
class Shown:
    """People's data, opened for one look."""

    lines: tuple[str, ...]  # none when the address is gone already
    sender: str | None
    email: str | None
    message: str | None


@blueprint.get("/desk/c/<slug>/cards/")
@guarded(READERS)
def card_list(slug: str) -> ResponseReturnValue:
    """Finds one card by `?find=`, or lists them by state."""
    wanted, show = request.args.get("find", "").strip(), request.args.get("show", "all")
    show = show if show in cards_at_desk.SHOWN else "all"
    after = request.args.get("after", 0, type=int)
    with kit().read() as session:
        here = place(session)
        if wanted and (found := _find(session, here, wanted)):
            return redirect(url_for("desk.card", slug=slug, card_id=found))
        listed = cards_at_desk.cards_page(
            session, campaign_id=here.campaign.id, show=show, after=after, limit=PAGE + 1
        )
    rows, more = listed[:PAGE], len(listed) > PAGE
    return page(
        "desk/cards.html",
        here,
        at_page="cards",
        rows=rows,
        show=show,
        shown=cards_at_desk.SHOWN,
        find=wanted,
        venues={venue.slug: venue.name for venue in here.edition.venues},
        further=url_for("desk.card_list", slug=slug, show=show, after=rows[-1].number) if more else "",
        first=url_for("desk.card_list", slug=slug, show=show) if after else "",
    )


@blueprint.get("/desk/c/<slug>/cards/<uuid:card_id>")
@guarded(READERS)
def card(card_id: uuid.UUID, **_: str) -> str:
    """One card, without people's data."""
    return _card_page(card_id, shown=None)


@blueprint.post("/desk/c/<slug>/cards/<uuid:card_id>/address")
@guarded(ORGANISER)
def card_address(card_id: uuid.UUID, **_: str) -> str:
    """The same page with names and address, and an entry in the journal that they were looked at."""
    with kit().begin() as session:
        here = place(session)
        found = cards.get(session, campaign_id=here.campaign.id, card_id=card_id)
        shown = _open(session.get(Person, found.id), here)
        journal.write(
            session,
            campaign_id=here.campaign.id,
            action="card.address_shown",
            subject=f"card:{found.id}",
            number=found.number,
            by=caller().by,
            at=now(),
        )
    return _card_page(card_id, shown=shown)


@blueprint.post("/desk/c/<slug>/cards/<uuid:card_id>/void")
@guarded(ORGANISER)
def card_void(slug: str, card_id: uuid.UUID) -> ResponseReturnValue:
    """Gives the card up."""
    reason, paper = request.form.get("reason", ""), request.form.get("paper", "")
    if reason not in VOID_REASONS or paper not in PAPERS:
        flash(gettext("Say why the card is given up, and what became of its paper."), "error")
        return redirect(url_for("desk.card", slug=slug, card_id=card_id), 303)
    with kit().begin() as session:
        given_up = cards.void(
            session,
            campaign_id=caller().campaign,
            card_id=card_id,
            reason=reason,
            paper=paper,
            by=caller().by,
            at=now(),
        )
        number = given_up.number
    if paper == "missing":
        flash(
            gettext(
                "Card %(number)s is void. Its stamp stays apart until the paper is found.", number=number
            ),
            "good",
        )
    else:
        flash(gettext("Card %(number)s is void. Its stamp is in the drawer again.", number=number), "good")
    return redirect(url_for("desk.card", slug=slug, card_id=card_id), 303)


@blueprint.post("/desk/c/<slug>/cards/<uuid:card_id>/release")
@guarded(ORGANISER)
def card_release(slug: str, card_id: uuid.UUID) -> ResponseReturnValue:
    """Lets a held card go its way: `held` are the reasons that stood on the page, for they were decided on."""
    seen = request.form.get("held")
    with kit().begin() as session:
        settled = holding.release(
            session,
            campaign_id=caller().campaign,
            card_id=card_id,
            seen=None if seen is None else seen.split(),
            by=caller().by,
            at=now(),
        )
    if settled.left:
        flash(gettext("Something else has come that holds this card. Please look at it once more."), "error")
    elif settled.reasons:
        flash(gettext("Settled: the card goes its way."), "good")
    return redirect(url_for("desk.card", slug=slug, card_id=card_id), 303)


@blueprint.post("/desk/c/<slug>/cards/<uuid:card_id>/erasure")
@guarded(ORGANISER)
def card_erase(slug: str, card_id: uuid.UUID) -> ResponseReturnValue:
    """Erases what is kept of people for this card, because somebody asked."""
    back = redirect(url_for("desk.card", slug=slug, card_id=card_id), 303)
    if request.form.get("sure") != "yes":
        flash(gettext("Tick that you know who asks, and that they may."), "error")
        return back
    paper = request.form.get("paper", "")
    with kit().begin() as session:
        if request.form.get("never") == "yes":
            with suppress(block_list.AddressGone):
                block_list.block(
                    session,
                    campaign_id=caller().campaign,
                    card_id=card_id,
                    ledger=kit().ledger.add,
                    by=caller().by,
                    at=now(),
                )
        done = erasure.erase(
            session,
            campaign_id=caller().campaign,
            card_id=card_id,
            tools=kit().forgetting(),
            asked="desk",
            paper=paper if paper in erasure.PAPER else None,
            by=caller().by,
            at=now(),
        )
    if not done.parts and not done.voided:
        flash(gettext("Nothing was left to erase."), "info")
        return back
    flash(
        gettext("All that was kept about people for card %(number)s is erased.", number=done.number), "good"
    )
    if done.paper == "missing":
        flash(gettext("The card is void. Destroy its paper; until then its stamp stays apart."), "info")
    elif done.voided:
        flash(
            gettext("Card %(number)s is void. Its stamp is in the drawer again.", number=done.number), "info"
        )
    for run in done.print_runs:
        flash(
            gettext(
                "The card was in print run %(run)s, so its file was taken away. Print what has no paper yet again.",
                run=run,
            ),
            "info",
        )
    return back


def _find(session: Session, here: Place, wanted: str) -> uuid.UUID | None:
    digits = wanted.replace(" ", "").lstrip("#").removeprefix("No.").removeprefix("№")
    if digits.isascii() and digits.isdigit() and len(digits) <= 7:
        return cards_at_desk.find_by_number(session, campaign_id=here.campaign.id, number=int(digits))
    code = normalise(wanted)
    if is_well_formed(code) or is_well_formed(code, length=SLIP_LENGTH):
        return cards_at_desk.find_by_code(session, campaign_id=here.campaign.id, code=code)
    return None


def _open(person: Person | None, here: Place) -> Shown:
    if person is None or (person.recipient is None and person.sender is None):
        raise people.PersonGone(gettext("These details were erased, or their time was over."))
    vault = kit().vault
    recipient = people.open_recipient(vault, person) if person.recipient is not None else None
    sender = people.open_sender(vault, person) if person.sender is not None else None
    return Shown(
        lines=address_lines(recipient.name, recipient.address, edition=here.edition) if recipient else (),
        sender=sender.name if sender else None,
        email=sender.email if sender else None,
        message=people.open_message(vault, person),
    )


def _card_page(card_id: uuid.UUID, *, shown: Shown | None) -> str:
    with kit().read() as session:
        here = place(session)
        seen = cards_at_desk.card_seen(session, campaign_id=here.campaign.id, card_id=card_id)
        if seen is None:
            raise NotFound(gettext("There is no such card in this campaign."))
        there = kept.card(session, campaign_id=here.campaign.id, card_id=card_id, at=now())
        goes = there.goes(kept.calendar(session, here.campaign.id)) if there else {}
        deeds = journal_pages.about(session, campaign_id=here.campaign.id, subject=f"card:{card_id}")
    return page(
        "desk/card.html",
        here,
        at_page="cards",
        card=seen,
        story=_story(seen, deeds),
        shown=shown,
        code=spaced(seen.code),
        spaced=spaced,
        venues={venue.slug: venue.name for venue in here.edition.venues},
        may_void=seen.status in cards.VOIDABLE,
        held_for=list(dict.fromkeys(why_held(code) for code in seen.held)),
        was_on_paper=was_on_paper(seen.held),
        goes=goes,
        has_paper=seen.status in HAS_PAPER,
    )


def _story(seen: CardSeen, deeds: list[Entry]) -> list[Entry]:
    """What the journal says of the card itself, and what befell it together with others, in order of time."""
    told = list(deeds)
    for line in seen.lines:
        told.append(_together("card.sealed", line.sealed_at, manifest=line.manifest))
        if line.refused is not None:
            told.append(_together("card.refused", line.answered_at or line.sealed_at, reason=line.refused))
    if seen.handed_over_at is not None:
        told.append(_together("card.handed_over", seen.handed_over_at))
    told += [
        _together("card.printed", printed.printed_at, run=printed.run)
        for printed in seen.prints
        if printed.run is not None
    ]
    return sorted(told, key=lambda entry: entry.at)


def _together(action: str, at: dt.datetime, **detail: object) -> Entry:
    return Entry(id=0, at=at, by="", by_name=None, action=action, subject="", number=None, detail=detail)
