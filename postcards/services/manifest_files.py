"""Makes the files of sealed manifests, once, in the order of sealing: each names the hash of the one before.

A worker claims a manifest with a lease and records its files only while the claim is its own. One that dies
midway leaves nothing but files under keys that nobody knows; the next one makes the same bytes again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Integer, cast, func, insert, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from postcards.errors import Denied, Refusal, Unavailable
from postcards.models import Manifest, ManifestFile
from postcards.rules.manifest import Content, MadeFile
from postcards.services import journal
from postcards.services.dispatch import Begin, Clock
from postcards.services.manifests import WAITS_FOR_FILES, content_of
from postcards.vault import Vault

#: How long a claim lasts: making 10,000 lines takes seconds, so who is silent this long is gone.
LEASE = dt.timedelta(seconds=60)

#: Seconds between looks when another worker makes the file that ours is chained to.
PAUSE = 0.5

#: Looks until we give up waiting for it: longer than a lease.
LOOKS = 180

#: First key of the advisory lock around a claim and around its end (any number of our own).
MAKING = 0xF11E5

SUMS = "SHA256SUMS"

Draw = Callable[[Content, bytes | None], Sequence[MadeFile]]


class Keeps(Protocol):
    """What keeps the files: `gateways.sealed_files.SealedFiles`."""

    def put(self, key: str, source: bytes, *, key_id: str) -> object: ...


class ClaimLost(Denied):
    """The lease ran out and somebody else has the manifest now; what we made is dropped."""

    code = "claim_lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """A manifest that `worker` alone makes files for, until the lease runs out."""

    manifest_id: uuid.UUID
    campaign_id: int
    number: int
    version: int
    worker: str
    key_id: str
    content: Content
    previous_sha256: bytes | None


_sequence = cast(Manifest.header["sequence"].astext, Integer)


def waiting(session: Session, *, campaign_id: int) -> int:
    """This will count the campaign's manifests whose files are not made yet."""
    return session.execute(
        select(func.count()).select_from(Manifest).where(Manifest.campaign_id == campaign_id, WAITS_FOR_FILES)
    ).scalar_one()


def campaigns_waiting(session: Session, *, at: dt.datetime) -> list[int]:
    """This will list the campaigns that have a manifest without files which nobody is at work on."""
    free = or_(Manifest.claimed_until.is_(None), Manifest.claimed_until < at)
    return list(session.scalars(select(Manifest.campaign_id).where(WAITS_FOR_FILES, free).distinct()))


def claim_next(
    session: Session, *, campaign_id: int, vault: Vault, worker: str, at: dt.datetime
) -> Claim | None:
    """Claim the first manifest without files. This will return None: there is none, or it is claimed."""
    # Whoever ends a manifest commits before the next one is looked for, so the first is never missed.
    _one_at_a_time(session, campaign_id)
    first = (
        select(Manifest.id)
        .where(Manifest.campaign_id == campaign_id, WAITS_FOR_FILES)
        .order_by(_sequence)
        .limit(1)
        .scalar_subquery()
    )
    manifest = session.execute(
        update(Manifest)
        .where(
            Manifest.id == first,
            WAITS_FOR_FILES,
            or_(Manifest.claimed_until.is_(None), Manifest.claimed_until < at),
        )
        .values(claimed_by=worker, claimed_until=at + LEASE)
        .returning(Manifest)
    ).scalar_one_or_none()
    if manifest is None:
        return None
    earlier = aliased(Manifest)
    earlier_sequence = cast(earlier.header["sequence"].astext, Integer)
    previous = session.execute(
        select(earlier.sums_sha256)
        .where(
            earlier.campaign_id == campaign_id,
            earlier.sums_sha256.is_not(None),  # all, but for those that never got files
            earlier_sequence < manifest.header["sequence"],
        )
        .order_by(earlier_sequence.desc())
        .limit(1)
    ).scalar_one_or_none()
    return Claim(
        manifest_id=manifest.id,
        campaign_id=campaign_id,
        number=manifest.number,
        version=manifest.version,
        worker=worker,
        key_id=manifest.key_id,
        content=content_of(vault, manifest),
        previous_sha256=previous,
    )


def renew(session: Session, *, claim: Claim, at: dt.datetime) -> None:
    """This will make the lease last from `at`. Raises `ClaimLost`."""
    _mine(session, claim, {"claimed_until": at + LEASE})


