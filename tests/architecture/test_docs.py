"""What the documents say exists: settings, commands of make, links, numbered decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postcards.config import PREFIX, SETTINGS
from tests.architecture.tree import ROOT, files, text_of

DOCUMENTS = files(".md")


def _table_of_settings() -> set[str]:
    """The settings that have a row of their own: their name, in code, is the row's first cell."""
    return set(re.findall(rf"^\|\s*`{PREFIX}([A-Z_]+)`\s*\|", text_of(Path("README.md")), flags=re.MULTILINE))


def test_the_readme_has_a_row_for_every_setting_and_for_no_other() -> None:
    assert _table_of_settings() == set(SETTINGS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", text_of(document))
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert not [target for target in local if not (ROOT / document.parent / target).exists()]


def test_the_commands_of_make_that_documents_name_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of(Path("Makefile")), flags=re.MULTILINE))
    named = {
        (str(document), target)
        for document in DOCUMENTS
        for target in re.findall(
            r"`make ([a-z-]+)|^(?:\$ )?make ([a-z-]+)", text_of(document), flags=re.MULTILINE
        )
        for target in target
        if target
    }
    assert not [(document, target) for document, target in named if target not in known]


def test_decisions_are_numbered_without_gaps_and_dated() -> None:
    decisions = files(".md", under="docs/decisions")
    assert [name.name[:4] for name in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    assert not [
        str(name)
        for name in decisions
        if not re.search(r"^Date: \d{4}-\d\d-\d\d", text_of(name), re.MULTILINE)
    ]
