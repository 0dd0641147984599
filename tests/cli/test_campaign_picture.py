"""`postcards campaign create` with an edition that brings its own picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from postcards import config
from postcards.queries import campaigns as queries
from postcards.rules.edition import packaged_editions
from postcards.services.faces import own_picture
from tests.plugins.cast import House

VILNIUS = Path(__file__).parents[2] / "postcards" / "editions" / "vilnius.toml"


def create(settings: config.Settings, edition: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_STORAGE_URL": settings.storage_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "postcards", "campaign", "create", str(edition), "--cap", "3"]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def test_the_picture_beside_the_edition_is_kept_with_the_campaign(
    house: House, settings: config.Settings, tmp_path: Path
) -> None:
    assert "vilnius" in packaged_editions()
    edition = tmp_path / "vilnius.toml"
    text = VILNIUS.read_text("utf-8")
    edition.write_text(text.replace("[card]\n", '[card]\npicture = "winter.png"\n'), "utf-8")

    missing = create(settings, edition)
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "winter.png" in missing.stderr

    Image.new("RGB", (640, 480)).save(tmp_path / "winter.png")
    small = create(settings, edition)
    assert (small.returncode, small.stderr.count("\n")) == (1, 1)
    assert "640 × 480" in small.stderr
    assert "1819 × 1311" in small.stderr

    Image.new("L", (1819, 1311), 200).save(tmp_path / "winter.png")
    done = create(settings, edition)
    assert done.returncode == 0, done.stderr
    with house.begin() as session:
        found = queries.default(session)
        campaign_id = found.id if found else queries.every(session)[0].id
        kept = queries.edition(session, campaign_id)
    picture = own_picture(kept, house.kit.files)
    assert picture is not None
    assert picture[:4] == b"\x89PNG"
