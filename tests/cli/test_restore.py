"""A restore brings the house back as it should be by now: nobody is signed in, and what is over needs no key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from postcards import config, embedded, kit
from postcards.cli import backup
from postcards.services import campaigns, cut_offs, key_rotation, staff
from tests.cli.test_backup import run, with_keys
from tests.conftest import new_database
from tests.plugins.cast import House
from tests.services.posting import make_all, printed, seal
from tests.services.print_desk import Clock, ask, draw

DAY = dt.timedelta(days=1)


@pytest.fixture
def elsewhere(servers: embedded.Servers, tmp_path: Path) -> Iterator[config.Settings]:
    """An empty machine: its own folder, an empty database, no keys."""
    with new_database(servers) as url:
        yield config.load({"POSTCARDS_HOME": str(tmp_path / "elsewhere"), "POSTCARDS_DATABASE_URL": url})


def test_a_finished_campaign_whose_key_was_destroyed_since_keeps_nobody_out(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    """The backup does not know that it was forgotten, and nothing of it could be read, or should be."""
    now = dt.datetime.now(dt.UTC)
    before = replace(house, at=now - dt.timedelta(days=600))
    over = before.open_campaign("vilnius")
    printed(over)
    assert [sealed.lines for sealed in seal(over, before.at)] == [1]
    assert make_all(over, before.at) > 0
    over.register()
    clock = Clock()
    clock.at = before.at
    draw(over, ask(over, at=before.at), clock=clock)
    with before.begin() as session:
        campaigns.set_status(session, slug="vilnius", status="closed", by="test", at=before.at)
    running = replace(house, at=now).open_campaign("romania")
    running.register(language="ro")
    backup.make_backup(house.kit, tmp_path / "a.tar")
    with house.begin() as session:
        key_id = session.scalars(text("SELECT data_key FROM campaign WHERE slug = 'vilnius'")).one()
        other_id = session.scalars(text("SELECT data_key FROM campaign WHERE slug = 'romania'")).one()
    house.kit.vault.destroy(key_id)
    settings = with_keys(elsewhere, house)
    manifest, _ = backup.load_backup(settings, tmp_path / "a.tar")
    assert {key_id, other_id} == set(manifest["data_keys"])
    assert backup.missing_keys(settings, manifest) == []
    made = kit.assemble(replace(settings, secret_key="-" * 32), name="test", pool_size=1)
    with made.begin() as session:
        key_rotation.refuse_when_lost(session, made.vault, at=now)
        assert key_rotation.lost_in_force(session, made.vault, at=before.at) == ["vilnius"]
    assert backup.proved(settings) == []
    with made.begin() as session:
        assert session.scalar(text("SELECT forgotten_at IS NOT NULL FROM campaign WHERE slug = 'vilnius'"))
        assert session.scalar(
            text("SELECT recipient IS NOT NULL FROM person WHERE key_id = :id"), {"id": other_id}
        )
    made.close()
    settings.keys_file.unlink()
    assert backup.missing_keys(settings, manifest) == [f"{other_id} (romania)"]


def test_a_finished_house_comes_back_without_any_key(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    """What is over is taken away and the books are proved; nothing of it is there to be read."""
    before = replace(house, at=dt.datetime.now(dt.UTC) - dt.timedelta(days=600))
    over = before.open_campaign("vilnius")
    over.register()
    with before.begin() as session:
        campaigns.set_status(session, slug="vilnius", status="closed", by="test", at=before.at)
    backup.make_backup(house.kit, tmp_path / "a.tar")
    back = run("db", "restore", tmp_path / "a.tar", HOME=elsewhere.home, DATABASE_URL=elsewhere.database_url)
    assert (back.returncode, back.stderr) == (0, "")
    assert "The books agree." in back.stdout


def test_nobody_is_signed_in_after_a_restore(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    at = dt.datetime.now(dt.UTC)
    with house.begin() as session:
        staff_id = staff.add_staff(
            session, email="ruta@example.lt", roles=[(None, "organiser")], password=None, by="test", at=at
        )
        staff.open_session(session, staff_id=staff_id, way="password", at=at)
        link = staff.make_sign_in_link(session, staff_id=staff_id, at=at)
    made_at = backup.make_backup(house.kit, tmp_path / "a.tar")["made_at"]
    back = run("db", "restore", tmp_path / "a.tar", HOME=elsewhere.home, DATABASE_URL=elsewhere.database_url)
    assert (
        f"Shut out again whoever was shut out since {made_at}: kiosks, staff, the Post's tokens."
        in back.stdout
    )
    made = kit.assemble(
        replace(elsewhere, master_key="5e" * 32, secret_key="-" * 32), name="test", pool_size=1
    )
    with made.begin() as session:
        assert session.scalars(text("SELECT ended_at IS NOT NULL FROM staff_session")).all() == [True]
        assert not staff.link_is_good(session, token=link, at=dt.datetime.now(dt.UTC))
    made.close()


def test_nothing_is_sealed_for_a_cut_off_that_passed_before_the_restore(
    house: House, tmp_path: Path, elsewhere: config.Settings
) -> None:
    """Its list may be with the Post, made of other cards than the backup knows."""
    today = replace(house, at=dt.datetime.now(dt.UTC))
    town = replace(today, at=today.at - dt.timedelta(days=30)).open_campaign("vilnius")
    card = printed(town)
    backup.make_backup(house.kit, tmp_path / "a.tar")
    with house.begin() as session:
        [missed] = cut_offs.due(session, at=today.at)
    settings = with_keys(elsewhere, house)
    backup.load_backup(settings, tmp_path / "a.tar")
    made = kit.assemble(replace(settings, secret_key="-" * 32), name="test", pool_size=1)
    at_once, later = (
        cut_offs.seal_due(
            made.begin, vault=made.vault, by="test", clock=partial(today.at.__add__, days * DAY)
        )
        for days in (0, 30)
    )
    made.close()
    assert missed.campaign_id == town.id
    assert at_once == []
    assert [one.lines for one in later] == [1], f"card {card} goes with the next one"


def test_what_cannot_be_restored_leaves_no_database_without_its_master_key(tmp_path: Path) -> None:
    new, file = tmp_path / "new", tmp_path / "a.tar"
    file.write_text("no backup")
    refused = run("db", "restore", file, HOME=new)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "no backup of ours" in refused.stderr
    assert not (new / "postgres").exists()


@pytest.mark.timeout(240)
def test_an_upgrade_that_comes_first_in_a_new_home_makes_its_secrets(home: Path) -> None:
    new = home.parent / "new"
    try:
        done = run("db", "upgrade", HOME=new)
        assert (done.returncode, done.stderr) == (0, "")
        settings = config.load({"POSTCARDS_HOME": str(new)})
        made = (new / "MASTER_KEY").read_text().strip()
        assert embedded.with_secrets(settings).master_key == made
    finally:
        embedded.remove_data(new)
