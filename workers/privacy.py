"""The tasks that take away what is over."""

from __future__ import annotations

from postcards import jobs
from postcards.services import retention
from workers.app import RETRY, app, clock, kit, me


@app.task(name=jobs.RUN_RETENTION, **RETRY)
def run_retention() -> None:
    """Take away what is over in every campaign whose night has come."""
    retention.run_due(kit().begin, tools=kit().forgetting(), worker=me(), by="beat", clock=clock)


@app.task(name=jobs.RETAIN, **RETRY)
def retain(campaign_id: int) -> None:
    """Take away what is over in one campaign, now: something happened there from which periods count."""
    retention.run_soon(
        kit().begin,
        campaign_id=campaign_id,
        tools=kit().forgetting(),
        worker=me(),
        by="worker",
        clock=clock,
    )
