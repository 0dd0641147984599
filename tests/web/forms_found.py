"""Every form that a person meets: pages are walked through by their links, and each form is read as a browser does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.web.signing_in import Browser

#: Types of input that a person types into.
TYPED = {"text", "search", "email", "password", "number", "tel", "url", "date", "datetime-local", "textarea"}
#: What differs from one thing to the next of its kind: numbers, ids, codes.
_ONE_OF_MANY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+|[0-9A-Z]{13,21}(?=/|$)")
#: Pages of one kind that are looked at: cards at different stages have different forms.
OF_A_KIND = 12


@dataclass
class Form:
    """A form of a page: where it goes, what it holds, and which of that is typed."""

    page: str
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The same for the forms of two cards."""
        return f"{self.method} {_ONE_OF_MANY.sub('*', self.action)} {sorted(self.values)}"


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.links, self.forms = page, list[str](), list[Form]()
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        match tag:
            case "a":
                self.links.append(urljoin(self.page, given.get("href", "")))
            case "form":
                method = given.get("method", "get").upper()
                self.forms.append(Form(self.page, urljoin(self.page, given.get("action", "")), method))
            case "select":
                self._select = name
            case "option" if self._select and self.forms:
                self.forms[-1].values.setdefault(self._select, given.get("value", ""))
            case "input" | "textarea" | "button" if name and self.forms:
                kind = given.get("type", "text") if tag == "input" else tag
                self.forms[-1].values[name] = given.get("value", "")
                if kind in TYPED:
                    self.forms[-1].typed.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def forms_from(browser: Browser, *starts: str, at_most: int = 120) -> Iterator[Form]:
    """This will walk from the starts over every link of this house, and give each kind of form once."""
    ahead, seen, kinds, pages = list(starts), set[str](), set[str](), Counter[str]()
    while ahead and len(seen) < at_most:
        place = urlsplit(ahead.pop(0))
        kind = _ONE_OF_MANY.sub("*", place.path)
        if place.netloc not in ("", "localhost") or place.path in seen or place.path.startswith("/static/"):
            continue
        seen.add(place.path)
        pages[kind] += 1
        if pages[kind] > OF_A_KIND:
            continue
        answer = browser.get(place.path + (f"?{place.query}" if place.query else ""))
        assert answer.status_code < 500, place.path
        if answer.mimetype != "text/html":
            continue
        reader = _Reader(place.path)
        reader.feed(answer.get_data(as_text=True))
        ahead += reader.links
        for form in reader.forms:
            if form.kind not in kinds:
                kinds.add(form.kind)
                yield form
