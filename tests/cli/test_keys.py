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
from postcards.vault import Vault
from tests.plugins.cast import MASTER_KEY, House, Town

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
