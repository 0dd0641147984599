"""Finds the sentence of every refusal in the source, and names each that the catalogues could never hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Rooms whose refusals only an operator reads, at a terminal or in a log: those are said in English, as the
#: documentation is. The faults of an edition's file, its picture's, and those of escrow files, backups and the ledger
#: are met by nobody but the person who runs the house.
FOR_OPERATORS = (
    "postcards/cli/",
    "postcards/config.py",
    "postcards/db.py",
    "postcards/embedded/",
    "postcards/gateways/backup_file.py",
    "postcards/gateways/erasure_ledger.py",
    "postcards/gateways/key_escrow.py",
    "postcards/gateways/postgres_tools.py",
    "postcards/kit.py",
    "postcards/paper/own_picture",
    "postcards/rules/edition",
    "postcards/services/key_rotation.py",
)
#: What makes a sentence that is known to the catalogues, or is no sentence of ours.
_SAYING = ("says", "says_n", "says_all", "says_marked", "as_given", "_", "gettext", "ngettext")
_PLURAL = ("says_n",)
_ROOTS = ("Refusal",)

Text = str | tuple[str, str]


@dataclass(slots=True)
class Source:
    """One module: its place below the root, and its tree."""

    place: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentences:
    """What was found: the texts with the module that says them, and "place:line: why" of what nobody could find."""

    texts: tuple[tuple[str, Text], ...]
    unknown: tuple[str, ...]


def read(root: Path, *folders: str) -> Sentences:
    """This will look through the modules below `root` that speak to people."""
    sources = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            sources.append(source_of(place, path.read_text(encoding="utf-8")))
    return sentences(sources)


def source_of(place: str, text: str) -> Source:
    """This will parse one module."""
    found = Source(place, ast.parse(text))
    for node in ast.walk(found.tree):
        if isinstance(node, ast.FunctionDef):
            found.functions[node.name] = node
    return found


def sentences(sources: list[Source]) -> Sentences:
    """This will find what the modules say; a refusal's class is known in all of them by its name."""
    names = _refusals(sources)
    says_it = {
        name
        for source in sources
        for name, function in source.functions.items()
        if _named(function.returns) in ("Said", "Said | None")
    }
    texts: list[tuple[str, Text]] = []
    unknown: list[str] = []
    for source in sources:
        if not source.place.startswith(FOR_OPERATORS):
            look = _Look(source, names, says_it)
            look.visit(source.tree)
            texts += [(source.place, text) for text in look.texts]
            unknown += [f"{source.place}:{line}: {why}" for line, why in look.unknown]
    return Sentences(tuple(texts), tuple(unknown))


def _refusals(sources: list[Source]) -> frozenset[str]:
    names = set(_ROOTS)
    classes = [node for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    while (
        fresh := {node.name for node in classes if any(_named(base) in names for base in node.bases)} - names
    ):
        names |= fresh
    return frozenset(names)


def _named(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node).rpartition(".")[2]


class _Look(ast.NodeVisitor):
    """Goes through one module, and knows in which function it is."""

    def __init__(self, source: Source, refusals: frozenset[str], says_it: set[str]) -> None:
        self._source, self._refusals, self._says_it = source, refusals, says_it
        self._within: list[ast.AST] = [source.tree]
        # A module may have a record of its own that is called Refusal: a card that the Post refused.
        if "Refusal" not in _imported(source.tree, "postcards.errors"):
            self._refusals = refusals - {"Refusal"}
        self.texts: list[Text] = []
        self.unknown: list[tuple[int, str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._within.append(node)
        self.generic_visit(node)
        self._within.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.name in self._refusals or node.name == "Refusal":
            for default in _defaults_of_message(node):
                self._message(default)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _named(node.func)
        if name in ("says", "says_n", "N_"):
            self._said(name, node)
        place = 0 if name in self._refusals else 2 if name in ("Fault", "problem") else None
        if place is not None:
            message = _argument(node, place)
            if message is not None:
                self._message(message)
        self.generic_visit(node)

    def _said(self, name: str, node: ast.Call) -> None:
        given = [part.value for part in node.args[:2] if isinstance(part, ast.Constant)]
        texts = [text for text in given if isinstance(text, str)]
        if name in _PLURAL:
            if len(texts) == 2:
                self.texts.append((texts[0], texts[1]))
                return
        elif texts and isinstance(node.args[0], ast.Constant):
            self.texts.append(texts[0])
            return
        if self._source.place != "postcards/errors.py":
            self.unknown.append((node.lineno, f"{name}() takes the English text itself, written out"))

    def _message(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.texts.append(node.value)
        elif not self._is_known(node):
            self.unknown.append((node.lineno, f"nobody could translate {ast.unparse(node)[:80]}"))

    def _is_known(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        match node:
            case ast.Call(func=called):
                name = _named(called)
                if name in _SAYING or name in self._says_it:
                    return True
                if name == "get" and isinstance(called, ast.Attribute):
                    return self._is_known(called.value, seen)
                function = self._source.functions.get(name)
                return function is not None and name not in seen and self._all_said(function, seen | {name})
            case ast.IfExp(body=one, orelse=other):
                return self._is_known(one, seen) and self._is_known(other, seen)
            case ast.BoolOp(values=parts):
                return all(self._is_known(part, seen) for part in parts)
            case ast.Dict(values=values):
                return all(self._is_known(value, seen) for value in values)
            case ast.Subscript(value=table):
                return self._is_known(table, seen)
            case ast.Attribute(attr=attribute):
                return (
                    attribute == "message"
                )  # of another refusal or fault, which is looked at where it is made
            case ast.Name(id=name):
                return name not in seen and self._is_known_name(name, seen | {name})
            case _:
                return False

    def _all_said(self, function: ast.FunctionDef, seen: frozenset[str]) -> bool:
        given = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Return) and node.value is not None
        ]
        return bool(given) and all(self._is_known(value, seen) for value in given)

    def _is_known_name(self, name: str, seen: frozenset[str]) -> bool:
        for scope in reversed(self._within):
            if isinstance(scope, ast.FunctionDef):
                arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
                if name in (argument.arg for argument in arguments):
                    return any(a.arg == name and _named(a.annotation) == "Said" for a in arguments)
            if values := list(_assigned(scope, name)):
                return all(self._is_known(value, seen - {name}) for value in values)
        return False


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """What is put into the name in this scope, and not in a function within it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Assign):
            if any(_named(target) == name for target in node.targets):
                yield node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None and _named(node.target) == name:
            yield node.value
        waiting += ast.iter_child_nodes(node)


def _argument(node: ast.Call, place: int) -> ast.expr | None:
    if len(node.args) > place:
        return node.args[place]
    return next((given.value for given in node.keywords if given.arg == "message"), None)


def _defaults_of_message(node: ast.ClassDef) -> Iterator[ast.expr]:
    for made in node.body:
        if isinstance(made, ast.FunctionDef) and made.name == "__init__":
            arguments = made.args.args[len(made.args.args) - len(made.args.defaults) :]
            for argument, default in zip(arguments, made.args.defaults, strict=True):
                if argument.arg == "message":
                    yield default


def _imported(tree: ast.Module, module: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }
