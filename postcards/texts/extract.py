"""`python -m postcards.texts.extract` gathers every text that the code says and updates the .po files.

Translations stay; texts that nobody says any more are dropped; new ones stand empty, and a test names them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from postcards.texts import ENGLISH, LANGUAGES, forms, refusals

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

_PLURAL = (1, 2)
#: Where texts are said: folder, suffixes, Babel's method, its keywords. `N_` marks a text that is said later.
SOURCES = (
    ("postcards", (".py",), "python", {"_": None, "N_": None, "gettext": None, "ngettext": _PLURAL}),
    (
        "templates",
        (".html", ".txt"),
        "jinja2.ext:babel_extract",
        {"_": None, "gettext": None, "ngettext": _PLURAL},
    ),
    ("postcards/web/static", (".js",), "javascript", {"t": None, "tn": _PLURAL}),
)
_NOT_IN = ("dist", "node_modules", "texts", "migrations")


def said(root: Path = ROOT) -> Catalog:
    """This will give a catalogue of every text below `root`, with the files that say it, in a fixed order."""
    found = Catalog(project="far-is-close", charset="utf-8", header_comment="")
    for folder, suffixes, method, keywords in SOURCES:
        for path in _files(root / folder, suffixes):
            place = path.relative_to(root).as_posix()
            options = {"encoding": "utf-8"}
            if method.startswith("jinja2"):
                options |= {"silent": "false", "newstyle_gettext": "true"}
            with path.open("rb") as file:
                for _, msgid, comments, _ in extract(
                    method,
                    file,
                    keywords=keywords,
                    comment_tags=("i18n:",),
                    options=options,
                    strip_comment_tags=True,
                ):
                    if msgid:
                        found.add(msgid, locations=[(place, 0)], auto_comments=comments)
    for place, text in refusals.read(root, "postcards", "workers").texts:
        found.add(text, locations=[(place, 0)])
    return found


def update(catalog: Catalog, language: str) -> Catalog:
    """This will give the language's catalogue: exactly the texts of `catalog`, with what is translated."""
    path = HERE / f"{language}.po"
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file, locale=language)
    fresh = Catalog(
        locale=language, project="far-is-close", charset="utf-8", header_comment=f"# {language}", fuzzy=False
    )
    for message in sorted(catalog, key=_order):
        if not message.id:
            continue
        kept = old.get(message.id)
        fresh.add(
            message.id,
            kept.string if kept is not None and kept.pluralizable == message.pluralizable else None,
            locations=sorted(set(message.locations)),
            auto_comments=message.auto_comments,
            flags=message.flags,
        )
    return fresh


def written(catalog: Catalog) -> bytes:
    """This will give the bytes of a .po file: the same for the same texts."""
    body = io.BytesIO()
    write_po(body, catalog, width=110, omit_header=True, include_lineno=False)
    head = (
        f"# {catalog.locale_identifier}: read by postcards/texts as it is; brought up to date by\n"
        "# `python -m postcards.texts.extract`.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return head.encode() + body.getvalue()


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and not set(path.relative_to(folder).parts[:-1]).intersection(_NOT_IN):
            yield path


def _order(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def main() -> int:
    """This will write the .po files and say how many texts each still lacks."""
    catalog = said()
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        fresh = update(catalog, language)
        (HERE / f"{language}.po").write_bytes(written(fresh))
        lacking = sum(1 for message in fresh if message.id and not forms(message))
        sys.stdout.write(f"{language}: {len(fresh)} texts, {lacking} to translate\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
