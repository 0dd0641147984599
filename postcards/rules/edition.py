"""A campaign as data: an edition is read from TOML, checked whole, kept as JSON and asked for its rules."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from postcards.errors import Fault, Invalid, NotFound
from postcards.rules import edition_sections as sections
from postcards.rules.edition_parts import (
    COUNTRY_LINES,
    LANGUAGES,
    WEEKDAYS,
    Cachet,
    Card,
    Consent,
    Credit,
    Dates,
    Dispatch,
    Hours,
    Indicia,
    Patron,
    PostalPartner,
    Retention,
    Suspension,
    Texts,
    Venue,
)
from postcards.rules.edition_places import Places, scan
from postcards.rules.edition_reader import SLUG, Report, Section

# key of a text -> whether an edition must have it. Templates word everything else.
TEXT_KEYS = {
    "title": True,  # on every page, once
    "invitation": True,  # the kiosk's first page and the public page
    "kiosk_notice": True,  # what happens to what is typed, before typing
    "thanks": True,  # after registering
    "recipient_notice": True,  # to the recipient: why their address was known, and their rights
    "full": True,  # all stamps are used
    "tagline": False,
    "arrived": False,  # to the recipient, after "it has arrived"
    "closed": False,
}


@dataclass(frozen=True, slots=True)
class Edition:
    """One campaign's data. Languages: the first is the default. Days and clocks are in `time_zone`."""

    slug: str
    name: str
    cap: int
    languages: tuple[str, ...]
    time_zone: str
    origin_country: str
    city: str
    abroad_only: bool
    country_line: str  # one of COUNTRY_LINES
    stories: bool
    guardian_age: int  # a visitor younger than this needs a guardian's consent
    dates: Dates
    texts: dict[str, Texts]  # key of TEXT_KEYS -> language -> words
    venues: tuple[Venue, ...]
    patron: Patron | None
    credits: tuple[Credit, ...]
    indicia: Indicia
    cachet: Cachet
    card: Card
    postal_partner: PostalPartner
    dispatch: Dispatch
    consent: tuple[Consent, ...]  # oldest first
    retention: Retention
    suspended: tuple[Suspension, ...]

    @property
    def default_language(self) -> str:
        """This will return the language for whoever has not chosen one."""
        return self.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        """This will return the time zone of the campaign's clocks and days."""
        return ZoneInfo(self.time_zone)

    def day(self, at: datetime) -> date:
        """This will return the campaign's own date at an aware moment."""
        return at.astimezone(self.zone).date()

    # -- words --------------------------------------------------------------------------------------------

    def language(self, wanted: str | None) -> str:
        """This will return the campaign's language nearest to `wanted` ("en-GB" is "en"), else its first."""
        short = (wanted or "").replace("_", "-").partition("-")[0].lower()
        return short if short in self.languages else self.default_language

    def words(self, texts: Texts, language: str | None) -> str:
        """This will return the words of a text in that language, else in the default one."""
        return texts[self.language(language)]

    def text(self, key: str, language: str | None = None) -> str:
        """This will return the words of `texts.key`, "" when it has none; KeyError when no edition can."""
        if key not in TEXT_KEYS:
            raise KeyError(key)
        return self.words(self.texts[key], language) if key in self.texts else ""

    def venue(self, slug: str) -> Venue:
        """This will return the venue of that slug, or raise NotFound."""
        for venue in self.venues:
            if venue.slug == slug:
                return venue
        known = ", ".join(venue.slug for venue in self.venues)
        raise NotFound(f'"{self.slug}" has no venue "{slug}". Its venues: {known}.')

    # -- consent ------------------------------------------------------------------------------------------

    def consent_version(self, version: str) -> Consent | None:
        """This will return that version of the consent, None when the campaign never had it."""
        return next((consent for consent in self.consent if consent.version == version), None)

    def consent_in_force(self, version: str, at: datetime) -> bool:
        """Whether `version` was in force at `at` or before: an older one that once was is still a consent.

        The first version counts from the beginning, for a campaign may open early. This will return a bool.
        """
        found = self.consent_version(version)
        return found is not None and (found is self.consent[0] or found.in_force_from <= at)

    def current_consent(self, at: datetime) -> Consent:
        """This will return the newest version in force at that aware moment."""
        return [self.consent[0], *(c for c in self.consent[1:] if c.in_force_from <= at)][-1]

    # -- destinations -------------------------------------------------------------------------------------

    def suspensions(self, on: date) -> tuple[Suspension, ...]:
        """This will return the destinations that the Post does not serve on that day."""
        return tuple(suspension for suspension in self.suspended if suspension.covers(on))

    def suspension(self, country: str, on: date) -> Suspension | None:
        """This will return why nothing goes to `country` on that day, or None."""
        return next((found for found in self.suspensions(on) if found.country == country), None)

    def is_suspended(self, country: str, on: date) -> bool:
        """This will return whether the Post serves no cards to `country` on that day."""
        return self.suspension(country, on) is not None

    # -- dispatch -----------------------------------------------------------------------------------------

    def is_dispatch_day(self, day: date) -> bool:
        """This will return whether cards leave on that date."""
        return WEEKDAYS[day.weekday()] in self.dispatch.days and day not in self.dispatch.not_on

    def cut_off_at(self, day: date) -> datetime:
        """The moment of the cut-off on `day`, whether or not cards leave then.

        A clock that shows the time twice means the first; one that skips it means the moment it would have
        been, an hour later on the clock. This will return an aware time with that moment's fixed offset: two
        of them compare and subtract rightly across a change of the clocks, which zoneinfo's own do not.
        """
        local = datetime.combine(day, self.dispatch.cut_off, tzinfo=self.zone)
        real = local.astimezone(UTC).astimezone(self.zone)
        return real.replace(tzinfo=timezone(real.utcoffset() or timedelta(0)))

    def next_cut_off(self, after: datetime) -> datetime:
        """This will return the first cut-off of a dispatch day later than the aware moment `after`."""
        day = self.day(after) - timedelta(days=1)
        for _ in range(800):  # `not_on` may skip days, never two years of them
            if self.is_dispatch_day(day) and (moment := self.cut_off_at(day)) > after:
                return moment
            day += timedelta(days=1)
        raise NotFound("This campaign has no dispatch day within two years.")

    # -- keeping ------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """This will return the edition as JSON-safe data of the same shape as its file."""
        return {key: _plain(getattr(self, key)) for key in (f.name for f in dataclasses.fields(self))}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Edition:
        """This will return the Edition of `to_dict`'s data; Invalid when it is not one."""
        return _read(data, name=str(data.get("slug", "the edition")), places=Places())

    def changed(self, *, slug: str | None = None, cap: int | None = None) -> Edition:
        """This will return the same edition under another slug or cap; Invalid when one cannot be."""
        data = self.to_dict()
        return Edition.from_dict(data | {"slug": slug or self.slug, "cap": self.cap if cap is None else cap})

    def with_kept_picture(self, sha256: str) -> Edition:
        """This will return the same edition, knowing under which hash its own picture is kept."""
        data = self.to_dict()
        return Edition.from_dict(data | {"card": data["card"] | {"picture_sha256": sha256}})