def record(session: Session, *, claim: Claim, files: Sequence[tuple[MadeFile, str]], at: dt.datetime) -> None:
    """Write down the files (each with the key it is kept under) and end the claim. Raises `ClaimLost`.

    The last of them is SHA256SUMS; the next manifest is chained to its hash. This will also journal it.
    """
    _one_at_a_time(session, claim.campaign_id)
    listing = files[-1][0]
    if listing.name != SUMS:
        raise ValueError(f"the last file must be {SUMS}")
    _mine(
        session,
        claim,
        {
            "files_at": at,
            "previous_sha256": claim.previous_sha256,
            "sums_sha256": listing.sha256,
            "claimed_by": None,
            "claimed_until": None,
        },
    )
    session.execute(
        insert(ManifestFile),
        [
            {
                "manifest_id": claim.manifest_id,
                "campaign_id": claim.campaign_id,
                "position": position,
                "name": file.name,
                "media_type": file.media_type,
                "bytes": len(file.content),
                "sha256": file.sha256,
                "file_key": key,
            }
            for position, (file, key) in enumerate(files, start=1)
        ],
    )
    journal.write(
        session,
        campaign_id=claim.campaign_id,
        action="manifest.files_made",
        subject=f"manifest:{claim.number}",
        detail={"version": claim.version, "sums_sha256": listing.sha256.hex(), "files": len(files)},
        by=claim.worker,
        at=at,
    )


def make_next(
    begin: Begin, *, campaign_id: int, draw: Draw, files: Keeps, vault: Vault, worker: str, clock: Clock
) -> bool:
    """Make the files of the next manifest that waits for them.

    `draw` makes the files out of the content. This will return False when none waits or somebody else is at
    it. Raises `Unavailable` when storage or database is away; the manifest then waits again.
    """
    mine = f"{worker}/{uuid.uuid4().hex[:8]}"
    with begin() as session:
        claim = claim_next(session, campaign_id=campaign_id, vault=vault, worker=mine, at=clock())
    if claim is None:
        return False
    try:
        made = draw(claim.content, claim.previous_sha256)
        with begin() as session:
            renew(session, claim=claim, at=clock())
        kept = []
        for file in made:
            key = file_key(claim, file)
            files.put(key, file.content, key_id=claim.key_id)
            kept.append((file, key))
        with begin() as session:
            record(session, claim=claim, files=kept, at=clock())
    except ClaimLost:
        return True
    except BaseException:
        with suppress(Refusal), begin() as session:
            _mine(session, claim, {"claimed_by": None, "claimed_until": None})
        raise
    return True


def make_all(
    begin: Begin,
    *,
    campaign_id: int,
    draw: Draw,
    files: Keeps,
    vault: Vault,
    worker: str,
    clock: Clock,
    pause: Callable[[float], None] | None = None,
) -> int:
    """Make the files of every manifest of a campaign that waits for them.

    With `pause` (`time.sleep`) it also waits for those that another worker has claimed, and raises
    `Unavailable` when they stay away for longer than a lease. This will return how many it saw through.
    """
    done = looks = 0
    while True:
        if make_next(
            begin, campaign_id=campaign_id, draw=draw, files=files, vault=vault, worker=worker, clock=clock
        ):
            done, looks = done + 1, 0
            continue
        with begin() as session:
            left = waiting(session, campaign_id=campaign_id)
        if not left or pause is None:
            return done
        looks += 1
        if looks > LOOKS:
            raise Unavailable("The files of a manifest are still being made. Look again in a minute.")
        pause(PAUSE)


def file_key(claim: Claim, file: MadeFile) -> str:
    """This will give the key a file is kept under; with the hash in it, no other bytes take its place."""
    folder = f"manifests/{claim.campaign_id}/{claim.number}.{claim.version}"
    return f"{folder}/{hashlib.sha256(file.content).hexdigest()[:32]}/{file.name}"


def _one_at_a_time(session: Session, campaign_id: int) -> None:
    session.execute(
        text("SELECT pg_advisory_xact_lock(:room, :campaign_id)"),
        {"room": MAKING, "campaign_id": campaign_id},
    )


def _mine(session: Session, claim: Claim, values: dict[str, object]) -> None:
    changed = session.execute(
        update(Manifest)
        .where(
            Manifest.id == claim.manifest_id,
            Manifest.claimed_by == claim.worker,
            Manifest.files_at.is_(None),
        )
        .values(**values)
        .returning(Manifest.id)
    ).one_or_none()
    if changed is None:
        raise ClaimLost("Another worker has taken this manifest over.")
