"""Ukrainian in Latin letters, by the Cabinet of Ministers' resolution 55 of 27 January 2010.

A suggestion for a sorter abroad; what the sender typed is always kept.
"""

from __future__ import annotations

import re

_TABLE = dict(
    zip(
        "абвгґдежзиійклмнопрстуфхцчшщ",
        (*"abvhgde", "zh", *"zyiiklmnoprstuf", "kh", "ts", "ch", "sh", "shch"),
        strict=True,
    )
) | {"є": "ie", "ї": "i", "ю": "iu", "я": "ia"}
_AT_THE_START = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
# The soft sign and the apostrophe, in every shape keyboards give it, are not written.
_APOSTROPHES = "'\u2019\u02bc\u02b9`\u00b4"
_WORD = re.compile(rf"[\u0400-\u052f]+(?:[{_APOSTROPHES}][\u0400-\u052f]+)*")
_UKRAINIAN = frozenset(_TABLE) | frozenset("ь" + _APOSTROPHES)


def romanise_uk(text: str) -> str:
    """The text with its Ukrainian words romanised: "Згорани, Київ" is "Zghorany, Kyiv".

    This will return all else unchanged, words of other Cyrillic alphabets too, and capitals in capitals.
    """
    return _WORD.sub(lambda found: _word(found[0]), text)


def _word(word: str) -> str:
    if not _UKRAINIAN.issuperset(word.lower()):
        return word
    shout = len(word) > 1 and word.isupper()
    latin = ""
    before = ""
    for letter in word:
        low = letter.lower()
        if low == "ь" or low in _APOSTROPHES:
            continue
        if not before:
            written = _AT_THE_START.get(low, _TABLE[low])
        elif before == "з" and low == "г":
            written = "gh"  # зг is zgh: zh alone would be ж
        else:
            written = _TABLE[low]
        if letter != low:
            written = written.upper() if shout else written.capitalize()
        latin += written
        before = low
    return latin
