"""Writes a sentence down with all that it was made of, so that each later reader hears it in their own language."""

from __future__ import annotations

import json
from typing import Any, Final

from postcards.errors import CountryNamed, InLanguages, Said

#: What a sentence with parts begins with when it is kept; nobody's plain words do.
_BEGINS: Final = '{"said":'


def kept(sentence: str) -> str:
    """This will give the text to keep: plain words as they are, a sentence with parts as JSON.

    Values that are neither text nor number are kept as the text that they show.
    """
    parts = _parts(sentence)
    alone = isinstance(parts, str) or parts == {"said": str(sentence), "values": {}}
    return str(sentence) if alone else json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_again(text: str) -> str:
    """This will give the sentence that `kept` wrote down, in English until somebody says it in another language."""
    return _sentence(json.loads(text)) if text.startswith(_BEGINS) else text


def _parts(value: object) -> Any:
    if isinstance(value, CountryNamed):
        return {"said": str(value), "country": value.code}
    if isinstance(value, InLanguages):
        return {"said": str(value), "in": dict(value.words)}
    if isinstance(value, Said):
        values = {name: _parts(part) for name, part in value.values.items()}
        if value.plural is not None:
            return {"said": value.msgid, "values": values, "plural": value.plural, "n": value.n}
        return {"said": value.msgid, "values": values}
    return value if isinstance(value, str | int | float) else str(value)


def _sentence(parts: Any) -> Any:
    if not isinstance(parts, dict):
        return parts
    if "country" in parts:
        return CountryNamed(parts["country"], parts["said"])
    if "in" in parts:
        return InLanguages(parts["said"], parts["in"])
    values = {name: _sentence(part) for name, part in parts["values"].items()}
    return Said(parts["said"], values, parts.get("plural"), parts.get("n", 1))
