"""Draws print runs part by part: claim one, draw its cards, look at what came out, keep its file sealed.

Any number of workers draw the same run. A worker that dies costs its part, which another draws again with the same
bytes; when the last part is drawn its cards are printed, all of them in one transaction.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards import jobs
from postcards.errors import Invalid, Refusal, Unavailable
from postcards.rules.face import Face, Look
from postcards.rules.print_checks import in_words
from postcards.services import print_files, print_parts, run_ending
from postcards.services.dispatch import Begin, Clock
from postcards.services.faces import PictureGone, Reads, faces_of, look_of, own_picture
from postcards.services.people import PersonGone
from postcards.services.print_parts import Claim, ClaimLost, FoundFault
from postcards.vault import KeyMissing, Vault, WrongMasterKey

#: Cards opened at once while drawing; the lease is renewed and progress told as often.
CHUNK = 200

#: Draws faces (None: a blank place) onto sheets into a file, and gives the number of cards.
DrawRun = Callable[..., int]


class CardFault(Protocol):
    """What a preflight says of a card."""

    @property
    def number(self) -> int | None: ...

    @property
    def check(self) -> str: ...

    @property
    def why(self) -> str: ...


#: Looks at a drawn part: its file, the look, the faces in their places, and how they were laid out.
Preflight = Callable[..., Sequence[CardFault]]


class Keeps(Protocol):
    """Where files are kept, sealed."""

    def put(self, key: str, source: bytes | Iterator[bytes], *, key_id: str) -> Any: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Press:
    """What drawing takes of the outside. `public_url` is ours; the campaign's own, frozen at its first real print,
    goes before it. With `test` no card can be mistaken for a real one."""

    draw_run: DrawRun
    preflight: Preflight | None
    files: Keeps
    pictures: Reads
    vault: Vault
    public_url: str
    test: bool


@dataclass(slots=True)
class _Drawn:
    """What was read of a part while it was drawn: each place's face, None for a blank one; who is `lost` with a key."""

    faces: list[Face | None] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    lost: list[FoundFault] = field(default_factory=list)


def draw(begin: Begin, *, run_id: uuid.UUID, press: Press, worker: str, clock: Clock) -> bool:
    """This will draw every part of a run that nobody else draws; False when there was none. Raises as `draw_part`."""
    drew = False
    while draw_part(begin, run_id=run_id, press=press, worker=worker, clock=clock):
        drew = True
    return drew


def draw_waiting(begin: Begin, *, press: Press, worker: str, clock: Clock) -> int:
    """This will draw every run that waits, or whose worker was lost; gives how many."""
    with begin() as session:
        waiting = session.scalars(
            text("SELECT id FROM print_run WHERE status IN ('queued', 'drawing') ORDER BY requested_at")
        ).all()
    return sum(draw(begin, run_id=one, press=press, worker=worker, clock=clock) for one in waiting)


def draw_part(begin: Begin, *, run_id: uuid.UUID, press: Press, worker: str, clock: Clock) -> bool:
    """This will draw one part of the run, and ask for the next; False when nothing is left for us.

    When the storage is away or full the run pauses by itself, and when a card cannot be printed the run fails; both
    say so in the run. Raises `Unavailable` when the database is away; the part then waits for its lease to end.
    """
    mine = f"{worker}/{uuid.uuid4().hex[:8]}"
    with begin() as session:
        if run_ending.give_up_on_worn_out(session, run_id=run_id, at=clock()):
            return False
        claimed = print_parts.claim(session, run_id=run_id, worker=mine, at=clock())
    if claimed is None:
        return False
    try:
        _draw(begin, claimed, press, clock)
    except ClaimLost:
        return True
    except PictureGone as gone:  # it does not come back by itself
        with begin() as session:
            run_ending.fail(session, claimed, gone.message, at=clock())
        return False
    except Unavailable as away:
        with suppress(Refusal, ClaimLost), begin() as session:
            run_ending.pause_for_storage(session, claimed, away, at=clock())
        if away.code not in run_ending.OF_STORAGE:
            raise
        return False
    except Refusal as refusal:
        with begin() as session:
            run_ending.fail(session, claimed, refusal.message, at=clock())
        return False
    with begin() as session:
        jobs.enqueue(session, jobs.DRAW_PRINT_RUN, run_id=str(run_id))
    return True


