"""What beat asks for, and how often (seconds). Each is safe to ask for twice, and late is never lost."""

from __future__ import annotations

from typing import Any

from postcards import jobs


def _every(seconds: float, job: str) -> dict[str, Any]:
    # A message that nobody took before the next one is due says nothing new.
    return {"task": job, "schedule": seconds, "options": {"expires": max(seconds, 5.0)}}


SCHEDULE = {
    "fold tallies": _every(1.0, jobs.FOLD_TALLIES),
    "chain the journal": _every(1.0, jobs.CHAIN_JOURNAL),
    "seal what is due": _every(15.0, jobs.SEAL_DUE),
    "sweep": _every(5.0, jobs.SWEEP),
    "forget tables": _every(300.0, jobs.EXPIRE_IMPORTS),
    # Each campaign has its own night; whether it has come is looked up, so a missed one is made up for.
    "take away what is over": _every(600.0, jobs.RUN_RETENTION),
}
