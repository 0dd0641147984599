"""What the build leaves is whole: every bundle that its manifest names, every face, every licence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from postcards.paper.fonts import EXTRAS
from tests.architecture.tree import ROOT

STATIC = ROOT / "postcards/web/static"
DIST = STATIC / "dist"
FONTS = ROOT / "postcards/paper/fonts"
MANIFEST: dict[str, str] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))


def test_the_manifest_leads_from_sources_to_hashed_files() -> None:
    assert "styles/site.css" in MANIFEST
    for source, built in MANIFEST.items():
        assert (STATIC / source).is_file()
        assert (DIST / built).is_file()
        assert re.search(r"-[0-9A-Z]{8}\.(css|js)$", built)


def test_bundles_refer_only_to_files_that_are_there() -> None:
    for built in MANIFEST.values():
        if built.endswith(".css"):
            text = (DIST / built).read_text(encoding="utf-8")
            targets = [t.strip("\"'") for t in re.findall(r"url\(([^)]+)\)", text)]
            local = [target for target in targets if not target.startswith(("data:", "#"))]
            assert not [target for target in local if not (DIST / built).parent.joinpath(target).is_file()]


def test_bundles_are_small_and_carry_no_maps() -> None:
    assert not list(DIST.rglob("*.map"))
    assert not [built for built in MANIFEST.values() if (DIST / built).stat().st_size > 200_000]


def test_card_fonts_are_true_type_and_come_with_their_licence() -> None:
    faces = sorted(FONTS.glob("*.ttf"))
    assert len(faces) == 8
    assert not [face.name for face in faces if face.read_bytes()[:4] != b"\x00\x01\x00\x00"]
    assert len(list(FONTS.glob("LICENSE-*.txt"))) == 7


def test_licences_of_all_that_is_bundled_are_gathered() -> None:
    text = (DIST / "THIRD-PARTY-LICENCES.txt").read_text(encoding="utf-8")
    assert "@expo-google-fonts/noto-sans-arabic" in text
    assert "@fontsource/noto-sans " in text
    assert text.count("SIL OPEN FONT LICENSE") >= 8


def test_every_extra_is_locked_whole_and_known_to_the_paper() -> None:
    homes = sorted((ROOT / "typefaces").iterdir())
    assert tuple(home.name for home in homes) == EXTRAS
    for home in homes:
        wanted = json.loads((home / "package.json").read_text(encoding="utf-8"))["devDependencies"]
        locked = json.loads((home / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        found = {name.removeprefix("node_modules/"): entry for name, entry in locked.items() if name}
        assert {name: entry["version"] for name, entry in found.items()} == wanted
        assert all(entry["integrity"].startswith("sha512-") for entry in found.values())


def test_an_extra_that_does_not_exist_is_refused_by_name() -> None:
    asked = subprocess.run(
        [sys.executable, "hatch_build.py"],
        cwd=ROOT, env=os.environ | {"CARD_SCRIPTS": "cjk,klingon"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode != 0
    assert "klingon: it is all, none, or some of cjk, world" in asked.stderr
