"""Data keys: what is sealed can be opened, for its key is in the keys file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Campaign
from postcards.queries import data_keys
from postcards.services.checks.sentence import Finding
from postcards.vault import Vault, WrongMasterKey


def missing_keys(session: Session, *, vault: Vault, campaigns: Sequence[int]) -> Iterator[Finding]:
    """This will yield a finding for each key that something hangs on and that is not at hand."""
    try:
        here = vault.key_ids()
    except WrongMasterKey:
        here = set()
    slugs = set(session.scalars(select(Campaign.slug).where(Campaign.id.in_(campaigns))))
    for use in data_keys.used(session):
        if use.slug in slugs and use.is_needed and use.key_id not in here:
            yield Finding(
                "data_key_missing",
                f"data key {use.key_id}",
                f"Data key {use.key_id} of {use.slug} is not in the keys file, but it is needed: {use.words()}.",
            )
