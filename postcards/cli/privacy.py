"""`postcards erase` and `postcards retention`: what is kept of people goes, because they ask or its time is over."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from postcards.cli.edge import BY, answer, as_json, cards_of, now, tools
from postcards.db import after_commit
from postcards.errors import Refusal, Unavailable
from postcards.kit import Kit, worker_name
from postcards.queries import campaigns as queries
from postcards.queries.retention import calendar
from postcards.rules.edition_parts import Retention
from postcards.services import block_list, campaigns, erasure
from postcards.services import retention as nights
from postcards.services.erasure import PAPER, Erased
from postcards.services.retention import Done

T = TypeVar("T")

#: Parts of people's data, in the operator's words.
PARTS = {
    "message": "the message",
    "recipient": "the recipient",
    "email": "the sender's e-mail",
    "sender": "the sender",
    "volunteer": "the volunteer's name",
    "thanks": "the recipient's reply",
}
BACKUPS = (
    "Backups made before now still hold it, encrypted; `postcards db restore` leaves it out by the ledger beside the "
    "keys. Delete older backups in their time."
)


@click.command()
@click.argument("slug")
@click.option(
    "--number", type=click.IntRange(min=1), help="The card of this number, of sender and recipient."
)
@click.option("--code", help="The same, by the code on the card or on the sender's slip.")
@click.option(
    "--email", help="Every card known by this address of its sender; - reads it from standard input."
)
@click.option("--paper", type=click.Choice(PAPER), help="What became of a printed card that has not left us.")
@click.option(
    "--again", is_flag=True, help="The number was on several cards: erase the one that had it last."
)
@click.option(
    "--never-again", is_flag=True, help="The recipient of --number or --code wants no other card, ever."
)
@as_json
def erase(
    slug: str,
    number: int | None,
    code: str | None,
    email: str | None,
    paper: str | None,
    again: bool,
    never_again: bool,
    as_json: bool,
) -> None:
    """Erase what is kept of people for a card, or for all cards known by a sender's address."""
    if [number, code, email].count(None) != 2:
        raise click.UsageError("Name one of --number, --code and --email.")
    if never_again and email is not None:
        raise click.UsageError(
            "--never-again goes with --number or --code: it is the recipient of one card who says so."
        )
    named = f"card {number}" if number else "the card of this code"
    done: list[Erased] = []
    failures: list[Refusal] = []
    with tools() as kit:
        with kit.begin() as session:
            campaign_id = campaigns.find(session, slug=slug).id
            index, unknown = None, []
            if email is not None:
                typed = sys.stdin.readline() if email == "-" else email
                wanted, index = erasure.by_email(
                    session, campaign_id=campaign_id, email=typed, vault=kit.vault
                )
                before = erasure.erased_before(session, campaign_id=campaign_id, email_index=index)
                unknown = [_unknown(calendar(session, campaign_id).retention)]
            else:
                wanted = (
                    erasure.by_code(session, campaign_id=campaign_id, code=code)
                    if code is not None
                    else erasure.by_number(session, campaign_id=campaign_id, number=number or 0, again=again)
                )
                before = erasure.erased_before(session, campaign_id=campaign_id, card_id=wanted[0])
        if never_again:  # before the address goes by which the recipient is known again
            blocked: list[bool] = []
            _commit(kit, partial(_block, campaign_id, wanted[0], kit), blocked, failures)
            if not blocked:
                raise failures[0]
        asked = "number" if index is None else "email"
        for card_id in wanted:
            erase_it = partial(_erase, campaign_id, card_id, kit, paper=paper, asked=asked, index=index)
            _commit(kit, erase_it, done, failures)
    found = [one for one in done if one.parts or one.voided]
    notes = [note for one in found for note in words_of(one)]
    if never_again:
        notes.append(f"Cards to the recipient of {named} will be held for the desk from now on.")
    notes += [*([BACKUPS] if found else []), *unknown]
    if as_json:
        answer(
            {
                "campaign": slug,
                "erased": [_data_of(one) for one in found],
                "nothing_left": None if not found and (index or failures) else not found,
                "erased_before": before.isoformat() if before else None,
                "notes": notes,
            }
        )
    else:
        if not found and not failures:
            day = f"{before:%Y-%m-%d}" if before else ""
            if index:
                click.echo(
                    "No card is known by this address"
                    + (f"; its cards were erased on {day}." if day else ".")
                )
            else:
                click.echo(f"Nothing is left of {named}" + (f"; it was erased on {day}." if day else "."))
        for note in notes:
            click.echo(note)
    _say_what_failed(failures, left=len(wanted) - len(done))


def _commit(kit: Kit, work: Callable[[Session], T], done: list[T], failures: list[Refusal]) -> None:
    """Does the work in a transaction of its own; what was done, and what failed, also after the commit, is told later:
    one that fails stops no other."""
    try:
        with kit.begin() as session:
            one = work(session)
            after_commit(session, lambda: done.append(one))
    except Refusal as failure:
        failures.append(failure)


def _say_what_failed(failures: list[Refusal], *, left: int) -> None:
    """Raises what stays to be done, in one line."""
    if not failures:
        return
    said = " ".join(dict.fromkeys(str(failure) for failure in failures))
    if left:
        raise Unavailable(f"{said} Not erased yet: {cards_of(left)}. Type the same command again.")
    raise Unavailable(f"All of it is erased. {said}")


