"""Signs of health tell the truth about each part, what to do about it, and never hang with what hangs."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from postcards import kit
from postcards.gateways.files import FolderStore, StorageAway
from postcards.web.public.health import ANSWER_WITHIN, REMEDIES, REMEDY_NEWER
from tests.plugins.cast import House, Town, bearer
from tests.services.print_desk import ask, draw
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
    parts = ("database", "migrations", "broker", "storage", "files", "keys", "beat", "jobs")
    assert [answer.get_json()[part]["ok"] for part in parts] == [True] * len(parts)


def test_a_silent_beat_is_noticed_unless_nobody_expects_it(
    app: Flask, house: House, engine: Engine, broker_url: str
) -> None:
    client = app.test_client()
    assert client.get("/readyz").get_json()["beat"] == {
        "ok": False,
        "expected": True,
        "last_tick": None,
        "silent_seconds": None,
        "remedy": REMEDIES["beat"],
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


def test_whoever_asks_often_does_not_make_storage_write_often(
    house: House, engine: Engine, broker_url: str
) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    counted = Counted(house.kit.settings.home / "files")
    watched = replace(house, kit=replace(house.kit, files=counted))
    client = app_with(watched, broker_url=broker_url).test_client()
    assert {client.get("/readyz").status_code for _ in range(20)} == {200}
    assert counted.checks == 1
    counted.away = True
    client = app_with(watched, broker_url=broker_url).test_client()
    assert [client.get("/readyz").get_json()["storage"]["ok"] for _ in range(2)] == [False, False]
    assert counted.checks == 3, "who is not well is asked until he is"
    counted.away = False
    assert client.get("/readyz").status_code == 200


def test_storage_that_goes_away_right_after_it_was_well_is_told_at_once(
    house: House, vilnius: Town, engine: Engine, broker_url: str
) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    vilnius.register()
    draw(vilnius, ask(vilnius))
    counted = Counted(house.kit.settings.home / "files")
    watched = replace(house, kit=replace(house.kit, files=counted))
    client = app_with(watched, broker_url=broker_url).test_client()
    assert client.get("/readyz").status_code == 200
    counted.away = True
    told = client.get("/readyz").get_json()
    assert (told["storage"]["ok"], told["storage"]["remedy"]) == (False, REMEDIES["storage"])
    assert told["files"]["code"] == "not_asked"
    counted.away = False
    assert client.get("/readyz").status_code == 200


class Counted(FolderStore):
    """Counts how often it was tried, and can be told to be away."""

    checks = 0
    away = False

    def check(self) -> None:
        """This will try the folder, or say that it is away."""
        self.checks += 1
        if self.away:
            raise StorageAway("The storage is away.")
        super().check()

    def size(self, key: str) -> int:
        """This will give the size of a file, or say that the folder is away."""
        if self.away:
            raise StorageAway("The storage is away.")
        return super().size(key)


def test_a_folder_that_is_not_mounted_is_not_taken_for_a_new_one(
    app: Flask, house: House, vilnius: Town, engine: Engine
) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    folder, client = house.kit.settings.home / "files", app.test_client()
    for _ in range(6):
        vilnius.register()
    run = draw(vilnius, ask(vilnius, part_sheets=1))
    assert client.get("/readyz").get_json()["files"] == {"ok": True}
    folder.rename(folder.with_name("unmounted"))
    folder.mkdir()
    told = client.get("/readyz")
    assert told.status_code == 503
    assert told.get_json()["storage"]["ok"], "it can be written: as any new folder"
    assert told.get_json()["files"] == {
        "ok": False,
        "code": "files_missing",
        "detail": "Files that were kept are not there any more.",
        "remedy": REMEDIES["files"],
    }
    shutil.rmtree(folder)
    folder.with_name("unmounted").rename(folder)
    assert client.get("/readyz").status_code == 200
    house.kit.files.delete(run.parts[0].file_key or "")
    assert client.get("/readyz").status_code == 200, "one that is lost is the matter of `postcards check`"


@pytest.mark.parametrize(
    ("master_key", "holds", "code"),
    [(None, None, "data_key_lost"), (None, "{", "keys_damaged"), ("ab" * 32, "", "wrong_master_key")],
)
def test_keys_that_are_lost_are_told_without_telling_where_they_lie(
    house: House,
    vilnius: Town,
    engine: Engine,
    broker_url: str,
    master_key: str | None,
    holds: str | None,
    code: str,
) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    keys_file = house.kit.settings.keys_file
    if holds is None:
        keys_file.unlink()
    elif holds:
        keys_file.write_text(holds)
    begun_anew = replace(house, kit=replace(house.kit, vault=house.vault_anew(master_key)))
    client = app_with(begun_anew, broker_url=broker_url).test_client()
    told = client.get("/readyz")
    assert told.status_code == 503
    part = told.get_json()["keys"]
    assert (part["ok"], part["code"], part["remedy"]) == (False, code, REMEDIES["keys"])
    assert str(keys_file.parent) not in told.text
    with engine.begin() as connection:
        connection.execute(text("UPDATE campaign SET forgotten_at = now()"))
    assert client.get("/readyz").get_json()["keys"]["ok"] == (holds is None)


def test_keys_that_go_away_under_a_living_house_are_told_and_open_what_they_did(
    app: Flask, house: House, vilnius: Town, engine: Engine
) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    client, keys_file = app.test_client(), house.kit.settings.keys_file
    assert client.get("/readyz").status_code == 200
    away = keys_file.rename(keys_file.with_name("away"))
    assert client.get("/readyz").get_json()["keys"]["code"] == "data_key_lost"
    vilnius.register()
    away.rename(keys_file)
    assert client.get("/readyz").status_code == 200


def test_a_database_that_is_away_is_not_told_as_lost_keys(
    house: House, tmp_path: Path, broker_url: str
) -> None:
    settings = replace(house.kit.settings, database_url=f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    away = kit.assemble(settings, name="test", pool_size=1)
    told = app_with(replace(house, kit=away), broker_url=broker_url).test_client().get("/readyz")
    away.close()
    assert told.status_code == 503
    assert told.get_json()["database"]["ok"] is False
    assert [told.get_json()[part]["code"] for part in ("migrations", "files", "keys", "beat")] == [
        "not_asked"
    ] * 4


@pytest.mark.parametrize(("master_key", "holds"), [(None, "{"), ("ab" * 32, None)])
def test_whoever_comes_hears_nothing_of_where_the_keys_lie(
    house: House, vilnius: Town, broker_url: str, master_key: str | None, holds: str | None
) -> None:
    code, keys_file = vilnius.register().tracking_code, house.kit.settings.keys_file
    with house.begin() as session:
        session.execute(
            text("UPDATE card SET status = 'handed_over', handed_over_at = :at"), {"at": house.at}
        )
    if holds:
        keys_file.write_text(holds)
    begun_anew = replace(house, kit=replace(house.kit, vault=house.vault_anew(master_key)))
    client = app_with(begun_anew, broker_url=broker_url).test_client()
    confirmed = client.post(f"/T/{code}/arrival")
    assert confirmed.status_code in (200, 201), confirmed.text
    words = {"json": {"text": "Ačiū!"}, "headers": {"Accept": "application/json", "Accept-Language": "lt"}}
    for answer in (
        client.post(f"/T/{code}/thanks", **words),
        client.post(
            "/api/v1/kiosk/cards",
            json=vilnius.body(),
            headers=bearer(vilnius.kiosks[0].token) | {"Accept-Language": "lt"},
        ),
    ):
        assert answer.status_code >= 400
        assert answer.get_json()["code"] in ("keys_damaged", "wrong_master_key")
        assert "šifravimo raktus" in answer.get_json()["detail"]
        assert str(keys_file.parent) not in answer.text


def test_a_database_that_is_behind_is_named(app: Flask, engine: Engine) -> None:
    tick(engine, dt.datetime.now(dt.UTC))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["migrations"]["ok"]) == (503, False)


def test_a_broker_that_hangs_holds_nobody_up(house: House, engine: Engine, tmp_path: Path) -> None:
    """It lets one in and never answers, as a stopped process does."""
    tick(engine, dt.datetime.now(dt.UTC))
    path = Path(tempfile.mkdtemp(dir="/tmp")) / "s"  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(8)
        app = app_with(house, broker_url=f"redis+socket://{path}")
        started = time.monotonic()
        answer = app.test_client().get("/readyz")
        took = time.monotonic() - started
    shutil.rmtree(path.parent)
    assert (answer.status_code, answer.get_json()["broker"]["code"]) == (503, "broker_away")
    assert answer.get_json()["broker"]["remedy"] == REMEDIES["broker"]
    assert answer.get_json()["database"]["ok"]
    assert took < ANSWER_WITHIN, "it gives up before the others would be cut off"


def test_a_database_that_hangs_is_said_to_be_silent_and_asked_once(app: Flask, engine: Engine) -> None:
    client = app.test_client()
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE heartbeat IN ACCESS EXCLUSIVE MODE"))
        for _ in range(2):
            answer = client.get("/readyz")
            told = answer.get_json()
            assert (answer.status_code, told["database"]["code"]) == (503, "database_silent")
            assert told["beat"]["code"] == told["jobs"]["code"] == "not_asked"
            assert told["broker"]["ok"]
        asking = [thread for thread in threading.enumerate() if thread.name == "readyz database"]
        assert len(asking) == 1
    tick(engine, dt.datetime.now(dt.UTC))
    deadline = time.monotonic() + 30
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, client.get("/readyz").get_json()


def test_all_who_ask_at_the_same_moment_hear_the_same(app: Flask, engine: Engine) -> None:
    """The second of two watchers was told that nothing answers, for the first was still being answered."""
    tick(engine, dt.datetime.now(dt.UTC))
    with engine.connect() as holding, ThreadPoolExecutor(4) as pool:
        holding.execute(text("LOCK TABLE heartbeat IN ACCESS EXCLUSIVE MODE"))
        asked = [pool.submit(lambda: app.test_client().get("/readyz")) for _ in range(4)]
        deadline = time.monotonic() + 30
        while not any(thread.name == "readyz database" for thread in threading.enumerate()):
            assert time.monotonic() < deadline
        holding.rollback()
        told = [each.result().get_json() for each in asked]
    assert [one["status"] for one in told] == ["ready"] * 4, told


def test_a_database_without_our_tables_is_behind(house: House, engine: Engine, app: Flask) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version, heartbeat"))
    told = app.test_client().get("/readyz").get_json()
    assert told["database"]["ok"]
    assert told["migrations"] == {
        "ok": False,
        "code": "older_database",
        "detail": "The database is older than the version that is running here.",
        "remedy": REMEDIES["migrations"],
    }


def test_a_database_that_a_newer_version_has_upgraded_is_told_from_an_older_one(
    app: Flask, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["migrations"] == {
        "ok": False,
        "code": "newer_database",
        "detail": "The database was upgraded by a newer version than the one that is running here.",
        "remedy": REMEDY_NEWER,
    }
    assert "db upgrade" not in REMEDY_NEWER  # it would end in the same refusal
