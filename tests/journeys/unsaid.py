"""Looks through the logs of a run for what must never stand in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

#: The numbers of processes, as our lines, the web server, PostgreSQL and Valkey write them: a postcode may be one.
_PROCESS = re.compile(r"(?i)\bpid\W{1,3}\d+|\[\d+\]|^\d+:[A-Z]\b", re.MULTILINE)


def lines_with(logs: Path, words: Iterable[str]) -> list[str]:
    """This will give the lines of all logs that hold one of the words, as it is or escaped; a number counts where it
    stands by itself, for an id may hold any digits."""
    told = _PROCESS.sub("", "\n".join(log.read_text(errors="replace") for log in sorted(logs.iterdir())))
    found = []
    for word in words:
        for form in {word, json.dumps(word)[1:-1], quote(word)}:
            pattern = rf"\b{form}\b" if form.isdigit() else re.escape(form)
            found += re.findall(rf".*{pattern}.*", told) if form.isdigit() or form in told else []
    return found
