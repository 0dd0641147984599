"""The lives of a card and of a print run, as the documents draw them, are those that the rules allow."""

from __future__ import annotations

import re
from pathlib import Path

from postcards.rules import card_life, print_run_life
from tests.architecture.tree import text_of


def test_the_diagrams_in_the_documents_are_those_of_the_rules() -> None:
    drawn = re.findall(
        r"^```mermaid\n(.*?)^```$", text_of(Path("docs/architecture.md")), re.MULTILINE | re.DOTALL
    )
    assert drawn == [card_life.diagram(), print_run_life.diagram()]
