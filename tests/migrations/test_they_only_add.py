"""From the first release on, the program of yesterday works on the tables of today: a migration only adds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from postcards import db

#: Older than any release (docs/decisions/0014).
BEFORE_THE_FIRST_RELEASE = "0011"
FOLDER = Path(db.__file__).parent / "migrations" / "versions"
TAKES_AWAY = ("drop_table", "drop_column", "rename_table")
#: These look at every row while they hold the table, and forbid what the program before may write.
FORBIDS = ("create_check_constraint", "create_foreign_key", "create_unique_constraint")
IN_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL|ALTER\s+COLUMN\s+\w+\s+TYPE"
    r"|ADD\s+CONSTRAINT\b(?!.*NOT\s+VALID))",
    re.IGNORECASE | re.DOTALL,
)


def breaking(source: str) -> list[str]:
    """The calls of a migration that take away, rename or forbid; none of one that says that it is there for that."""
    tree = ast.parse(source)
    if (ast.get_docstring(tree) or "").startswith("Contract:"):
        return []
    ways_up = [node for node in tree.body if getattr(node, "name", "") != "downgrade"]
    calls = [node for way in ways_up for node in ast.walk(way) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if _breaks(call)]


def _breaks(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    given = {option.arg: ast.unparse(option.value) for option in call.keywords}
    if name == "execute":
        return IN_SQL.search(ast.unparse(call)) is not None
    if name == "alter_column":
        return "new_column_name" in given or "type_" in given or given.get("nullable") == "False"
    if name == "add_column":
        column = {option.arg: ast.unparse(option.value) for option in getattr(call.args[-1], "keywords", [])}
        return column.get("nullable") == "False" and "server_default" not in column
    return name in TAKES_AWAY or (name in FORBIDS and given.get("postgresql_not_valid") != "True")


def test_migrations_since_the_first_release_only_add() -> None:
    found = {path.name: breaking(path.read_text()) for path in sorted(FOLDER.glob("0*.py"))}
    assert found["0006_print_runs_in_parts.py"], "the look itself sees nothing"
    assert {
        name: lines for name, lines in found.items() if lines and name[:4] > BEFORE_THE_FIRST_RELEASE
    } == {}


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_column('card', 'code')",
        "op.rename_table('card', 'postcard')",
        "op.alter_column('card', 'code', new_column_name='tracking')",
        "op.add_column('card', sa.Column('colour', sa.Text(), nullable=False))",
        "op.execute('ALTER TABLE card ADD CONSTRAINT good CHECK (number > 0)')",
        "op.execute('alter table card alter column number set not null')",
        "op.create_check_constraint('good', 'card', 'number > 0')",
    ],
)
def test_one_that_takes_away_says_so(line: str) -> None:
    body = f"def upgrade() -> None:\n    {line}\n"
    assert breaking(f'"""Tidy up."""\n{body}') == [line]
    assert breaking(f'"""Contract: nothing uses it since 1.1."""\n{body}') == []


@pytest.mark.parametrize(
    "line",
    [
        "op.add_column('card', sa.Column('colour', sa.Text(), nullable=True))",
        "op.add_column('card', sa.Column('turns', sa.Integer(), nullable=False, server_default='0'))",
        "op.execute('ALTER TABLE card ADD CONSTRAINT good CHECK (number > 0) NOT VALID')",
        "op.create_table('wish', sa.Column('id', sa.Integer(), nullable=False))",
        "op.create_check_constraint('good', 'card', 'number > 0', postgresql_not_valid=True)",
    ],
)
def test_one_that_adds_may(line: str) -> None:
    assert breaking(f'"""More."""\ndef upgrade() -> None:\n    {line}\n') == []
