"""Print runs the whole way: claimed, opened, drawn, looked through, sealed and marked, in processes of their own.

Rates are cards a second of processor time of one process, so that a busy machine measures the same.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
import uuid
from pathlib import Path

from bench.filling import fill
from bench.house import Measured, house
from bench.report import Figure
from postcards import config, kit
from postcards.press import press_of
from postcards.queries.print_runs import RunSeen, run_seen
from postcards.services import print_handout, print_requests, printing

#: Two runs, so that what grows with the run shows.
RUNS = (10_000, 100_000)


def print_runs() -> list[Figure]:
    """Each run in one process, drawn part by part. This will give the figures."""
    figures = []
    with house(cap=sum(RUNS)) as measured:
        fill(measured, sum(RUNS), statuses=("registered",))
        first = 1
        for cards in RUNS:
            figures.append(_run(measured, first, first + cards - 1))
            first += cards
    return figures


def _run(measured: Measured, first: int, last: int) -> Figure:
    began = time.monotonic()
    with measured.kit.begin() as session:
        run = print_requests.request_run(
            session,
            campaign_id=measured.campaign_id,
            sheet="a4-4up",
            numbers=(first, last),
            by="bench",
            at=_now(),
        )
    claimed = time.monotonic() - began
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "bench.printing", str(run.id)],
            env=_env(measured),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    with measured.kit.begin() as session:
        seen = run_seen(session, campaign_id=measured.campaign_id, run_id=run.id)
    return Figure(
        f"Print run of {seen.cards:,} cards, one process, database and preflight included",
        f"{seen.cards / told['cpu']:,.0f} cards/s of its processor, {told['peak'] / 1024:,.0f} MiB at most",
        "memory under 200 MiB, whatever the run",
        f"{len(seen.parts)} parts, claimed in {claimed:.1f} s; "
        f"{_bytes(measured, seen) / seen.cards / 1000:,.2f} kB a card; {told['wall']:.0f} s by the clock",
    )


def _bytes(measured: Measured, run: RunSeen) -> int:
    if run.status != "ready":
        raise RuntimeError(f"the run is {run.status}: {run.failure}")
    return sum(len(piece) for piece in print_handout.pieces(run, files=measured.kit.sealed_files, cover=b""))


def _env(measured: Measured) -> dict[str, str]:
    settings = measured.kit.settings
    return os.environ | {
        "POSTCARDS_HOME": str(measured.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_LOG_LEVEL": "error",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


def _draw(run_id: uuid.UUID) -> None:
    """What the measured process does."""
    tools = kit.assemble(config.load(), name="bench", pool_size=2)
    press = press_of(tools.settings, files=tools.files, sealed_files=tools.sealed_files, vault=tools.vault)
    cpu, wall = time.process_time(), time.monotonic()
    printing.draw(tools.begin, run_id=run_id, press=press, worker="bench", clock=_now)
    told = {
        "cpu": time.process_time() - cpu,
        "wall": time.monotonic() - wall,
        "peak": _peak(),
    }
    print(json.dumps(told))


def _peak() -> int:
    """The process's own most, in KiB: getrusage would tell that of the parent it was forked from, if that was more."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.read_text().partition("VmHWM:")[2].split()[0])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


if __name__ == "__main__":
    _draw(uuid.UUID(sys.argv[1]))
