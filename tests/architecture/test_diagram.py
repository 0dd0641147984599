"""The life of a card, as the documents draw it, is the life that the rules allow."""

from __future__ import annotations

import re
from pathlib import Path

from postcards.rules.card_life import diagram
from tests.architecture.tree import text_of


def test_the_diagram_in_the_documents_is_the_one_of_the_rules() -> None:
    drawn = re.findall(
        r"^```mermaid\n(.*?)^```$", text_of(Path("docs/architecture.md")), re.MULTILINE | re.DOTALL
    )
    assert drawn == [diagram()]
