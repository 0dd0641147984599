"""The keys by command: list, rotate, escrow under a passphrase, recover on another machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from postcards.gateways import key_escrow
from postcards.gateways.key_escrow import EscrowUnreadable
from postcards.vault import Vault, WrongMasterKey
from tests.plugins.cast import MASTER_KEY, House, Town
from tests.services.posting import printed, seal

ROOT = Path(__file__).parents[2]
PASSPHRASE = "gandras skrenda namo per jūrą"


def run(
    house: House, *words: str | Path, given: str = "", **other: str | Path
) -> subprocess.CompletedProcess[str]:
    here = house.kit.settings
    own: dict[str, str | Path] = {
        "HOME": here.home,
        "DATABASE_URL": here.database_url,
        "MASTER_KEY": MASTER_KEY,
    }
    settings = other or own | {"SECRET_KEY": here.secret_key}
    env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
    env |= {"PYTHONPATH": str(ROOT)} | {f"POSTCARDS_{name}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "postcards", "keys", *map(str, words)],
        env=env, input=given, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_rotate_list_escrow_and_recover(house: House, vilnius: Town, tmp_path: Path) -> None:
    vilnius.register()
    turned = run(house, "rotate", "vilnius")
    assert (turned.returncode, turned.stderr) == (0, "")
    assert "people's data of 1 cards" in turned.stdout
    first, second = json.loads(run(house, "list", "--json").stdout)
    assert (first["campaign"], first["state"]) == ("vilnius", "in force")
    assert first["needed_by"] == "all new data, people's data of 1 cards"
    assert (second["state"], second["needed_by"]) == ("retired", "nothing")
    early = run(house, "destroy", second["key"], "--yes")
    assert early.returncode == 1
    assert "work under way" in early.stderr

    file = tmp_path / "keys.json"
    kept = run(house, "escrow", file, given=PASSPHRASE + "\n")
    assert (kept.returncode, kept.stderr) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert MASTER_KEY not in file.read_text()
    new = tmp_path / "new"
    wrong = run(house, "recover", file, given="another passphrase\n", HOME=new)
    assert wrong.returncode == 1
    assert "does not open with this passphrase" in wrong.stderr
    assert not (new / "MASTER_KEY").exists()
    back = run(house, "recover", file, given=PASSPHRASE + "\n", HOME=new)
    assert (back.returncode, back.stderr) == (0, "")
    assert (new / "MASTER_KEY").read_text().strip() == MASTER_KEY
    assert stat.S_IMODE((new / "MASTER_KEY").stat().st_mode) == 0o600
    recovered = Vault(master_key=bytes.fromhex(MASTER_KEY), keys_file=new / "keys" / "data-keys.json")
    assert recovered.key_ids() == {first["key"], second["key"]}
    again = run(house, "recover", file, given=PASSPHRASE + "\n", HOME=new)
    assert again.stdout.startswith("0 data keys are back")


def test_rotating_after_a_loss_names_the_lists_that_have_a_new_version(house: House, vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    house.kit.settings.keys_file.unlink()
    turned = run(house, "rotate", "vilnius")
    assert turned.returncode == 0
    assert "1 rows cannot be read" in turned.stderr
    assert "Lists that nobody could open any more: 1. Each has a new version now" in turned.stderr


def test_keys_of_another_house_are_never_overwritten(house: House, vilnius: Town, tmp_path: Path) -> None:
    file, new = tmp_path / "keys.json", tmp_path / "new"
    new.mkdir()
    (new / "MASTER_KEY").write_text("ab" * 32, encoding="ascii")
    run(house, "escrow", file, given=PASSPHRASE)
    Vault(master_key=b"\xab" * 32, keys_file=new / "keys" / "data-keys.json").new_key(campaign="other")
    back = run(house, "recover", file, given=PASSPHRASE, HOME=new)
    assert back.returncode == 1
    assert "has keys of its own" in back.stderr
    assert (new / "MASTER_KEY").read_text() == "ab" * 32
    given = run(house, "recover", file, given=PASSPHRASE, HOME=tmp_path / "third", MASTER_KEY="ab" * 32)
    assert given.returncode == 1
    assert "POSTCARDS_MASTER_KEY is another one" in given.stderr


@pytest.mark.parametrize("made_anew", [False, True])
def test_a_lost_master_key_comes_back_though_another_was_made_in_its_place(
    house: House, vilnius: Town, tmp_path: Path, made_anew: bool
) -> None:
    file, home = tmp_path / "keys.json", house.kit.settings.home
    run(house, "escrow", file, given=PASSPHRASE)
    if made_anew:
        (home / "MASTER_KEY").write_text("ab" * 32, encoding="ascii")
        with pytest.raises(WrongMasterKey):  # nor can it do harm meanwhile
            Vault(master_key=b"\xab" * 32, keys_file=house.kit.settings.keys_file).new_key(campaign="other")
    back = run(house, "recover", file, given=PASSPHRASE, HOME=home)
    assert (back.returncode, back.stderr) == (0, "")
    assert (home / "MASTER_KEY").read_text().strip() == MASTER_KEY
    aside = list(home.glob("MASTER_KEY.before-*"))  # beside a database it may have been the right one
    assert [path.read_text() for path in aside] == (["ab" * 32] if made_anew else [])
    assert all(str(path) in back.stdout for path in aside)
    assert list(house.kit.vault.wrapped_keys()) == [key.id for key in house.kit.vault.data_keys()]


@pytest.mark.parametrize(
    "holds", ['{"a": {"camp', "[]", '{"a": {"campaign": "x", "wrapped": "!"}}', "\udcff"]
)
def test_damaged_data_keys_are_named_and_left_as_they_are(
    house: House, vilnius: Town, tmp_path: Path, holds: str
) -> None:
    file, home = tmp_path / "keys.json", tmp_path / "new"
    run(house, "escrow", file, given=PASSPHRASE)
    data_keys = home / "keys" / "data-keys.json"
    data_keys.parent.mkdir(parents=True)
    data_keys.write_text(holds, errors="surrogateescape")
    refused = run(house, "recover", file, given=PASSPHRASE, HOME=home)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"{data_keys} is damaged" in refused.stderr
    assert "Move it aside" in refused.stderr
    assert not (home / "MASTER_KEY").exists()
    data_keys.rename(tmp_path / "aside.json")
    back = run(house, "recover", file, given=PASSPHRASE, HOME=home)
    assert (back.returncode, back.stderr) == (0, "")
    Vault(master_key=bytes.fromhex(MASTER_KEY), keys_file=data_keys).key_ids()


def test_a_short_passphrase_and_an_altered_file_are_refused(
    house: House, vilnius: Town, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    short = run(house, "escrow", file, given="abc\n")
    assert short.returncode == 1
    assert "at least 16 characters" in short.stderr
    assert not file.exists()
    key_escrow.write(file, {"master_key": "x"}, passphrase=PASSPHRASE)
    assert key_escrow.read(file, passphrase=PASSPHRASE) == {"master_key": "x"}
    body = json.loads(file.read_text())
    for change in (
        {"n": 2},
        {"sealed": body["sealed"][:-8] + "AAAAAAA="},
        {"salt": "!"},
        {"format": "other"},
    ):
        file.write_text(json.dumps(body | change))
        with pytest.raises(EscrowUnreadable):
            key_escrow.read(file, passphrase=PASSPHRASE)
