"""`/metrics` tells every figure rightly, for all processes together, to those who keep the house and to nobody else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from postcards import kit
from postcards.jobs import SEND_MAIL
from postcards.measures import Measures
from postcards.queries.figures import figures
from postcards.services import journal_chain, print_handout, tallies
from postcards.web.app import create_app
from postcards.web.watching import measures_of
from tests.plugins.cast import House, Town
from tests.services.print_desk import ask, do, draw

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]

TOKEN = "a token of the tests, long enough"


def told(app: Flask) -> Samples:
    """What Prometheus reads, by the library's own parser: name -> labels -> value."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200, answer.text
    samples: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name][tuple(sorted(labels.items()))]


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(house.kit.engine, "after_cursor_execute", note)
    yield seen
    event.remove(house.kit.engine, "after_cursor_execute", note)


MAIL = """
    INSERT INTO mail (id, campaign_id, card_id, kind, status, not_before, requested_at, claimed_by, claimed_until)
    VALUES (:id, :c, :card, :kind, :status, :due, :due, :by, :until)
"""
MANIFEST = """
    INSERT INTO manifest (id, campaign_id, number, version, status, lines, sealed_at, sealed_by, header, key_id,
        content, content_sha256, files_at, sums_sha256)
    VALUES (:id, :c, :number, :version, 'sealed', 0, :at, 'beat', '{}', 'k', '', '', :files_at, :sums)
"""


def test_it_tells_of_the_database_what_is_so(
    app: Flask, house: House, vilnius: Town, bucharest: Town
) -> None:
    now = dt.datetime.now(dt.UTC)
    hour = dt.timedelta(hours=1)
    cards = [vilnius.register().id for _ in range(3)]
    vilnius.add_kiosk()
    with house.begin() as session:
        mails = [
            (cards[0], "arrival_notice", "waiting", now - hour, None, None),
            (cards[0], "thanks_notice", "failed", now, None, None),
            (cards[1], "arrival_notice", "sending", now - hour, "worker-1", now + hour),
            (cards[1], "thanks_notice", "sending", now - 2 * hour, "worker-2", now - hour),
        ]
        for card, kind, status, due, by, until in mails:
            session.execute(
                text(MAIL),
                {"id": uuid.uuid4(), "c": vilnius.id, "card": card, "kind": kind, "status": status, "due": due,
                 "by": by, "until": until},
            )  # fmt: skip
        for number, version, files_at in ((1, 1, now), (1, 2, now), (2, 1, None)):
            session.execute(
                text(MANIFEST),
                {"id": uuid.uuid4(), "c": vilnius.id, "number": number, "version": version, "at": now - 3 * hour,
                 "files_at": files_at, "sums": files_at and b""},
            )  # fmt: skip
        session.execute(text("UPDATE card SET held = '{suspended}' WHERE id = :id"), {"id": cards[2]})
        for kiosk, seen in zip(vilnius.kiosks, (now, now - hour), strict=True):
            session.execute(
                text("UPDATE kiosk SET last_seen_at = :at WHERE id = :id"), {"at": seen, "id": kiosk.id}
            )
        session.execute(
            text("INSERT INTO heartbeat (name, at) VALUES ('beat', :at)"),
            {"at": now - dt.timedelta(minutes=5)},
        )
        session.execute(
            text("INSERT INTO retention_turn (campaign_id, done_at) VALUES (:c, :at)"),
            {"c": vilnius.id, "at": now - hour},
        )
        session.execute(
            text(
                "INSERT INTO journal (at, by, action, subject) VALUES (:at, 'cli', 'database.backed_up', 'database')"
            ),
            {"at": now - 25 * hour},
        )
    samples = told(app)
    here = {"campaign": vilnius.slug}
    assert value(samples, "postcards_cards", **here, status="registered") == 3
    assert value(samples, "postcards_cards", campaign=bucharest.slug, status="registered") == 1
    places = {"used": 3, "free": 17, "lent": 0, "held": 0, "withdrawn": 0}
    assert {status: value(samples, "postcards_stamps", **here, status=status) for status in places} == places
    assert value(samples, "postcards_cards_held", **here) == 1
    assert value(samples, "postcards_waiting_jobs", kind="mail") == 2, (
        "waiting, and claimed by one who is gone"
    )
    assert 2 * 3600 <= value(samples, "postcards_oldest_job_seconds", kind="mail") < 2 * 3600 + 600
    assert value(samples, "postcards_waiting_jobs", kind="manifest_files") == 1
    assert value(samples, "postcards_waiting_jobs", kind="print_run") == 0
    assert value(samples, "postcards_claims", kind="mail", state="held") == 1
    assert value(samples, "postcards_claims", kind="mail", state="expired") == 1
    assert value(samples, "postcards_mail", **here, status="failed") == 1
    assert value(samples, "postcards_mail", **here, status="sending") == 2
    assert value(samples, "postcards_kiosks", **here, status="active") == 2
    assert value(samples, "postcards_kiosks_seen", **here) == 1
    assert value(samples, "postcards_manifests", **here, status="sealed") == 2, "the newest version of each"
    assert 3 * 3600 <= value(samples, "postcards_manifest_unanswered_seconds", **here) < 3 * 3600 + 600
    assert value(samples, "postcards_manifest_unanswered_seconds", campaign=bucharest.slug) == 0
    assert 300 <= value(samples, "postcards_beat_age_seconds") < 900
    assert 25 * 3600 <= value(samples, "postcards_backup_age_seconds") < 26 * 3600
    assert 3600 <= value(samples, "postcards_retention_age_seconds", **here) < 2 * 3600
    assert value(samples, "postcards_beat_expected") == 1
    assert value(samples, "postcards_database_up") == 1
    assert value(samples, "postcards_tally_tail") == 4
    assert value(samples, "postcards_journal_tail") > 4
    assert value(samples, "postcards_journal_lag_seconds") > 0


