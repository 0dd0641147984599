"""A real worker writes as the web does: under the id of whoever asked, with nothing of people, also when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from postcards import config, jobs, logs
from postcards.measures import Measures
from tests.faults.parts import wait_until, worker
from tests.plugins.cast import House, Town

PLANTED = "Ona Petraitienė"
ASKED = "0123456789abcdef"

#: Any fault of ours will do: each tick of the scheduler's brings down what PostgreSQL quotes.
QUOTING = f"""
    CREATE FUNCTION quote_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'not {PLANTED}' USING DETAIL = 'Failing row contains ({PLANTED})', ERRCODE = 'check_violation';
    END $$
"""


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_worker_tells_what_it_did_for_whom_and_quotes_nobody(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with house.begin() as session:
        session.execute(text(QUOTING))
        session.execute(
            text(
                "CREATE TRIGGER quote_it BEFORE INSERT ON heartbeat FOR EACH ROW EXECUTE FUNCTION quote_it()"
            )
        )
    with worker(settings, broker_url, log):
        jobs.connect(broker_url)
        logs.begin(ASKED)
        jobs.send(jobs.SEND_MAIL)
        jobs.send(jobs.SWEEP)
        logs.end()
        jobs.disconnect()
        wait_until(
            lambda: (
                {line.get("outcome") for line in lines(log) if line.get("request_id") == ASKED}
                >= {"done", "failed"}
            ),
            "both jobs are told",
            seconds=60,
        )
        measures = Measures(settings.home / "run" / "measures")
        wait_until(lambda: len(measures.everything("job")) >= 2, "the figures are told", seconds=30)
    told = [line for line in lines(log) if line.get("request_id") == ASKED]
    done, failed = (
        next(line for line in told if line["event"] == "job" and line["outcome"] == outcome)
        for outcome in ("done", "failed")
    )
    assert (done["job"], done["attempts"], done["level"]) == (jobs.SEND_MAIL, 1, "info")
    assert (failed["job"], failed["level"]) == (jobs.SWEEP, "warning")
    assert done["job_id"] != failed["job_id"]
    assert done["ms"] >= 0
    surprise = next(line for line in told if line["event"] == "surprise")
    assert surprise["job_id"] == failed["job_id"]
    assert "sqlstate=23514" in surprise["error"] + surprise["trace"]
    assert "postcards/services/sweeping.py" in surprise["trace"]
    assert PLANTED not in log.read_text()

    for line in lines(log):
        assert tuple(line)[:5] == logs.PLACES
        assert not line.keys() - {*logs.PLACES, *logs.FIELDS, "logger"}, line
    outcomes = {one.labels: one.count for one in measures.everything("job")}
    assert outcomes[jobs.SEND_MAIL, "done"] >= 1
    assert outcomes[jobs.SWEEP, "failed"] >= 1
