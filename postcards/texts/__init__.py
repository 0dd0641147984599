"""What we say in each language: English is written in the code, the others stand in .po files beside this.

The files are read as they are, once in a process: no compiling step that somebody forgets.
"""

from __future__ import annotations

import datetime as dt
import gettext as stdlib_gettext
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from postcards.errors import CountryNamed, InLanguages, Said

#: Languages that the product speaks; campaigns choose among them.
LANGUAGES = ("lt", "en", "pl", "ru", "uk", "ro")
ENGLISH = "en"
#: English as it is read in Europe: the day before the month, and 24 hours.
LOCALES = {ENGLISH: "en_GB"}

_TAG = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$")

Translation = str | tuple[str, ...]


class Catalogue:
    """One language: its texts, plurals, numbers, days and names of countries.

    A text that nobody has translated is said in English; a test sees to it that there is none.
    """

    def __init__(self, language: str, catalog: Catalog | None) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES.get(language, language))
        self.direction = self.locale.text_direction
        self._texts: dict[str, Translation] = {}
        self._in_scripts: dict[str, tuple[str, ...]] = {}
        self._form: Callable[[int], int] = stdlib_gettext.c2py("n != 1")
        if catalog is None:
            return
        self._form = stdlib_gettext.c2py(catalog.plural_expr)
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            if said := forms(message):
                self._texts[msgid] = said if message.pluralizable else said[0]
            scripts = tuple(path for path, _ in message.locations if path.endswith(".js"))
            if scripts:
                self._in_scripts[msgid] = scripts

    def gettext(self, msgid: str, **values: object) -> str:
        """This will say `msgid` in this language, with `%(name)s` filled from `values` when there are any."""
        said = self._texts.get(msgid, msgid)
        text = said if isinstance(said, str) else said[0]
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """This will say it for `n` things by the language's own rules; `%(n)s` is `n`, grouped."""
        said = self._texts.get(singular)
        forms = said if isinstance(said, tuple) else (singular, plural)
        index = self._form(n) if isinstance(said, tuple) else int(n != 1)
        return forms[index] % {"n": self.number(n), **values}

    def say(self, message: str) -> str:
        """This will say the message of a refusal or a fault in this language, and what is said within it too.

        Words that are in no catalogue stay as they are: those of a library, or said in this language already.
        """
        if not self._texts:
            return str(message)
        if not isinstance(message, Said):
            return self.gettext(message)
        if isinstance(message, CountryNamed):
            return self.country(message.code)
        if isinstance(message, InLanguages):
            return message.words.get(self.language, str(message))
        values = {
            name: self.say(value) if isinstance(value, Said) else value
            for name, value in message.values.items()
        }
        said = self._texts.get(message.msgid)
        if message.plural is None or not isinstance(said, tuple):
            form = said if isinstance(said, str) else message.msgid if message.n == 1 else message.plural
        else:
            form = said[self._form(message.n)]
        form = message.msgid if form is None else form
        return form % values if values else form

    def forms_of(self, singular: str, plural: str, **values: object) -> tuple[str, ...]:
        """This will say it in every form that `ngettext` chooses among: for one, for a few, for the rest."""
        said = self._texts.get(singular)
        return tuple(form % values for form in (said if isinstance(said, tuple) else (singular, plural)))

    def in_scripts(self, folder: str) -> dict[str, Translation]:
        """This will give what the scripts below static/`folder` say: msgid -> text, or its plural forms."""
        part = f"static/{folder}/"
        return {
            msgid: self._texts[msgid]
            for msgid, paths in self._in_scripts.items()
            if msgid in self._texts and any(part in path for path in paths)
        }

    def number(self, n: int | float) -> str:
        """This will write a number with this language's groups and decimal sign."""
        return format_decimal(n, locale=self.locale)

    def percent(self, part: float) -> str:
        """This will write a share, 0.25 as "25%"."""
        return format_percent(part, locale=self.locale)

    def date(self, day: dt.date, style: str = "long") -> str:
        """This will write a day; styles are Babel's: short, medium, long, full."""
        return format_date(day, style, locale=self.locale)

    def moment(self, at: dt.datetime, zone: str, style: str = "medium") -> str:
        """This will write an aware moment as the clock of `zone` shows it."""
        return format_datetime(at, style, tzinfo=ZoneInfo(zone), locale=self.locale)

    def clock(self, at: dt.time) -> str:
        """This will write a time of day, hours and minutes."""
        return format_time(at, "short", locale=self.locale)

    def weekday(self, index: int) -> str:
        """This will name a day of the week, 0 for Monday."""
        return str(self.locale.days["stand-alone"]["wide"][index])

    def country(self, code: str) -> str:
        """This will name a country by its ISO 3166-1 code; a code without a name stays as it is."""
        return str(self.locale.territories.get(code, code))

    def listed(self, items: Sequence[str]) -> str:
        """This will join items as a sentence does: "a, b and c"."""
        return format_list(list(items), locale=self.locale)

    @cached_property
    def own_name(self) -> str:
        """The language's name in itself, with a capital."""
        name = self.locale.get_language_name(self.locale) or self.language
        return name[:1].upper() + name[1:]


def forms(message: Message) -> tuple[str, ...]:
    """This will give what a message says, all plural forms of it; nothing when any of them is missing."""
    said = message.string if message.pluralizable else (message.string,)
    found = tuple(form for form in said or () if isinstance(form, str) and form)
    return found if len(found) == len(said or ()) else ()


@cache
def catalogue(language: str) -> Catalogue:
    """This will give the catalogue of a language; of English for one that we do not speak."""
    if language not in LANGUAGES:
        return catalogue(ENGLISH)
    if language == ENGLISH:
        return Catalogue(ENGLISH, None)
    with resources.files(__package__).joinpath(f"{language}.po").open("rb") as file:
        return Catalogue(language, read_po(file, locale=language))


def preferences(header: str | None) -> list[str]:
    """This will give the language tags of an Accept-Language header, the most wanted first."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate((header or "").split(",")):
        match = _TAG.match(part)
        if match is not None:
            weight = float(match[2]) if match[2] else 1.0
            if weight > 0:
                found.append((-weight, place, match[1]))
    return [tag for _, _, tag in sorted(found)]


def best_language(wanted: Iterable[str], offered: Sequence[str]) -> str:
    """This will choose from `offered` (the first is the default) for tags in order; "pl-PL" counts as "pl".

    English is chosen instead of the default for a reader who asks for languages and finds none of them, when
    English is offered.
    """
    asked = False
    for tag in wanted:
        language = tag.lower().partition("-")[0]
        if language == "*":
            break
        if language in offered:
            return language
        asked = True
    return ENGLISH if asked and ENGLISH in offered else offered[0]
