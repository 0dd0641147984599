"""Backup and restore, for real: a whole campaign comes back on an empty machine, and its books agree."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from postcards import config, embedded, kit
from postcards.cli import backup
from postcards.cli.backup import NotEmpty
from postcards.gateways.backup_file import BackupDamaged, BackupThere, verified
from postcards.services import block_list
from tests.conftest import new_database
from tests.plugins.cast import MASTER_KEY, House, Town
from tests.services.whole_campaign import whole_campaign

ROOT = Path(__file__).parents[2]
PASSPHRASE = "gandras skrenda namo per jūrą\n"


def run(*words: str | Path, given: str = "", **settings: str | Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
    env |= {"PYTHONPATH": str(ROOT)} | {f"POSTCARDS_{name}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "postcards", *map(str, words)],
        env=env,
        input=given,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.fixture
def elsewhere(servers: embedded.Servers, tmp_path: Path) -> Iterator[config.Settings]:
    """An empty machine: its own folder, an empty database, no keys."""
    with new_database(servers) as url:
        yield config.load({"POSTCARDS_HOME": str(tmp_path / "elsewhere"), "POSTCARDS_DATABASE_URL": url})


def with_keys(settings: config.Settings, house: House) -> config.Settings:
    """The keys file is brought on its own, and the master key too."""
    settings.keys_file.parent.mkdir(parents=True)
    shutil.copy(house.kit.settings.keys_file, settings.keys_file)
    return replace(settings, master_key=MASTER_KEY)


@pytest.mark.timeout(240)
def test_a_whole_campaign_comes_back_on_an_empty_machine(house: House, tmp_path: Path, home: Path) -> None:
    """By the commands of docs/operator.md alone: keys out of their escrow, and a copy of the ledger named."""
    # Commands have the machine's clock: what is erased by them was there before.
    yesterday = replace(house, at=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    vilnius = yesterday.open_campaign("vilnius", cap=20)
    whole = whole_campaign(vilnius)
    yesterday.open_campaign("romania", cap=20).register(language="ro")
    here = house.kit.settings
    file, escrow, ledger = tmp_path / "campaigns.tar", tmp_path / "keys.json", tmp_path / "copy.ledger"
    how: dict[str, Any] = {
        "HOME": here.home, "DATABASE_URL": here.database_url, "MASTER_KEY": MASTER_KEY, "SECRET_KEY": here.secret_key,
    }  # fmt: skip
    made = run("db", "backup", file, **how)
    assert (made.returncode, made.stderr) == (0, "")
    assert "14 cards of 2 campaigns" in made.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("keys", "escrow", escrow, given=PASSPHRASE, **how).returncode == 0
    erased = run("erase", vilnius.slug, "--number", str(whole.number("arrived")), **how)
    assert erased.returncode == 0
    shutil.copy(house.kit.ledger.path, ledger)

    new = home.parent / "new"
    try:
        keys = run("keys", "recover", escrow, given=PASSPHRASE, HOME=new)
        assert (keys.returncode, keys.stderr) == (0, "")
        back = run("db", "restore", file, "--ledger", ledger, HOME=new)
        assert (back.returncode, back.stderr) == (0, ""), back.stdout
        assert back.stdout.endswith("The books agree.\n")
        assert "Shut out again whoever was shut out since 20" in back.stdout
        assert "who was erased after that: 1 card, now erased again." in back.stdout
        assert str(whole.id("arrived")) in (new / "keys" / "erasures.ledger").read_text()
        paused = json.loads(run("campaign", "pause", vilnius.slug, "--json", HOME=new).stdout)
        assert (paused["status"], paused["cap"], paused["cards"]["arrived"]) == ("paused", 20, 2)
        again = run("db", "restore", file, HOME=new)
        assert again.returncode == 1
        assert "There are campaigns here already (romania, vilnius), and nothing was changed." in again.stderr
    finally:
        embedded.remove_data(new)


def test_without_the_keys_it_says_which_ones_are_missing(
    house: House, vilnius: Town, tmp_path: Path, elsewhere: config.Settings
) -> None:
    whole_campaign(vilnius)
    file = tmp_path / "a.tar"
    backup.make_backup(house.kit, file)
    with house.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM journal WHERE action = 'database.backed_up'")) == 1
    back = run("db", "restore", file, HOME=elsewhere.home, DATABASE_URL=elsewhere.database_url)
    assert back.returncode == 0
    with house.begin() as session:
        key_id = session.scalars(text("SELECT data_key FROM campaign")).one()
    assert f"These data keys are not here: {key_id} (vilnius)." in back.stderr
    assert "postcards keys recover FILE" in back.stderr
    assert not (elsewhere.home / "MASTER_KEY").exists()  # a new one would open nothing
    assert backup.proved(with_keys(elsewhere, house)) == []


def test_whoever_was_erased_after_the_backup_stays_erased(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    """A backup from before, restored afterwards: the ledger beside the keys keeps them out, and the books agree."""
    vilnius = replace(house, at=dt.datetime.now(dt.UTC)).open_campaign(
        "vilnius"
    )  # commands have the machine's clock
    cards = [vilnius.register(sender={"email": email}) for email in ("ona@example.org", "jonas@example.org")]
    file = tmp_path / "before.tar"
    backup.make_backup(house.kit, file)
    here = house.kit.settings
    how: dict[str, Any] = {
        "HOME": here.home, "DATABASE_URL": here.database_url, "MASTER_KEY": MASTER_KEY, "SECRET_KEY": here.secret_key,
    }  # fmt: skip
    told = json.loads(run("erase", "vilnius", "--email", "ona@example.org", "--json", **how).stdout)
    assert [one["number"] for one in told["erased"]] == [cards[0].number]
    assert (told["nothing_left"], told["erased"][0]["paper"]) == (False, "none")
    again = run("erase", "vilnius", "--email", "ona@example.org", **how)
    assert again.stdout.startswith("No card is known by this address; its cards were erased on 2")
    with house.begin() as session:
        block_list.block(
            session, campaign_id=vilnius.id, card_id=cards[1].id, ledger=house.kit.ledger.add, by="cli", at=house.at
        )  # fmt: skip
    settings = with_keys(elsewhere, house)
    shutil.copy(house.kit.ledger.path, settings.keys_file.parent)
    _, replayed = backup.load_backup(settings, file)
    assert (replayed.again, replayed.wishes, replayed.known, replayed.elsewhere) == (1, 1, 0, 0)
    assert backup.proved(settings) == []
    with house.kit.ledger.path.open("a") as ledger:
        ledger.write('{"id": "garbage"}\n')
    spoiled = run("db", "replay-erasures", **how)
    assert (spoiled.returncode, spoiled.stderr.count("\n")) == (1, 1)
    assert 'line 3, is damaged (its "id" is not what we wrote)' in spoiled.stderr
    assert "Known already: 2." in spoiled.stdout
    made = kit.assemble(replace(settings, secret_key="-" * 32), name="test", pool_size=1)
    with made.begin() as session:
        there = text("SELECT card_id FROM person WHERE coalesce(sender, recipient, volunteer) IS NOT NULL")
        assert session.scalars(there).all() == [cards[1].id]
    made.close()


def test_a_night_that_was_under_way_at_the_backup_holds_no_restore_up(
    house: House, vilnius: Town, elsewhere: config.Settings, tmp_path: Path
) -> None:
    vilnius.register()
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO retention_turn (campaign_id, claimed_by, claimed_until)"
                " VALUES (:id, 'worker', now() + interval '5 minutes')"
            ),
            {"id": vilnius.id},
        )
    backup.make_backup(house.kit, tmp_path / "at-night.tar")
    there = with_keys(elsewhere, house)
    backup.load_backup(there, tmp_path / "at-night.tar")
    assert backup.proved(there) == []


def test_nothing_in_it_opens_or_names_anybody(house: House, vilnius: Town, tmp_path: Path) -> None:
    whole_campaign(vilnius)
    file = tmp_path / "a.tar"
    backup.make_backup(house.kit, file)
    with tarfile.open(file) as tar:
        members = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
        inside = {name: content.read() for name, content in members.items() if content is not None}
    dump = tmp_path / "database.dump"
    dump.write_bytes(inside["database.dump"])
    dumped = subprocess.run(
        [embedded.postgres_program("pg_restore"), "-f", "-", dump], capture_output=True, check=True
    ).stdout
    kept = [*inside.values(), dumped]
    assert len(inside) > 3
    secrets = [entry["wrapped"] for entry in json.loads(house.kit.settings.keys_file.read_text()).values()]
    for word in (
        *secrets,
        MASTER_KEY,
        house.kit.settings.secret_key,
        "Petrait",
        "Hauptstra",
        "ona@example.org",
    ):
        assert not any(word.encode() in content for content in kept), word


def test_it_never_takes_another_files_place(house: House, tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    file.write_text("mine")
    with pytest.raises(BackupThere):
        backup.make_backup(house.kit, file)
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.tar"]


def test_damage_is_refused_and_named(
    house: House, vilnius: Town, tmp_path: Path, elsewhere: config.Settings
) -> None:
    whole_campaign(vilnius)
    file = tmp_path / "a.tar"
    backup.make_backup(house.kit, file)
    whole = file.read_bytes()
    with tarfile.open(file) as tar:
        places = {member.name: member.offset_data for member in tar}
        end = tar.offset
    for name, place in places.items():
        bad = bytearray(whole)
        bad[place + 40] ^= 1
        file.write_bytes(bad)
        with pytest.raises(BackupDamaged, match=name.split("/")[-1]):
            backup.load_backup(elsewhere, file)
    for length, words in ((end // 2, "damaged"), (700, "damaged"), (0, "no backup of ours")):
        file.write_bytes(whole[:length])
        with pytest.raises(BackupDamaged, match=words):
            backup.load_backup(elsewhere, file)
    assert not (elsewhere.home / "files").exists()
    file.write_bytes(whole)
    backup.load_backup(elsewhere, file)
    assert backup.proved(with_keys(elsewhere, house)) == []


def test_a_database_with_something_in_it_is_left_alone(
    house: House, vilnius: Town, tmp_path: Path, servers: embedded.Servers
) -> None:
    file = tmp_path / "a.tar"
    backup.make_backup(house.kit, file)
    with pytest.raises(NotEmpty, match="vilnius"):
        backup.load_backup(house.kit.settings, file)
    with new_database(servers) as url:
        settings = replace(house.kit.settings, database_url=url)
        made = kit.assemble(settings, name="test", pool_size=1)
        with made.begin() as session:
            session.execute(text("CREATE TABLE accounts (id int)"))
        with pytest.raises(NotEmpty, match="accounts"):
            backup.load_backup(settings, file)
        made.close()


@pytest.mark.timeout(240)
def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    town = house.open_campaign("vilnius", cap=400)
    before = {town.register().id for _ in range(3)}
    file = tmp_path / "a.tar"
    done = threading.Event()
    registered: list[uuid.UUID] = []

    def writer() -> None:
        while not done.is_set():
            registered.append(town.register().id)

    threads = [threading.Thread(target=writer) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        while len(registered) < 5:
            done.wait(0.01)
        backup.make_backup(house.kit, file)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    backup.load_backup(elsewhere, file)
    settings = with_keys(elsewhere, house)
    assert backup.proved(settings) == []
    made = kit.assemble(replace(settings, secret_key="-" * 32), name="test", pool_size=1)
    with made.begin() as session:
        back = set(session.scalars(text("SELECT id FROM card")))
    made.close()
    assert before < back < before | set(registered)
    assert len(back) == verified(file)["counts"]["cards"]