def test_what_is_folded_and_chained_is_no_tail(app: Flask, house: House, vilnius: Town) -> None:
    vilnius.register()
    with house.begin() as session:
        tallies.fold(session)
        journal_chain.seal(session, alone=True)
    samples = told(app)
    assert value(samples, "postcards_tally_tail") == 0
    assert value(samples, "postcards_journal_tail") == value(samples, "postcards_journal_lag_seconds") == 0
    assert value(samples, "postcards_cards", campaign="vilnius", status="registered") == 1


def test_a_run_that_nobody_takes_is_counted_for_its_campaign(
    app: Flask, house: House, vilnius: Town, bucharest: Town
) -> None:
    vilnius.register()
    run = ask(vilnius)
    draw(vilnius, run)
    with house.begin() as session:
        session.execute(text("UPDATE print_run SET ready_at = now() - interval '121 minutes'"))
    samples = told(app)
    assert value(samples, "postcards_print_runs_untaken", campaign="vilnius") == 1
    assert value(samples, "postcards_print_runs_untaken", campaign=bucharest.slug) == 0
    do(vilnius, print_handout.take, run)
    assert value(told(app), "postcards_print_runs_untaken", campaign="vilnius") == 0


def test_what_never_was_is_infinitely_old(app: Flask) -> None:
    samples = told(app)
    assert value(samples, "postcards_beat_age_seconds") == float("inf")
    assert value(samples, "postcards_backup_age_seconds") == float("inf")


def test_it_takes_the_same_few_statements_whatever_there_is(house: House, vilnius: Town) -> None:
    def statements() -> int:
        with counted(house) as seen, house.kit.snapshot() as session:
            figures(session, at=house.at)
        return len(seen)

    empty = statements()
    for _ in range(3):
        vilnius.register()
        vilnius.add_kiosk()
    assert statements() == empty <= 18


