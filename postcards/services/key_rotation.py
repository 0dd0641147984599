"""Gives a campaign a new data key, and seals what is old with it, a few rows at a time.

Both keys open meanwhile, so nothing waits and a rotation that was broken off is simply taken up again. Sealed
manifests and print runs do not change: they keep their key until retention takes them. A list whose key is
lost, and which the Post has not answered, is sealed once more without what nobody can read.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from postcards.db import after_commit
from postcards.errors import Denied
from postcards.models import Arrival, Campaign, Person
from postcards.queries import campaigns, data_keys
from postcards.services import journal
from postcards.services.dispatch import Begin, Clock
from postcards.services.manifest_versions import lost_lists, renew_lost
from postcards.vault import KeyMissing, Vault

#: Cards in one transaction: some tens of milliseconds, so that a kiosk that corrects one of them hardly waits.
BATCH = 200

#: How long a key that is no longer in force stays: work that was prepared with it must have ended.
REST = dt.timedelta(hours=1)

_PARTS = ("sender", "recipient", "message", "volunteer")


class KeyInUse(Denied):
    """Something could not be read any more without this key."""

    code = "key_in_use"


class DataKeyLost(Denied):
    """A campaign cannot take cards: the key that it seals with is not in the keys file."""

    code = "data_key_lost"


@dataclass(slots=True)
class Rotated:
    """What was done. `resumed`: an earlier rotation was finished, no new key was made. `lost`: their key is gone.

    `lists` are the numbers of those that nobody could open any more, and that have a new version now.
    """

    key_id: str
    resumed: bool
    people: int = 0
    thanks: int = 0
    lost: int = 0
    lists: tuple[int, ...] = ()


def lost_in_force(session: Session, vault: Vault, *, at: dt.datetime) -> list[str]:
    """This will list the slugs of campaigns whose key in force is lost; not of those that are over, and need none.

    Raises `KeysDamaged`, `WrongMasterKey`.
    """
    here = vault.key_ids()
    lost = [slug for slug, key_id in data_keys.in_force(session).items() if key_id not in here]
    over = data_keys.over(session, at=at) if lost else set()
    return [slug for slug in lost if slug not in over]


def refuse_when_lost(session: Session, vault: Vault, *, at: dt.datetime) -> None:
    """This will raise `DataKeyLost` when a campaign could not seal or read anything, and say what to do."""
    slugs = lost_in_force(session, vault, at=at)
    if slugs:
        raise DataKeyLost(
            f"The data key of {', '.join(slugs)} is not in the keys file, so no card can be taken or read. Put the "
            "file back from your copy, or run `postcards keys recover FILE` with your escrow file. If there is "
            "neither, `postcards keys rotate SLUG` makes a new key: cards can be taken again, names and addresses so "
            "far stay lost."
        )


def rotate(begin: Begin, *, campaign_id: int, vault: Vault, by: str, clock: Clock) -> Rotated:
    """This will finish the campaign's rotation that was broken off, or else make a new key and rotate to it.

    Raises `KeysDamaged`, `WrongMasterKey` before anything is changed.
    """
    here = vault.key_ids()
    with begin() as session:
        campaign = session.get_one(Campaign, campaign_id)
        old, slug = campaign.data_key, campaign.slug
        waiting = old in here and (
            _waits(session, campaign_id, here)
            or bool(lost_lists(session, campaign_id=campaign_id, here=here))
        )
    done = Rotated(old, resumed=waiting)
    if not waiting:
        done.key_id = vault.new_key(campaign=slug)
        with begin() as session:
            _take_into_use(session, campaign_id=campaign_id, old=old, new=done.key_id, by=by, at=clock())
    _reseal_all(begin, campaign_id=campaign_id, vault=vault, done=done)
    with begin() as session:
        current = session.get_one(Campaign, campaign_id).data_key
        edition = campaigns.edition(session, campaign_id)
        done.lists = tuple(
            renew_lost(session, campaign_id=campaign_id, edition=edition, vault=vault, by=by, at=clock())
        )
        journal.write(
            session,
            campaign_id=campaign_id,
            action="data_key.resealed",
            subject=f"data_key:{current}",
            detail={
                "people": done.people,
                "thanks": done.thanks,
                "lost": done.lost,
                "lists": list(done.lists),
            },
            by=by,
            at=clock(),
        )
    for key in vault.data_keys():
        if key.campaign == slug and key.id != current and key.retired_at is None:
            vault.retire(key.id, at=clock())
    return done


def destroy(session: Session, *, key_id: str, vault: Vault, by: str, at: dt.datetime) -> None:
    """This will destroy a key for ever; copies of what it sealed can then be read nowhere, in backups neither.

    Raises `KeyInUse` while anything hangs on it or work may be under way with it, `KeyMissing` for an unknown one.
    """
    found = {key.id: key for key in vault.data_keys()}
    if key_id not in found:
        raise KeyMissing(f"There is no data key {key_id}; `postcards keys list` shows them.")
    for use in data_keys.used(session):
        if use.key_id == key_id and use.is_needed:
            raise KeyInUse(f"Key {key_id} of {use.slug} is needed: {use.words()}. Nothing was destroyed.")
    retired = found[key_id].retired_at
    if retired is None:
        vault.retire(key_id, at=at)
    if retired is None or at < retired + REST:
        until = (retired or at) + REST
        raise KeyInUse(
            f"Key {key_id} may still be in the hands of work under way. Ask again after {until:%Y-%m-%d %H:%M} UTC."
        )
    journal.write(
        session,
        campaign_id=session.scalar(select(Campaign.id).where(Campaign.slug == found[key_id].campaign)),
        action="data_key.destroyed",
        subject=f"data_key:{key_id}",
        by=by,
        at=at,
    )
    after_commit(session, lambda: vault.destroy(key_id))  # never without the journal's word


def _take_into_use(
    session: Session, *, campaign_id: int, old: str, new: str, by: str, at: dt.datetime
) -> None:
    changed = session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.data_key == old)
        .values(data_key=new)
        .returning(Campaign.id)
    ).one_or_none()
    if changed is None:
        raise Denied("Somebody else rotates this campaign's key just now.", code="rotating")
    journal.write(
        session,
        campaign_id=campaign_id,
        action="data_key.rotated",
        subject=f"data_key:{new}",
        detail={"before": old},
        by=by,
        at=at,
    )


_OTHERS = """
    SELECT {what} FROM {table} t JOIN campaign c ON c.id = t.campaign_id
    WHERE c.id = :campaign_id AND t.key_id <> c.data_key {more}
