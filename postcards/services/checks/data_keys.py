"""Data keys: what is sealed can be opened, for its key is in the keys file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Campaign
from postcards.queries import data_keys
from postcards.services.checks.sentence import Finding
from postcards.vault import Vault, WrongMasterKey

#: More numbers than this nobody goes through by hand.
SHOWN = 100


def missing_keys(
    session: Session, *, vault: Vault, campaigns: Sequence[int], at: dt.datetime | None = None
) -> Iterator[Finding]:
    """This will yield a finding for each key that something hangs on and that is not at hand.

    What a campaign that is over at `at` (now) still has is named as kept too long, and not for its key.
    """
    try:
        here = vault.key_ids()
    except WrongMasterKey:
        here = set()
    slugs = set(session.scalars(select(Campaign.slug).where(Campaign.id.in_(campaigns))))
    missing = [
        use
        for use in data_keys.used(session)
        if use.slug in slugs and use.is_needed and use.key_id not in here
    ]
    over = data_keys.over(session, at=at) if missing and at is not None else set()
    for use in missing:
        if use.slug not in over:
            yield Finding(
                "data_key_missing",
                f"data key {use.key_id}",
                f"Data key {use.key_id} of {use.slug} is not in the keys file, but it is needed: {use.words()}."
                + _which(data_keys.numbers(session, slug=use.slug, key_id=use.key_id)),
            )


def _which(numbers: Sequence[int]) -> str:
    """The cards that whoever has no copy of the key gives up, and registers once more."""
    if not numbers:
        return ""
    shown = ", ".join(map(str, numbers[:SHOWN])) + (" …" if len(numbers) > SHOWN else "")
    return f" Names and addresses cannot be read of No. {shown}."
