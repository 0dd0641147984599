"""The line of everything in a file: each number below is the line that it stands on, and so proves itself."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.rules.edition_places import Path, Places, scan

PLAIN = """a = 1
b.c = 2
"q.u\\"o[t]e" . 'd=' = 3 # a = [

[table] # [other]
x=6
y = { z = 7, "w w" = 7, deep = { er = 7 } }
list = [
  9, 9, # ]
  10,
]
[table.sub]
k=13
[[many]]
k = 15
  [many.inner]
  k = 17
[[many]]
k = 19
  [[many.more]]
  k = 21
  [[many.more]]
  k = 23
  [many.more.last]
  k = 25
inline = [ { k = 26 },
  { k = 27 }, [27, # }
  28] ]
[many.inner]
k = 30
"""

STRINGS = '''a = 1
b = """
x = 99 \\""" [y]
""" # z = """
c = 5
d = \'\'\'
[[e]]
\\\'\'\'
f = 9
g = "\\"]" # '
h = '\\'
i = 12
j = ["]", '}', """
]"""
  , { k = 15 }]
l = """"two quotes""""" # and one more
m = 17
n = 2026-12-18 18:00:00 # 1
o = 19
'''


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


@pytest.mark.parametrize("text", [PLAIN, STRINGS, PLAIN.replace("\n", "\r\n"), STRINGS.replace("\n", "\r\n")])
def test_every_value_stands_on_its_line(text: str) -> None:
    numbers = [(path, value) for path, value in leaves(tomllib.loads(text)) if isinstance(value, int)]
    assert len(numbers) > 5
    places = scan(text)
    assert [(path, places.line(path)) for path, _ in numbers] == numbers


def test_tables_have_the_line_of_their_heading() -> None:
    places = scan(PLAIN)
    found = {
        path: places.line(path)
        for path in [
            ("table",),
            ("table", "sub"),
            ("many",),
            ("many", 0),
            ("many", 1),
            ("many", 1, "more", 1),
        ]
    }
    assert list(found.values()) == [5, 12, 14, 14, 18, 22]


def test_what_is_missing_has_the_line_of_what_would_hold_it() -> None:
    places = scan(PLAIN)
    assert places.line(("many", 1, "inner", "absent", "deeper")) == 29
    assert places.line(("nothing", "here")) == 1
    assert Places().line(("a",)) is None


names = st.text("abc", min_size=1, max_size=3)
strings = st.sampled_from(['"x # ]"', "'}'", '"""\n[no]\nk = "v"\n"""', "'''\n=\n'''", '"\\\\"', '"\\""'])


@given(st.lists(st.tuples(names, strings | st.just("{}") | st.just("[[], []]")), max_size=12), st.booleans())
def test_made_up_documents(pairs: list[tuple[str, str]], tables: bool) -> None:
    text = ""
    for index, (name, value) in enumerate(pairs):
        text += f"\n[[t.{name}]] # {index}\n" if tables and index % 3 == 2 else ""
        text += f"k{index} = {value}\n"
        text += f"line{index} = {text.count(chr(10)) + 1}\n"
    places = scan(text)
    for path, value in leaves(tomllib.loads(text)):
        if isinstance(value, int):
            assert places.line(path) == value
