"""Pages hold nothing inline and fetch nothing from outside: the content security policy forbids both."""

from __future__ import annotations

import re

from tests.architecture.tree import files, places, text_of

TEMPLATES = files(".html", ".svg", under="templates")
PAGES_AND_STATIC = TEMPLATES + files(".js", ".mjs", ".css", ".svg", ".html", under="postcards/web/static")


def _inline_scripts(text: str) -> list[str]:
    """Script elements with a body, except blocks of data."""
    return [
        opening
        for opening in re.findall(r"<script\b[^>]*>", text, flags=re.IGNORECASE)
        if not re.search(r"\bsrc\s*=", opening) and "application/json" not in opening
    ]


def test_templates_hold_no_inline_script() -> None:
    assert not {str(name): found for name in TEMPLATES if (found := _inline_scripts(text_of(name)))}


def test_templates_hold_no_inline_style() -> None:
    assert not places(r"(?i)<style\b|\sstyle\s*=", TEMPLATES)


def test_templates_hold_no_handlers() -> None:
    assert not places(r"(?i)\son[a-z]+\s*=\s*[\"']|javascript:", TEMPLATES)


def test_the_inline_rule_sees_what_it_should() -> None:
    assert _inline_scripts("<script>x()</script>")
    assert _inline_scripts('<script type="module">x()</script>')
    assert not _inline_scripts('<script type="application/json" id="data">{}</script>')
    assert not _inline_scripts('<script type="module" src="/static/main.js"></script>')


def test_nothing_is_fetched_from_outside() -> None:
    # Namespaces are names, not addresses; example.org is for showing.
    outside = r"(?i)(https?:|[\"'(]\s*)//(?!www\.w3\.org/)(?!example\.(org|com))[a-z0-9-]+\.[a-z]"
    assert not places(outside, PAGES_AND_STATIC)