"""


def _waits(session: Session, campaign_id: int, here: set[str]) -> bool:
    """Tells whether anything that can be sealed anew hangs on another key than the one in force.

    What hangs on a key that is lost cannot: it would keep every later rotation from its beginning.
    """
    opens = "AND t.key_id = ANY(:here)"
    parts = f"{opens} AND coalesce({', '.join(_PARTS)}) IS NOT NULL"
    found = text(
        f"SELECT EXISTS ({_OTHERS.format(what='1', table='person', more=parts)}) "
        f"OR EXISTS ({_OTHERS.format(what='1', table='arrival', more=opens)})"
    )
    return bool(session.execute(found, {"campaign_id": campaign_id, "here": list(here)}).scalar_one())


def _reseal_all(begin: Begin, *, campaign_id: int, vault: Vault, done: Rotated) -> None:
    for table, reseal in (("person", _reseal_people), ("arrival", _reseal_thanks)):
        wanted = text(
            _OTHERS.format(what="t.card_id", table=table, more="AND t.card_id > :after")
            + "ORDER BY t.card_id LIMIT :batch"
        )
        after = uuid.UUID(int=0)
        while True:
            with begin() as session:
                cards = session.scalars(
                    wanted, {"campaign_id": campaign_id, "after": after, "batch": BATCH}
                ).all()
                if cards:
                    reseal(session, list(cards), vault, done)
            if not cards:
                break
            after = cards[-1]


def _reseal_people(session: Session, cards: list[uuid.UUID], vault: Vault, done: Rotated) -> None:
    # The card's lock is what whoever corrects a card holds; so nobody writes with the old key what we move.
    session.execute(
        text("SELECT 1 FROM card WHERE id = ANY(:cards) ORDER BY id FOR UPDATE"), {"cards": cards}
    )
    rows = session.execute(
        select(Person, Campaign.data_key)
        .join(Campaign, Campaign.id == Person.campaign_id)
        .where(Person.card_id.in_(cards), Person.key_id != Campaign.data_key)
        .order_by(Person.card_id)
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).all()
    changes = []
    for person, key_id in rows:
        try:
            parts = {
                part: _moved(vault, person.key_id, key_id, getattr(person, part), f"{person.card_id}/{part}")
                for part in _PARTS
            }
        except KeyMissing:
            done.lost += 1
            continue
        changes.append({"card": person.card_id, "key_id": key_id} | parts)
    if changes:
        session.connection().execute(
            update(Person.__table__).where(Person.__table__.c.card_id == bindparam("card")),  # type: ignore[arg-type]
            changes,
        )
    done.people += len(changes)


def _reseal_thanks(session: Session, cards: list[uuid.UUID], vault: Vault, done: Rotated) -> None:
    rows = session.execute(
        select(Arrival, Campaign.data_key)
        .join(Campaign, Campaign.id == Arrival.campaign_id)
        .where(Arrival.card_id.in_(cards), Arrival.key_id != Campaign.data_key)
        .order_by(Arrival.card_id)
        .with_for_update(of=Arrival)
        .execution_options(populate_existing=True)
    ).all()
    for arrival, key_id in rows:
        if arrival.key_id is None:  # asked for above; the types do not know
            continue
        try:
            arrival.thanks = _moved(
                vault, arrival.key_id, key_id, arrival.thanks, f"{arrival.card_id}/thanks"
            )
        except KeyMissing:
            done.lost += 1
            continue
        arrival.key_id = key_id
        done.thanks += 1
    session.flush()


def _moved(vault: Vault, old: str, new: str, sealed: bytes | None, about: str) -> bytes | None:
    return None if sealed is None else vault.seal(new, vault.open(old, sealed, about=about), about=about)
