"""Tasks of three lines: each calls one service with this process's tools."""

from __future__ import annotations

import uuid

from postcards import jobs
from postcards.paper.manifest_files import make_files
from postcards.press import press_of
from postcards.services import (
    cut_offs,
    import_waiting,
    journal_chain,
    manifest_files,
    print_control,
    print_files,
    printing,
    sweeping,
    tallies,
)
from workers import mail  # noqa: F401 - its task joins the app
from workers.app import RETRY, app, clock, kit, me


@app.task(name=jobs.FOLD_TALLIES)
def fold_tallies() -> None:
    """Fold the deltas of the last second into the tallies."""
    with kit().begin() as session:
        tallies.fold(session)


@app.task(name=jobs.CHAIN_JOURNAL)
def chain_journal() -> None:
    """Chain the entries of the journal that are settled."""
    with kit().begin() as session:
        journal_chain.seal(session)


@app.task(name=jobs.SWEEP)
def sweep() -> None:
    """Ask again for everything that waited too long; also beat's sign of life."""
    with kit().begin() as session:
        sweeping.sweep(session, at=clock())
    print_control.resume_after_storage(kit().begin, files=kit().files, by="beat", clock=clock)
    print_files.clear_cancelled(kit().begin, files=kit().sealed_files, by="beat", at=clock())


@app.task(name=jobs.SEAL_DUE, **RETRY)
def seal_due() -> None:
    """Seal the manifests of every campaign whose cut-off has passed."""
    cut_offs.seal_due(kit().begin, vault=kit().vault, by="beat", clock=clock)


@app.task(name=jobs.MAKE_MANIFEST_FILES, **RETRY)
def make_manifest_files(campaign_id: int) -> None:
    """Make the files of the campaign's manifests that wait for them, in order."""
    manifest_files.make_all(
        kit().begin,
        campaign_id=campaign_id,
        draw=make_files,
        files=kit().sealed_files,
        vault=kit().vault,
        worker=me(),
        clock=clock,
    )


@app.task(name=jobs.DRAW_PRINT_RUN, **RETRY)
def draw_print_run(run_id: str) -> None:
    """Draw one part of a print run; whoever drew it asks for the next."""
    printing.draw_part(kit().begin, run_id=uuid.UUID(run_id), press=_press(), worker=me(), clock=clock)


@app.task(name=jobs.EXPIRE_IMPORTS)
def expire_imports() -> None:
    """Forget the tables, and their reports, whose hour at the desk is over."""
    with kit().begin() as session:
        import_waiting.expire(session, files=kit().sealed_files, at=clock())


def _press() -> printing.Press:
    tools = kit()
    return press_of(tools.settings, files=tools.files, sealed_files=tools.sealed_files, vault=tools.vault)