def _draw(begin: Begin, claimed: Claim, press: Press, clock: Clock) -> None:
    url = claimed.public_url or press.public_url
    look = look_of(
        claimed.edition,
        slug=claimed.slug,
        cap=claimed.cap,
        test=press.test,
        picture=own_picture(claimed.edition, press.pictures),
    )
    read = _Drawn()
    faces: Any = _faces(begin, claimed, press.vault, url, clock, read)
    if claimed.order == "stack":
        faces = list(faces)  # the first sheet holds cards from all over the part
    how = {
        "sheet": claimed.sheet,
        "duplex": claimed.duplex,
        "order": claimed.order,
        "offset": claimed.offset,
    }
    # One part is bounded (at most so many sheets), and lies nowhere in the clear but here.
    out = io.BytesIO()
    faults: Sequence[CardFault] = ()
    blank = False
    try:
        press.draw_run(look, faces, out=out, **how)
    except Invalid as refusal:
        for _ in faces:  # those not drawn yet, for each may have a fault of its own
            pass
        blank = not any(read.faces)
        if not blank:
            faults = culprits(press.draw_run, look, [face for face in read.faces if face], claimed.sheet)
            if not (faults or read.lost):
                raise refusal
    faults = [*faults, *read.lost]
    if press.preflight is not None and not faults and not blank:
        _renew(begin, claimed, read, clock)
        out.seek(0)
        faults = press.preflight(out, look, read.faces, **how)
    stored = key = None
    if not faults and not blank:
        _renew(begin, claimed, read, clock)
        key = print_files.file_key(claimed.campaign_id, claimed.run_id, claimed.part.part, claimed.turn)
        stored = press.files.put(key, _pieces(out), key_id=claimed.key_id)
    try:
        with begin() as session:
            counts = run_ending.end_part(
                session,
                claimed,
                drawn=[
                    place for place, face in zip(read.positions, read.faces, strict=True) if face is not None
                ],
                faults=[FoundFault(fault.number, fault.check, fault.why) for fault in faults],
                key=key,
                stored=stored,
                vault=press.vault,
                public_url=None if press.test else url,
                at=clock(),
            )
    except ClaimLost:  # another has the part, and keeps its file elsewhere; or the run was stopped
        if key is not None:
            with suppress(Unavailable):
                press.files.delete(key)
        raise
    _sweep(claimed, press, but=key if counts else None)


def _sweep(claimed: Claim, press: Press, *, but: str | None) -> None:
    """Takes away what those kept who took the part before us; what cannot be reached now goes with the run's file."""
    with suppress(Unavailable):
        print_files.sweep(
            press.files,
            campaign_id=claimed.campaign_id,
            run_id=claimed.run_id,
            part=claimed.part.part,
            turns=claimed.turn,
            but=but,
        )


def culprits(draw_run: DrawRun, look: Look, faces: Sequence[Face], sheet: str) -> list[FoundFault]:
    """This will find the faces that cannot be drawn, by halves; none when all can be drawn alone."""
    try:
        draw_run(look, faces, sheet=sheet, out=io.BytesIO())
    except Invalid as refusal:
        if len(faces) == 1:
            why = refusal.faults[0].message if refusal.faults else refusal.message
            return [FoundFault(faces[0].number, refusal.code, why)]
        middle = len(faces) // 2
        return [
            *culprits(draw_run, look, faces[:middle], sheet),
            *culprits(draw_run, look, faces[middle:], sheet),
        ]
    return []


def _faces(
    begin: Begin, claimed: Claim, vault: Vault, url: str, clock: Clock, read: _Drawn
) -> Iterator[Face | None]:
    """Opens the cards a few at a time, tells how far we are, and renews the lease with each handful. The place of one
    that was corrected, voided or erased since the run was asked for stays blank: its paper would be wrong."""
    position = claimed.part.first_position - 1
    while position < claimed.part.last_position:
        upto = min(position + CHUNK, claimed.part.last_position)
        with begin() as session:
            if read.positions:
                print_parts.renew(session, claimed, drawn=sum(map(bool, read.faces)), at=clock())
            alive = {
                row.position: row
                for row in session.execute(
                    _ALIVE,
                    {
                        "run_id": claimed.run_id,
                        "after": position,
                        "upto": upto,
                        "draft": claimed.draft,
                    },
                )
            }
            numbers = {row.card_id: row.number for row in alive.values()}
            faces = _opened(session, numbers, claimed, vault, url, read.lost)
        for place in range(position + 1, upto + 1):
            face = faces.get(alive[place].card_id) if place in alive else None
            if face is not None and face.tracking_code != alive[place].code:
                face = None  # corrected between the two looks: it waits for paper of its own
            read.positions.append(place)
            read.faces.append(face)
            yield face
        position = upto


_ALIVE = text(
    """
    SELECT prc.position, prc.card_id, prc.code, prc.number FROM print_run_card AS prc
    JOIN card ON card.id = prc.card_id AND card.code = prc.code AND card.status <> 'void'
    WHERE prc.print_run_id = :run_id AND prc.position > :after AND prc.position <= :upto
      AND prc.outcome IS DISTINCT FROM 'taken_out'
      AND (card.print_run_id = :run_id OR card.status <> 'registered' OR CAST(:draft AS boolean))
    """
)


def _opened(
    session: Session,
    numbers: dict[uuid.UUID, int],
    claimed: Claim,
    vault: Vault,
    url: str,
    lost: list[FoundFault],
) -> dict[uuid.UUID, Face]:
    """The faces of these cards (with their numbers): without whom was erased, and `lost` gets whose key is gone."""

    def opened(card_ids: list[uuid.UUID]) -> dict[uuid.UUID, Face]:
        return faces_of(session, card_ids=card_ids, edition=claimed.edition, vault=vault, public_url=url)

    try:
        return opened(list(numbers))
    except WrongMasterKey:  # nobody is lost: it is the house that has to be put right
        raise
    except (PersonGone, KeyMissing):
        found: dict[uuid.UUID, Face] = {}
        for card_id, number in numbers.items():
            try:
                found |= opened([card_id])
            except PersonGone:
                continue
            except KeyMissing:
                lost.append(FoundFault(number, "key_lost", in_words("key_lost", "")))
        return found


def _renew(begin: Begin, claimed: Claim, read: _Drawn, clock: Clock) -> None:
    with begin() as session:
        print_parts.renew(session, claimed, drawn=sum(map(bool, read.faces)), at=clock())


def _pieces(out: BinaryIO, size: int = 1 << 20) -> Iterator[bytes]:
    out.seek(0)
    while piece := out.read(size):
        yield piece
