"""`postcards print-stock` and `return-stock`: what an operator types for cards that are written by hand."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from postcards import config
from postcards.cli.root import cli
from postcards.errors import NotFound
from tests.plugins.cast import Town


def test_stock_cards_are_printed_again_and_taken_back(
    vilnius: Town, settings: config.Settings, tmp_path: Path
) -> None:
    env = {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }

    def types(*words: object) -> Result:
        return CliRunner(env=env).invoke(cli, [str(word) for word in words])

    out, kiosk = tmp_path / "stock.pdf", vilnius.kiosks[0].id
    new = ("print-stock", "vilnius", "--sheet", "a4-4up", "--out", out)
    assert types(*new).exit_code == 2
    stranger = types(*new, "--kiosk", "0" * 32, "--stamps", 5)
    assert isinstance(stranger.exception, NotFound)
    done = types(*new, "--kiosk", kiosk, "--stamps", 5, "--json")
    said = json.loads(done.stdout)
    booklet = said.pop("booklet")
    assert said == {"cards": 5, "first": 1, "last": 5, "file": str(out)}
    first = out.read_bytes()
    assert types(*new, "--again", booklet).stdout.startswith("Wrote 5 cards, No. 1 to 5")
    assert out.read_bytes() == first
    assert json.loads(types("return-stock", "vilnius", booklet, "--json").stdout)["returned"] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert "No card of it is left" in types("return-stock", "vilnius", booklet).stdout
    assert types(*new, "--again", booklet).exception is not None
