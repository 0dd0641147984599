"""A request is named by an id and a route; the jobs that it sets off bear the same id; nothing else is told of it."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import redis
from flask import Flask
from sqlalchemy import text
from structlog.testing import capture_logs

from postcards import jobs, logs
from postcards.services import kiosks
from postcards.web.app import create_app
from postcards.web.watching import HEADER
from tests.faults.parts import wait_until
from tests.plugins.cast import House, Town, bearer
from tests.watching.writing import writing_to

PLANTED = "Petraitienė"
UUID = "6b0c1c2a-7e0f-4b57-9a58-0d2f6e0c1a11"


def requests_in(lines: list[Any]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == "request"]


def test_a_line_names_the_route_and_never_the_address(app: Flask, vilnius: Town) -> None:
    client = app.test_client()
    with capture_logs() as lines:
        client.get("/T/ABCDEFGHJKMNP?said=by-somebody")
        client.get(f"/c/{vilnius.slug}")
        client.get("/c/somebody-typed-this")
        client.get("/nothing/here")
    told = requests_in(lines)
    for line in told:
        assert line.pop("ms") >= 0
        del line["event"]
    assert told == [
        {"method": "GET", "route": "/T/<code>", "status": 404, "by": "visitor", "log_level": "info"},
        {"method": "GET", "route": "/c/<slug>", "status": 200, "by": "visitor", "campaign": "vilnius",
         "log_level": "info"},
        {"method": "GET", "route": "/c/<slug>", "status": 404, "by": "visitor", "log_level": "info"},
        {"method": "GET", "route": "(none)", "status": 404, "log_level": "info"},
    ]  # fmt: skip


def test_a_kiosk_is_named_by_its_id_and_campaign(app: Flask, vilnius: Town) -> None:
    kiosk = vilnius.kiosks[0]
    with capture_logs() as lines:
        app.test_client().get("/api/v1/kiosk", headers=bearer(kiosk.token))
    (line,) = requests_in(lines)
    assert (line["by"], line["campaign"]) == (f"kiosk:{kiosk.id}", "vilnius")
    assert kiosk.token not in str(lines)


def test_what_machines_ask_every_few_seconds_is_written_at_debug_only(app: Flask) -> None:
    with capture_logs() as lines:
        for path in ("/healthz", "/metrics"):
            assert app.test_client().get(path).status_code == 200
    assert [line["log_level"] for line in requests_in(lines)] == ["debug", "debug"]


def test_every_answer_bears_an_id_and_only_a_trusted_proxy_may_choose_it(app: Flask, house: House) -> None:
    client = app.test_client()
    made = [client.get("/healthz").headers[HEADER] for _ in range(2)]
    assert all(map(logs.well_formed, made))
    assert made[0] != made[1]
    assert client.get("/healthz", headers={HEADER: UUID}).headers[HEADER] != UUID
    assert client.get("/nothing").headers[HEADER]

    settings = replace(house.kit.settings, trusted_proxies=1)
    behind = create_app(replace(house.kit, settings=settings)).test_client()
    assert behind.get("/healthz", headers={HEADER: UUID.upper()}).headers[HEADER] == UUID
    for foolish in (PLANTED.encode().decode("latin-1"), "a" * 15, "a" * 65, "zz-zz-zz-zz-zz-zz-zz"):
        assert logs.well_formed(behind.get("/healthz", headers={HEADER: foolish}).headers[HEADER])


QUOTING = """
    CREATE FUNCTION quote_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'not %', NEW.device_name USING DETAIL = NEW.device_name, ERRCODE = 'check_violation';
    END $$
"""


def test_a_surprise_is_told_with_its_trace_and_without_what_the_database_quotes(
    app: Flask, house: House, vilnius: Town
) -> None:
    """A trigger stands for any fault of ours: PostgreSQL's words hold what was typed, and the log must not."""
    with house.begin() as session:
        _, code = kiosks.add_kiosk(
            session, campaign_id=vilnius.id, venue_slug=vilnius.edition.venues[0].slug, name="Two", by="t",
            at=dt.datetime.now(dt.UTC),
        )  # fmt: skip
        session.execute(text(QUOTING))
        session.execute(
            text("CREATE TRIGGER quote_it BEFORE UPDATE ON kiosk FOR EACH ROW EXECUTE FUNCTION quote_it()")
        )
    app.config["PROPAGATE_SURPRISES"] = False
    out = io.StringIO()
    with writing_to(out):
        answer = app.test_client().post(
            "/api/v1/kiosk/pairing", json={"pairing_code": code, "device_name": PLANTED}
        )
    assert answer.status_code == 500
    surprise, line = (json.loads(line) for line in out.getvalue().splitlines())
    assert (surprise["level"], surprise["event"]) == ("error", "surprise")
    assert "sqlstate=23514" in surprise["error"] + surprise["trace"]
    assert "postcards/services/kiosks.py" in surprise["trace"]
    assert surprise["request_id"] == line["request_id"] == answer.headers[HEADER]
    assert (line["level"], line["status"]) == ("warning", 500)
    for word in (PLANTED, code, "Two"):
        assert word not in out.getvalue()
        assert word not in answer.text


def test_a_job_bears_the_id_of_the_request_that_asked(house: House, broker_url: str) -> None:
    jobs.connect(broker_url)
    try:
        logs.begin("0123456789abcdef")
        with house.begin() as session:
            jobs.enqueue(session, jobs.SEND_MAIL)
        logs.end()
        jobs.send(jobs.SWEEP)
    finally:
        jobs.disconnect()
        logs.end()
    with redis.Redis(unix_socket_path=broker_url.removeprefix("redis+socket://")) as broker:
        waiting = [json.loads(message)["headers"] for message in broker.lrange(jobs.QUEUE, 0, -1)]
    asked = {headers["task"]: headers.get(jobs.ASKED_BY) for headers in waiting}
    assert asked == {jobs.SEND_MAIL: "0123456789abcdef", jobs.SWEEP: None}


def test_a_message_that_cannot_leave_is_told_with_the_request_that_asked(tmp_path: Path) -> None:
    def dropped() -> list[Any]:
        return [line for line in lines if line["event"] == "message dropped"]

    with capture_logs() as lines:
        jobs.connect(f"redis+socket://{tmp_path}/nobody.sock")
        logs.begin("0123456789abcdef")
        jobs.send(jobs.SEND_MAIL)
        logs.end()
        wait_until(dropped, "the message is dropped", seconds=30)
        jobs.disconnect()
    (line,) = dropped()
    assert (line["request_id"], line["job"]) == ("0123456789abcdef", jobs.SEND_MAIL)
