"""The disk for files is full, read-only or gone, or the database's is: work waits, says why, and goes on by itself."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import make_url

from postcards import config, embedded, kit
from postcards.paper.manifest_files import make_files
from postcards.rules.manifest import Content, MadeFile
from postcards.services import manifest_files, print_control, print_requests, printing
from postcards.web.app import create_app
from tests.faults.disks import SmallDisk, longest_file, small_disk
from tests.faults.parts import books, now, print_cards, seal, value
from tests.plugins.cast import House, bearer
from tests.services.pressing import press

#: How storage can fail: a name, and what is said about it.
FAILINGS = {"over a quota": "full", "full": "full", "read-only": "cannot be used"}
#: Mounting is not for everybody.
MOUNTED = pytest.mark.needs("mount")
EVERY_FAILING = [pytest.param(how, marks=() if how == "over a quota" else MOUNTED) for how in FAILINGS]


def _house_on(settings: config.Settings, storage: Path) -> House:
    made = kit.assemble(dataclasses.replace(settings, storage_url=storage.as_uri()), name="test", pool_size=5)
    return House(made, now())


@contextmanager
def _failing(how: str, settings: config.Settings) -> Iterator[tuple[House, AbstractContextManager[None]]]:
    """A house, and a block in which its storage fails."""
    if how == "over a quota":
        with closing(_house_on(settings, settings.home / "files").kit) as tools:
            yield House(tools, now()), longest_file(700)
        return
    with small_disk(16) as disk, closing(_house_on(settings, disk.place).kit) as tools:
        yield House(tools, now()), disk.full() if how == "full" else disk.read_only()


@pytest.mark.parametrize("how", EVERY_FAILING)
def test_the_files_of_a_manifest_wait_for_room(settings: config.Settings, how: str) -> None:
    with _failing(how, settings) as (house, failing):
        town = house.open_campaign("vilnius", cap=20)
        print_cards(house, town, 3)
        seal(house, town)
        with failing:
            with pytest.raises(Exception, match=FAILINGS[how]) as refused:
                _make(house, town.id)
            assert getattr(refused.value, "retry_after", 0) >= 1
            ready = create_app(house.kit).test_client().get("/readyz")
            assert (ready.status_code, ready.get_json()["storage"]["ok"]) == (503, how == "over a quota")
        assert (
            value(house, "SELECT count(*) FROM manifest WHERE files_at IS NULL AND claimed_by IS NULL") == 1
        )
        assert value(house, "SELECT count(*) FROM manifest_file") == 0
        assert _half_files(house) == []
        assert _make(house, town.id) == 1
        assert value(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL") == 1
        assert books(house) == []


def _make(house: House, campaign_id: int) -> int:
    return manifest_files.make_all(
        house.begin,
        campaign_id=campaign_id,
        draw=_draw,
        files=house.kit.sealed_files,
        vault=house.kit.vault,
        worker="test",
        clock=now,
    )


@pytest.mark.parametrize("how", EVERY_FAILING)
def test_a_print_run_pauses_until_there_is_room(settings: config.Settings, how: str) -> None:
    with _failing(how, settings) as (house, failing):
        town = house.open_campaign("vilnius", cap=20)
        for _ in range(5):
            town.register()
        with house.begin() as session:
            run = print_requests.request_run(
                session, campaign_id=town.id, sheet="a4-4up", by="test", at=now()
            )
        with failing:
            _print(house, run.id)
            assert (
                value(house, "SELECT status || ' for ' || paused_for FROM print_run") == "paused for storage"
            )
            assert FAILINGS[how] in str(value(house, "SELECT failure FROM print_run"))
            assert value(house, "SELECT count(*) FROM card WHERE status = 'registered'") == 5
        assert _half_files(house) == []
        again = print_control.resume_after_storage(house.begin, files=house.kit.files, by="beat", clock=now)
        assert again == 1
        _print(house, run.id)
        assert value(house, "SELECT status FROM print_run") == "ready"
        assert value(house, "SELECT count(*) FROM print_log") == 5
        assert books(house) == []


def _print(house: House, run_id: uuid.UUID) -> None:
    printing.draw(house.begin, run_id=run_id, press=press(house), worker="test", clock=now)


def _half_files(house: House) -> list[Path]:
    kept = Path(house.kit.settings.storage_url.removeprefix("file://"))
    return [file for file in kept.rglob("*") if file.name.startswith(".")]


def _draw(content: Content, previous_sha256: bytes | None) -> Sequence[MadeFile]:
    """Drawing writes elsewhere: only the storage has no room."""
    with longest_file(-1):
        return make_files(content, previous_sha256)


_SAYS_IT_IS_FULL = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON card FOR EACH ROW EXECUTE FUNCTION no_room()
"""


@contextmanager
def _no_room(house: House) -> Iterator[None]:
    """The database says that it has no room for another card, until the block ends."""
    with house.begin() as session:
        session.execute(sa.text(_SAYS_IT_IS_FULL))
    yield
    with house.begin() as session:
        session.execute(sa.text("DROP TRIGGER no_room ON card"))


@contextmanager
def _on_a_small_disk(
    settings: config.Settings, servers: embedded.Servers, template: str
) -> Iterator[tuple[House, SmallDisk]]:
    """A house whose database lies on a disk of its own."""
    url = make_url(servers.database_url)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as outside:
        folder = outside.execute("SELECT current_setting('data_directory')").fetchall()[0][0]
        with small_disk(64, owner=Path(folder).stat().st_uid) as disk:
            outside.execute(f"CREATE TABLESPACE small LOCATION '{disk.place}'".encode())
            outside.execute(f"CREATE DATABASE small TEMPLATE {template} TABLESPACE small".encode())
            try:
                mine = url.set(database="small").render_as_string(hide_password=False)
                own = dataclasses.replace(settings, database_url=mine)
                with closing(kit.assemble(own, name="test", pool_size=5)) as tools:
                    yield House(tools, now()), disk
            finally:
                outside.execute(b"DROP DATABASE small WITH (FORCE)")
                outside.execute(b"DROP TABLESPACE small")


def _register_without_room(house: House, failing: AbstractContextManager[None]) -> None:
    """Cards are taken until there is no room; then the kiosk is told to wait, and the same card is taken later."""
    town = house.open_campaign("vilnius", cap=500)
    client = create_app(house.kit).test_client()
    token = bearer(town.kiosks[0].token)
    taken = 0
    with failing:
        for _ in range(400):
            body = town.body(message="Labas! " * 30)
            answer = client.post("/api/v1/kiosk/cards", json=body, headers=token)
            if answer.status_code != 201:
                break
            taken += 1
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Nothing was lost" in answer.get_json()["detail"]
    assert value(house, "SELECT count(*) FROM card") == taken
    assert value(house, "SELECT count(*) FROM stamp WHERE status = 'used'") == taken
    codes = [client.post("/api/v1/kiosk/cards", json=body, headers=token).status_code for _ in range(2)]
    assert codes == [201, 200]
    assert books(house) == []


@pytest.mark.parametrize("how", ["it says so", pytest.param("it is full", marks=MOUNTED)])
def test_a_database_without_room_costs_waiting_and_no_card(
    settings: config.Settings, servers: embedded.Servers, migrated_template: str, house: House, how: str
) -> None:
    if how == "it says so":
        _register_without_room(house, _no_room(house))
        return
    with _on_a_small_disk(settings, servers, migrated_template) as (small, disk):
        _register_without_room(small, disk.full(leave=256 * 1024))