def _unknown(periods: Retention) -> str:
    """A card that nobody can find by an address is no proof that nothing is kept."""
    return (
        f"A card is known by its sender's address for {periods.email_after_arrival} days after its arrival, and for "
        f"{periods.email_at_most} after it was registered at the most. Of an older one names, the recipient's address "
        "and the reply may still be kept: ask for its number, or for the code on the card or the slip, and use "
        "--number or --code."
    )


def _block(campaign_id: int, card_id: uuid.UUID, kit: Kit, session: Session) -> bool:
    return block_list.block(
        session, campaign_id=campaign_id, card_id=card_id, ledger=kit.ledger.add, by=BY, at=now()
    )


def _erase(
    campaign_id: int,
    card_id: uuid.UUID,
    kit: Kit,
    session: Session,
    *,
    paper: str | None,
    asked: str,
    index: bytes | None,
) -> Erased:
    return erasure.erase(
        session,
        campaign_id=campaign_id,
        card_id=card_id,
        tools=kit.forgetting(),
        asked=asked,
        paper=paper,
        email_index=index,
        by=BY,
        at=now(),
    )


def words_of(one: Erased) -> list[str]:
    """This will say what was done with one card, and what cannot be called back."""
    gone = ", ".join(PARTS[part] for part in one.parts) or "nothing was left of it"
    told = [f"Card {one.number}: erased: {gone}."]
    if one.paper == "none":
        told.append("  It had no paper yet. It is given up, and its stamp is in the drawer again.")
    elif one.paper == "destroyed":
        told.append("  It is given up; its paper was destroyed, and its stamp is in the drawer again.")
    elif one.paper == "missing":
        told.append(
            "  It is given up. There is paper with the names on it: take it out of its tray and destroy it. "
            "Its stamp stays apart and goes onto no other card."
        )
    elif one.travels:
        told.append("  The card itself has left us, with the names on it. Nobody can call it back.")
    if one.manifests:
        lists = ", ".join(str(number) for number in one.manifests)
        told.append(
            f"  On manifest {lists}, which the Post has been shown, its country and postcode stay, without a name, "
            "until that list's time is over."
        )
    if one.print_runs:
        runs = ", ".join(str(run) for run in one.print_runs)
        told.append(
            f"  The file of print run {runs} was taken away. Cards in it without paper: print them by number."
        )
    return told


def _data_of(one: Erased) -> dict[str, Any]:
    return {
        "number": one.number,
        "card": str(one.card_id),
        "status": one.status,
        "parts": list(one.parts),
        "voided": one.voided,
        "paper": one.paper,
        "travels": one.travels,
        "manifests": list(one.manifests),
        "print_runs": list(one.print_runs),
    }


@click.group()
def retention() -> None:
    """What is kept of people goes when its time is over; the scheduler sees to it each night."""


@retention.command()
@click.argument("slug", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would go, and take nothing away.")
@as_json
def run(slug: str | None, dry_run: bool, as_json: bool) -> None:
    """Take away now what is over, in SLUG or in every campaign."""
    with tools() as kit:
        with kit.begin() as session:
            listed = [campaigns.find(session, slug=slug)] if slug else queries.every(session)
        done = [_run_one(kit, each.id, dry_run) for each in listed if each.status != "draft"]
    if as_json:
        return answer({"dry_run": dry_run, "campaigns": [_told(each) for each in done]})
    for each in done:
        click.echo(f"{each.slug}: {_summary(each, dry_run)}")
    if not done:
        click.echo("There is no campaign whose time could be over.")
    return None


def _run_one(kit: Kit, campaign_id: int, dry_run: bool) -> Done:
    if dry_run:
        with kit.snapshot() as session:
            return nights.look(session, campaign_id=campaign_id, vault=kit.vault, at=now())
    return nights.run(
        kit.begin, campaign_id=campaign_id, tools=kit.forgetting(), worker=worker_name(BY), by=BY, clock=now
    )


def _told(done: Done) -> dict[str, Any]:
    return {
        "slug": done.slug,
        "cards": done.cards,
        "parts": dict(done.parts),
        "manifests": done.manifests,
        "print_runs": done.print_runs,
        "records": done.records,
        "unread": done.unread,
        "keys": {"destroyed": done.keys.destroyed, "resting": done.keys.resting},
    }


def _summary(done: Done, dry_run: bool) -> str:
    told = []
    if done.cards:
        parts = ", ".join(f"{PARTS[part]} {n}×" for part, n in done.parts.items())
        told.append(f"{cards_of(done.cards)} ({parts})")
    if done.manifests:
        told.append(f"lines and files of manifest {', '.join(map(str, done.manifests))}")
    if done.print_runs:
        told.append(f"files of print run {', '.join(map(str, done.print_runs))}")
    if done.records:
        told.append(f"free words in {_of(done.records, 'record')}")
    if done.keys.destroyed:
        told.append(f"{_of(done.keys.destroyed, 'data key')}, for ever")
    went = "would go" if dry_run else "gone"
    words = f"{went}: {'; '.join(told)}." if told else "nothing is over."
    if done.keys.resting:
        keys = _of(done.keys.resting, "data key")
        left = "Nothing about people would be left" if dry_run else "Nothing about people is left"
        words += f" {left}. To go the next time, after an hour of rest: {keys}."
    if done.unread:
        words += (
            f" Staying, for the data key is not here: {_of(done.unread, 'mail address', 'mail addresses')}."
        )
    return words


def _of(n: int, one: str, more: str = "") -> str:
    return f"{n} {one}" if n == 1 else f"{n} {more or one + 's'}"
