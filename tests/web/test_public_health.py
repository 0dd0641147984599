"""Signs of health tell the truth about each part, and metrics count without naming anybody."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from tests.plugins.cast import House
from tests.services.travelling import Town
from tests.web.public_house import app_with


@pytest.fixture
def app(house: House, broker_url: str) -> Flask:
    return app_with(house, broker_url=broker_url)


def tick(engine: Engine, at: dt.datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO heartbeat (name, at) VALUES ('beat', :at)"
                " ON CONFLICT (name) DO UPDATE SET at = excluded.at"
            ),
            {"at": at},
        )


def test_the_process_answers(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_when_every_part_answers(app: Flask, engine: Engine) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["status"] == "ready"
    parts = ("database", "migrations", "broker", "storage", "beat", "jobs")
    assert [answer.get_json()[part]["ok"] for part in parts] == [True] * 6


def test_a_silent_beat_is_noticed_unless_nobody_expects_it(
    app: Flask, house: House, engine: Engine, broker_url: str
) -> None:
    client = app.test_client()
    assert client.get("/readyz").get_json()["beat"] == {
        "ok": False,
        "expected": True,
        "last_tick": None,
        "silent_seconds": None,
    }
    tick(engine, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["beat"]["silent_seconds"] >= 300
    answer = app_with(house, broker_url=broker_url, expect_beat=False).test_client().get("/readyz")
    assert answer.status_code == 200, answer.get_json()


def test_a_broker_that_is_away_is_named_quickly(house: House, engine: Engine, tmp_path: Path) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    started = dt.datetime.now(dt.UTC)
    away = app_with(house, broker_url=f"redis+socket://{tmp_path}/nobody.sock")
    answer = away.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["broker"]["code"]) == (503, "broker_away")
    assert answer.get_json()["database"]["ok"]
    assert dt.datetime.now(dt.UTC) - started < dt.timedelta(seconds=5)


def test_a_storage_that_cannot_be_written_is_named(app: Flask, house: House, engine: Engine) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    house.kit.settings.home.mkdir(exist_ok=True)
    (house.kit.settings.home / "files").write_text("a file stands where the folder should be")
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["storage"]["ok"]) == (503, False)


def test_a_database_that_is_behind_is_named(app: Flask, engine: Engine) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["migrations"]["ok"]) == (503, False)


def test_metrics_count_by_route_and_never_by_code(app: Flask, house: House) -> None:
    town = Town(house)
    card = town.card()
    client = app.test_client()
    client.get(f"/T/{card.code}")
    client.get("/somewhere/else")
    told = client.get("/metrics").text
    assert 'postcards_cards{campaign="vilnius",status="handed_over"} 1.0' in told
    assert 'postcards_stamps{campaign="vilnius",status="free"} 199.0' in told
    assert 'postcards_waiting_jobs{kind="mail"} 0.0' in told
    assert 'http_requests_total{method="GET",route="/T/<code>",status="200"}' in told
    assert 'route="(none)",status="404"' in told
    assert card.code not in told