def parse_edition(toml_text: str, *, name: str) -> Edition:
    """Read and check a whole edition. `name` is the file, for the message.

    This will return the Edition, or raise Invalid with every fault: `field` is a path such as
    "venues[2].hours.mon" (counted from 0) and the message opens with its line.
    """
    text = toml_text.removeprefix("\ufeff")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is one; so are huge numbers
        raise _not_toml(error, text, name) from None
    return _read(document, name=name, places=scan(text))


@cache
def packaged_editions() -> tuple[str, ...]:
    """This will return the names of the editions that come with the product."""
    files = resources.files("postcards.editions").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_edition(name_or_path: str | Path) -> Edition:
    """The edition of that name, or of that TOML file.

    This will return an Edition, raise Invalid with all its faults, or NotFound when there is no such file.
    """
    if str(name_or_path) in packaged_editions():
        file = resources.files("postcards.editions") / f"{name_or_path}.toml"
        return parse_edition(file.read_text("utf-8"), name=f"{name_or_path}.toml")
    path = Path(name_or_path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        message = f"{path} is not UTF-8 text: line {line} has a byte that cannot be read."
        raise Invalid(message, faults=[Fault("", "encoding", message)]) from None
    except (OSError, ValueError) as error:
        known = ", ".join(packaged_editions())
        reason = f" ({error.strerror})" if isinstance(error, OSError) and path.exists() else ""
        message = f'There is no edition "{name_or_path}"{reason}: give a file, or one of {known}.'
        raise NotFound(message) from None
    return parse_edition(text, name=path.name)


def _not_toml(error: Exception, text: str, name: str) -> Invalid:
    said = re.search(r"\(at line (\d+), column \d+\)", str(error))
    line = int(said[1]) if said else text.count("\n") + 1
    what = "too deep" if isinstance(error, RecursionError) else re.sub(r" \(at .*\)$", "", str(error))
    message = f"Line {line}: this is not TOML: {what}."
    return Invalid(f"{name} cannot be read. {message}", faults=[Fault("", "syntax", message)])


def _read(document: dict[str, Any], *, name: str, places: Places) -> Edition:
    report = Report(places)
    root = Section(report, (), document)
    found = _edition(root)
    root.finish()
    if faults := report.faults:
        rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Invalid(f"{name} cannot be used. {faults[0].message}{rest}", faults=faults, code="edition")
    return found


def _edition(root: Section) -> Edition:
    languages = root.strings("languages", at_most=len(LANGUAGES), choices=LANGUAGES)
    if not languages and root.has("languages"):
        root.fault("languages", "missing", "needs at least one language.")
    root.report.languages = languages
    zone_name = root.text("time_zone", max_length=60)
    if root.has("time_zone") and zone_name not in _zones():
        root.fault("time_zone", "choice", f'"{zone_name}" is not a time zone such as "Europe/Vilnius".')
    zone = ZoneInfo(zone_name) if zone_name in _zones() else UTC
    found = Edition(
        slug=root.matching("slug", SLUG, sections.SLUG_RULE),
        name=root.text("name", max_length=80),
        cap=root.integer("cap", 1, sections.CAP_MAX),
        languages=languages,
        time_zone=zone_name,
        origin_country=sections.country(root, "origin_country"),
        city=root.text("city", max_length=60),
        abroad_only=root.boolean("abroad_only", default=False),
        country_line=root.choice("country_line", COUNTRY_LINES, default="english"),
        stories=root.boolean("stories", default=False),
        guardian_age=root.integer("guardian_age", 0, 21),
        dates=root.table("dates", sections.dates),
        texts=root.table("texts", _texts),
        venues=root.tables("venues", sections.venue),
        patron=root.maybe_table("patron", sections.patron),
        credits=root.tables("credits", sections.credit, required=False),
        indicia=root.table("indicia", sections.indicia),
        cachet=root.table("cachet", sections.cachet),
        card=root.table("card", sections.card),
        postal_partner=root.table("postal_partner", sections.postal_partner),
        dispatch=root.table("dispatch", sections.dispatch),
        consent=root.tables("consent", lambda section: sections.consent(section, zone)),
        retention=root.table("retention", sections.retention, required=False),
        suspended=root.tables("suspended", sections.suspension, required=False),
    )
    _once(root, "venues", [venue.slug for venue in found.venues], "slug")
    _once(root, "consent", [consent.version for consent in found.consent], "version")
    for index, (before, later) in enumerate(zip(found.consent, found.consent[1:], strict=False), start=1):
        if later.in_force_from <= before.in_force_from:
            path = ("consent", index, "in_force_from")
            root.report.add(path, "order", "must be later than that of the version before it.")
    if found.abroad_only and any(found.origin_country == s.country for s in found.suspended):
        root.fault("suspended", "origin", "names the origin country, which abroad_only excludes anyway.")
    return found


def _texts(section: Section) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for key, required in TEXT_KEYS.items():
        texts = section.texts(key) if required else section.maybe_texts(key)
        if texts is not None:
            found[key] = texts
    return found


def _once(root: Section, key: str, names: Sequence[str], part: str) -> None:
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        seen[name] += 1
        if seen[name] == 2:
            first = names.index(name)
            root.report.add((key, index, part), "duplicate", f'"{name}" is already that of {key}[{first}].')


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


_WRITTEN: dict[type, Callable[[Any], str]] = {
    Hours: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: lambda clock: f"{clock:%H:%M}",
}


def _plain(value: Any) -> Any:
    write = _WRITTEN.get(type(value))
    if write is not None:
        return write(value)
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {f.metadata.get("key", f.name): _plain(getattr(value, f.name)) for f in fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
