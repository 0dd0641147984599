"""Keeps the printers of the print desk, each with the offsets that its calibration sheet showed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from postcards.errors import Fault, Invalid, NotFound, says
from postcards.models import Printer
from postcards.rules.sheet import Duplex
from postcards.rules.text import clean, faults_in
from postcards.services import journal

#: The most that a printer can be off, in mm: beyond that its paper lies wrong, and no offset mends that.
FARTHEST = 15.0
NAME_MAX, NOTE_MAX = 60, 200


@dataclass(frozen=True, slots=True)
class Setup:
    """How a run lies on the paper: the duplex edge, and the offsets of both sides in mm (right and up)."""

    printer: str | None = None
    duplex: Duplex = "long-edge"
    front_x: float = 0.0
    front_y: float = 0.0
    back_x: float = 0.0
    back_y: float = 0.0


def setup_of(session: Session, *, campaign_id: int, name: str | None, duplex: Duplex | None = None) -> Setup:
    """This will give what a run on that printer needs; `duplex` goes before the printer's own. Raises `NotFound`."""
    if name is None:
        return Setup(duplex=duplex or "long-edge")
    found = session.scalars(
        select(Printer).where(Printer.campaign_id == campaign_id, Printer.name == name)
    ).one_or_none()
    if found is None:
        raise NotFound(says("There is no printer called “%(name)s” here.", name=name), code="no_such_printer")
    edge: Duplex = "short-edge" if found.duplex == "short-edge" else "long-edge"
    return Setup(name, duplex or edge, found.front_x, found.front_y, found.back_x, found.back_y)


def save(
    session: Session,
    *,
    campaign_id: int,
    name: str,
    duplex: str = "long-edge",
    front: tuple[float, float] = (0.0, 0.0),
    back: tuple[float, float] = (0.0, 0.0),
    note: str = "",
    by: str,
    at: dt.datetime,
) -> None:
    """This will add the printer, or measure the one of that name anew. Raises `Invalid` with every fault."""
    name, note = clean(name), clean(note)
    faults = faults_in(name, field="name", max_length=NAME_MAX)
    faults += faults_in(note, field="note", max_length=NOTE_MAX, required=False)
    if duplex not in ("long-edge", "short-edge"):
        faults.append(Fault("duplex", "choice", "must be long-edge or short-edge."))
    offsets = dict(zip(("front_x", "front_y", "back_x", "back_y"), (*front, *back), strict=True))
    for field, value in offsets.items():
        if not -FARTHEST <= value <= FARTHEST:
            faults.append(
                Fault(
                    field,
                    "range",
                    says(
                        "must be from %(least)s to %(most)s mm; lay the paper right first.",
                        least=f"{-FARTHEST:g}",
                        most=f"{FARTHEST:g}",
                    ),
                )
            )
    if faults:
        raise Invalid(faults=faults)
    values = {"duplex": duplex, "note": note, "measured_by": by, "measured_at": at, **offsets}
    session.execute(
        insert(Printer)
        .values(campaign_id=campaign_id, name=name, **values)
        .on_conflict_do_update(index_elements=["campaign_id", "name"], set_=values)
    )
    _journal(session, campaign_id, "printer.measured", by=by, at=at)


def remove(session: Session, *, campaign_id: int, name: str, by: str, at: dt.datetime) -> None:
    """This will forget the printer; runs that were laid out for it stay as they are. Raises `NotFound`."""
    gone = session.execute(delete(Printer).where(Printer.campaign_id == campaign_id, Printer.name == name))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(says("There is no printer called “%(name)s” here.", name=name), code="no_such_printer")
    _journal(session, campaign_id, "printer.removed", by=by, at=at)


def _journal(session: Session, campaign_id: int, action: str, *, by: str, at: dt.datetime) -> None:
    journal.write(
        session, campaign_id=campaign_id, action=action, subject=f"campaign:{campaign_id}", by=by, at=at
    )