def test_no_statement_reads_all_cards_or_entries(house: House, vilnius: Town) -> None:
    """Asked of the planner with sequential scans priced out: all that grows is reached through an index."""
    with counted(house) as seen, house.kit.snapshot() as session:
        figures(session, at=house.at)
    with house.kit.engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        plans = [
            "\n".join(connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {_numbered(statement)}").scalars())
            for statement in seen
            if statement.lstrip().startswith(("SELECT", "WITH"))
        ]
    assert len(plans) > 10
    scanned = [
        plan
        for plan in plans
        for table in (" card", " mail", " stamp", " journal")
        if f"Seq Scan on{table} " in plan
    ]
    assert not scanned


def _numbered(statement: str) -> str:
    """psycopg's placeholders as PostgreSQL's own."""
    for number in range(1, 20):
        if "%(" not in statement:
            break
        begin = statement.index("%(")
        end = statement.index(")s", begin) + 2
        statement = statement.replace(statement[begin:end], f"${number}")
    return statement


def test_requests_and_jobs_of_every_process_are_one_histogram(
    app: Flask, house: House, vilnius: Town
) -> None:
    """Another web process and a worker, which has ended, told their sums through files."""
    measures = measures_of(app)
    other, worker = Measures(measures.folder), Measures(measures.folder)
    for status in ("200", "204", "404"):
        other.observe(("http_request", "GET", "/c/<slug>", status), 0.02)
    worker.observe(("job", SEND_MAIL, "done"), 0.7)
    other.tell()
    worker.close()
    for path in (f"/c/{vilnius.slug}", "/c/nobody", "/T/ABCDEFGHJKMNP", "/somewhere/else"):
        app.test_client().get(path)
    samples = told(app)
    page = {"method": "GET", "route": "/c/<slug>"}
    assert value(samples, "http_requests_total", **page, status="200") == 2
    assert value(samples, "http_request_seconds_count", **page, status="2xx") == 3
    assert value(samples, "http_request_seconds_count", **page, status="4xx") == 2
    assert value(samples, "http_request_seconds_bucket", **page, status="2xx", le="0.025") >= 2
    assert value(samples, "http_request_seconds_bucket", **page, status="2xx", le="+Inf") == 3
    assert value(samples, "http_requests_total", method="GET", route="(none)", status="404") == 1
    assert value(samples, "postcards_job_seconds_count", job=SEND_MAIL, outcome="done") == 1
    assert value(samples, "postcards_job_seconds_sum", job=SEND_MAIL, outcome="done") == 0.7
    assert "ABCDEFGHJKMNP" not in str(samples)
    assert "nobody" not in str(samples)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("198.51.100.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 403),
        ("198.51.100.7", {"Authorization": "Bearer another token of the tests"}, 403),
        ("198.51.100.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7", "Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
def test_this_machine_and_the_token_may_read_it(
    house: House, address: str, headers: dict[str, str], status: int
) -> None:
    settings = replace(house.kit.settings, metrics_token=TOKEN)
    client = create_app(replace(house.kit, settings=settings)).test_client()
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert answer.status_code == status
    assert ("postcards_" in answer.text) is (status == 200)


def test_without_a_token_nobody_comes_from_elsewhere(house: House) -> None:
    client = create_app(house.kit).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": ""}):
        answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "198.51.100.7"}, headers=headers)
        assert answer.status_code == 403


def test_behind_a_trusted_proxy_the_caller_counts(house: House) -> None:
    settings = replace(house.kit.settings, trusted_proxies=1)
    client = create_app(replace(house.kit, settings=settings)).test_client()
    from_afar = client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"})
    from_here = client.get("/metrics")
    assert (from_afar.status_code, from_here.status_code) == (403, 200)


def test_without_a_database_the_rest_is_told(house: House, tmp_path: Path) -> None:
    settings = replace(house.kit.settings, database_url=f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    away = kit.assemble(settings, name="test")
    try:
        samples = told(create_app(away))
    finally:
        away.close()
    assert value(samples, "postcards_database_up") == 0
    assert value(samples, "postcards_beat_expected") == 1
    assert "postcards_cards" not in samples


def test_with_a_database_that_has_not_our_tables_the_rest_is_told(app: Flask, house: House) -> None:
    """As between a version's first start and `postcards db upgrade`."""
    with house.begin() as session:
        session.execute(text("ALTER TABLE heartbeat RENAME TO heartbeat_of_another_version"))
    try:
        samples = told(app)
    finally:
        with house.begin() as session:
            session.execute(text("ALTER TABLE heartbeat_of_another_version RENAME TO heartbeat"))
    assert value(samples, "postcards_database_up") == 0
    assert value(samples, "postcards_beat_expected") == 1
    assert "postcards_cards" not in samples
    assert value(told(app), "postcards_database_up") == 1
