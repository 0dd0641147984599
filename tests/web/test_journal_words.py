"""Whatever the house writes into a campaign's journal, the desk reads in words: each deed, and what it was about."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from postcards.models.campaign import STATUSES
from tests.architecture.tree import files, text_of
from tests.plugins.cast import House, Town
from tests.web.signing_in import at_desk

#: What stands in the braces of an action that is put together.
PUT_TOGETHER = {"campaign.": STATUSES, "kiosk.": ("retired", "revoked")}
IN_SQL = re.compile(r"'([a-z_]+\.[a-z_]+)'")


@dataclass
class Written:
    """What is written with a campaign: whole actions, beginnings of those put together, and kinds of subjects."""

    actions: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Source:
    """A module: the strings that it names, its functions, and every call with the function that it stands in."""

    named: dict[str, str]
    functions: dict[str, ast.FunctionDef]
    calls: list[tuple[ast.FunctionDef | None, ast.Call]]
    strings: list[str]


def source(name: Path) -> Source:
    tree = ast.parse(text_of(name))
    named = {
        one.targets[0].id: one.value.value
        for one in tree.body
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
    }
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    within = {
        call: made for made in functions.values() for call in ast.walk(made) if isinstance(call, ast.Call)
    }
    calls = [(within.get(one), one) for one in ast.walk(tree) if isinstance(one, ast.Call)]
    strings = [
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return Source(named, functions, calls, strings)


def called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def beginning(said: ast.JoinedStr) -> str:
    first = said.values[0]
    assert isinstance(first, ast.Constant), ast.unparse(said)
    return str(first.value)


def gathered() -> Written:
    sources = [source(name) for name in files(".py") if name.parts[0] in ("postcards", "workers")]
    found = Written()
    for one in sources:
        for statement in one.strings:
            if "INSERT INTO journal " in statement and "campaign_id" in statement:
                found.actions.update(IN_SQL.findall(statement))
        for function, call in one.calls:
            if ast.unparse(call.func) not in ("journal.write", "write") or not call.keywords:
                continue
            said = {word.arg: word.value for word in call.keywords}
            if "action" not in said or ast.unparse(said["campaign_id"]) == "None":
                continue
            note_subject(found, one, said["subject"])
            for action in actions(sources, one, function, said["action"]):
                if isinstance(action, ast.JoinedStr):
                    found.beginnings.add(beginning(action))
                else:
                    assert isinstance(action, ast.Constant), ast.unparse(action)
                    found.actions.add(str(action.value))
    return found


def actions(
    sources: list[Source], here: Source, function: ast.FunctionDef | None, said: ast.expr
) -> Iterator[ast.expr]:
    """What an action can be: itself, what a name stands for, or what is handed to the function that writes it."""
    if not isinstance(said, ast.Name):
        yield said
    elif said.id in here.named:
        yield ast.Constant(here.named[said.id])
    else:
        assert function is not None
        place = [one.arg for one in function.args.args].index(said.id)
        own = [here] if function.name.startswith("_") else sources
        for one in own:
            yield from (
                call.args[place]
                for _, call in one.calls
                if called(call) == function.name and call.args[place:]
            )


def note_subject(found: Written, here: Source, said: ast.expr) -> None:
    if isinstance(said, ast.Call):  # a function of the module makes it
        [made] = [one for one in ast.walk(here.functions[called(said)]) if isinstance(one, ast.Return)]
        assert made.value is not None
        said = made.value
    assert isinstance(said, ast.JoinedStr), ast.unparse(said)
    found.kinds.add(beginning(said).partition(":")[0])


def test_every_deed_and_every_subject_has_words(app: Flask, house: House, vilnius: Town) -> None:
    written = gathered()
    assert {
        "card.registered",
        "campaign.cap",
        "kiosk.paired",
        "print_run.ready",
        "dispatch.cut_off_over",
    } <= (written.actions), (
        "they are found where they are written: in a statement, at once, handed on once and twice, by a name"
    )
    assert written.beginnings == PUT_TOGETHER.keys()
    assert {"card", "campaign", "cut-off", "data_key"} <= written.kinds
    said = written.actions | {
        start + end for start, ends in PUT_TOGETHER.items() for end in ends if end != "draft"
    }
    rows = [
        {"c": vilnius.id, "at": house.at, "action": action, "subject": f"{kind}:1"}
        for action, kind in itertools.zip_longest(
            sorted(said), itertools.islice(itertools.cycle(sorted(written.kinds)), len(said))
        )
    ]
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO journal (campaign_id, at, by, action, subject) VALUES (:c, :at, 'cli', :action, :subject)"
            ),
            rows,
        )
    ruta = at_desk(app, house, (vilnius.id, "organiser"))
    for language in ("en", "lt"):
        path, cells = f"/desk/c/vilnius/journal/?lang={language}", list[str]()
        while path:
            page = ruta.get(path).get_data(as_text=True)
            cells += [
                re.sub("<[^>]+>", "", cell).strip()
                for cell in re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)
            ]
            further = re.search(r'rel="next" href="([^"]+)"', page)
            path = further[1] if further else ""
        assert len(cells) >= 4 * len(rows)
        assert not (written.kinds | said).intersection(cells), language
