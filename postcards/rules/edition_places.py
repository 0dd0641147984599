"""Where things stand in a TOML text: every table and key with its line, for faults that name their place.

tomllib tells no lines, so a small scan goes over a text that tomllib has already accepted; it looks at keys
and steps over values, and needs to know nothing about numbers or dates.
"""

from __future__ import annotations

import tomllib

Path = tuple[str | int, ...]


class Places:
    """Lines of a document's tables and keys; the nearest known parent answers for what is missing."""

    def __init__(self, lines: dict[Path, int] | None = None) -> None:
        self._lines = lines or {}

    def line(self, path: Path) -> int | None:
        """The line, from 1, of the key or table at `path` or of what holds it. This will return None when the
        document did not come from a text at all."""
        if not self._lines:
            return None
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def scan(text: str) -> Places:
    """Find every key of a text that tomllib has accepted. This will return its Places."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return Places(scanner.lines)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {(): 1}
        self.counts: dict[Path, int] = {}  # how many tables an array of tables has so far
        self._line, self._line_at = 1, 0

    def document(self) -> None:
        table: Path = ()
        while True:
            self.skip(" \t\n")
            if self.at >= len(self.text):
                return
            if self.text.startswith("[[", self.at):
                self.at += 2
                parent = self.resolve(self.key()[:-1])
                array = (*parent, self.last_key)
                index = self.counts.get(array, 0)
                self.counts[array] = index + 1
                self.note(array)
                table = (*array, index)
                self.note(table)
                self.at += 2
            elif self.text[self.at] == "[":
                self.at += 1
                table = self.resolve(self.key())
                self.note(table)
                self.at += 1
            else:
                self.pair(table)

    def resolve(self, keys: Path) -> Path:
        """[a.b] below [[a]] means the last table of a."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def note(self, path: Path) -> None:
        self._line += self.text.count("\n", self._line_at, self.at)
        self._line_at = self.at
        self.lines.setdefault(path, self._line)

    def skip(self, blanks: str) -> None:
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                return

    def key(self) -> tuple[str, ...]:
        """a.b."c d" up to = or ]; leaves `at` on that sign and the last part in `last_key`."""
        parts = []
        while True:
            self.skip(" \t")
            start = self.at
            if self.text[self.at] in "\"'":
                self.string()
                # One key is one tiny document: tomllib undoes the escapes.
                parts.append(next(iter(tomllib.loads(self.text[start : self.at] + "=0"))))
            else:
                while self.text[self.at] not in " \t.=]":
                    self.at += 1
                parts.append(self.text[start : self.at])
            self.skip(" \t")
            if self.text[self.at] != ".":
                self.last_key = parts[-1]
                return tuple(parts)
            self.at += 1

    def pair(self, table: Path) -> None:
        self.note(table)
        line_at = self.at
        keys = self.key()
        after, self.at = self.at, line_at
        for depth in range(1, len(keys) + 1):
            self.note((*table, *keys[:depth]))
        self.at = after + 1
        self.skip(" \t")
        self.value((*table, *keys))

    def value(self, path: Path) -> None:
        sign = self.text[self.at]
        if sign in "\"'":
            self.string()
        elif sign == "[":
            self.at += 1
            index = 0
            while True:
                self.skip(" \t\n,")
                if self.text[self.at] == "]":
                    break
                self.note((*path, index))
                self.value((*path, index))
                index += 1
            self.at += 1
        elif sign == "{":
            self.at += 1
            while True:
                self.skip(" \t\n,")
                if self.text[self.at] == "}":
                    break
                self.pair(path)
            self.at += 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def string(self) -> None:
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            self.at += 3
            while not self.text.startswith(quote * 3, self.at):
                self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
            self.at += 3
            while self.text.startswith(quote, self.at):  # up to two quotes may end the text itself
                self.at += 1
            return
        self.at += 1
        while self.text[self.at] != quote:
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += 1
