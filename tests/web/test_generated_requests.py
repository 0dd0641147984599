"""The API as nobody would think of asking it: requests made from its own document, alone and one after another.

Schemathesis makes them, those that keep to the document and those that break it, and holds each answer against all
of its checks: no failure of ours, nothing undocumented, the right media type and shape, what breaks the schema is
refused, nobody comes in without a token.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import uuid
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, AuthContext, Case, GenerationMode
from schemathesis.config import ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok

from postcards.services import booklets, kiosks, partner_tokens
from postcards.web.api import OPERATIONS
from postcards.web.app import create_app
from postcards.web.openapi_links import LINKS
from tests.plugins.cast import AT, CARD, House, Town, bearer
from tests.services.posting import make_all, printed, seal

#: The same requests at every run, so that a red run is the change's doing.
STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: Of each operation, so many requests by the document, and so many against it.
EACH = 15
#: Walks along the document's links, at least and at most, and the steps of each.
WALKS, MOST_WALKS, STEPS = 60, 240, 6

CONFIG = {
    "generation": {"with-security-parameters": False},
    "checks": {
        # A card's words are judged by rules that no schema can say, so what the schema allows may be 422.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "503"]
        },
        # A text over its longest may also be a body over the most that we read.
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "413", "415", "422"]},
    },
}


class Tokens:
    """Puts the token of whoever an operation is for on a request."""

    kept: dict[str, str]

    def get(self, _: Case, context: AuthContext) -> dict[str, str]:
        """This will give the header for this operation; none when it is for everybody."""
        schemes = [kind for scheme in context.operation.definition.raw.get("security", []) for kind in scheme]
        return {name: value for kind in schemes for name, value in bearer(self.kept[kind]).items()}

    def set(self, case: Case, data: dict[str, str], _: AuthContext) -> None:
        """This will sign the request."""
        case.headers.update(data)


class Asked:
    """The API of a campaign with everything that one can be asked for, and the tokens to ask with."""

    def __init__(self, house: House) -> None:
        self.town = town = house.open_campaign("vilnius", cap=2_000)
        for _ in range(2):
            printed(town)
            seal(town)
        make_all(town)
        with house.begin() as session:
            partner = partner_tokens.make_token(session, campaign_id=town.id, by="test", at=AT)
        self.tokens = {"kiosk": town.kiosks[0].token, "partner": partner}
        project = ProjectConfig.from_dict(CONFIG)
        self.schema = schemathesis.openapi.from_wsgi(
            "/api/v1/openapi.json",
            create_app(house.kit),
            config=SchemathesisConfig(projects=ProjectsConfig(default=project)),
        )
        self.schema.auth()(type("TownTokens", (Tokens,), {"kept": self.tokens}))

    def there(self) -> dict[str, Any]:
        """This will give a value for each parameter of a path that leads to something."""
        card = self.town.register()
        with self.town.house.begin() as session:
            kiosk = self.town.identity()
            booklet = booklets.lend(session, kiosk=kiosk, booklet_id=card.id, stamps=3, by="test", at=AT)
        path = {"card_id": str(card.id), "booklet_id": str(booklet.id), "number": 1, "name": "manifest.csv"}
        return path | {"slug": self.town.slug, "country": "DE"}

    def operations(self) -> list[APIOperation]:
        """This will give every operation of the document."""
        return [found.ok() for found in self.schema.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture
def asked(house: House) -> Asked:
    return Asked(house)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_each_operation_keeps_its_word(asked: Asked, mode: GenerationMode) -> None:
    operations = asked.operations()
    names = [operation.definition.raw["operationId"] for operation in operations]
    assert sorted(names) == sorted(one.name for one in OPERATIONS)
    there = asked.there()
    for operation in operations:
        parts = operation.definition.raw["parameters"] or "requestBody" in operation.definition.raw
        if parts or mode.is_positive:
            _hold(operation, mode, there)


def _hold(operation: APIOperation, mode: GenerationMode, there: dict[str, Any]) -> None:
    """Where the path may be any, it leads to something that is there."""

    @settings(STEADY, max_examples=EACH)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        path = case.meta.components.get(ParameterLocation.PATH) if case.meta is not None else None
        if path is not None and path.mode.is_positive:
            case.path_parameters.update({name: there[name] for name in case.path_parameters})
        case.call_and_validate()

    ask()


def _made(operation: APIOperation) -> list[Case]:
    """A few requests to an operation, by the document alone."""
    made: list[Case] = []

    @settings(STEADY, max_examples=10)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def keep(case: Case) -> None:
        made.append(case)

    keep()
    return made


class Walker:
    """Goes where an answer leads, with what it said; chooses the links it went least."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.operations = {one.definition.raw["operationId"]: one for one in asked.operations()}
        self.pools = {name: itertools.cycle(_made(one)) for name, one in self.operations.items()}
        self.gone: dict[tuple[str, str], int] = {}
        self.chance = random.Random(7)

    def walk(self, name: str, steps: int) -> None:
        """This will begin at an operation and follow links while there are any."""
        made: dict[str, Any] = {}
        for _ in range(steps):
            case = self._case(name, made)
            answer = case.call_and_validate()
            links = self._links(name, case, answer)
            if made.get("from"):
                way = (made["from"], name)
                self.gone[way] = self.gone.get(way, 0) + (answer.status_code < 300)
            if not links:
                return
            if name == "pair_kiosk":
                self.asked.tokens["kiosk"] = answer.json()["token"]
            target = min(sorted(links), key=lambda to: (self.gone.get((name, to), 0), self.chance.random()))
            made = {"from": name} | links[target]
            name = target

    def led(self) -> set[tuple[str, str]]:
        """This will give the links that have led to a success."""
        return {way for way, times in self.gone.items() if times}

    def _links(self, name: str, case: Case, answer: Any) -> dict[str, dict[str, Any]]:
        """The ways that stand open, with what they take along; an empty list leads nowhere."""
        declared = self.operations[name].definition.raw["responses"].get(str(answer.status_code), {})
        ways = {}
        for to, link in declared.get("links", {}).items():
            with suppress(IndexError):
                ways[to] = _resolved(link, case, answer)
        return {to: way for to, way in ways.items() if None not in way["parameters"].values()}

    def _case(self, name: str, made: dict[str, Any]) -> Case:
        drawn = next(self.pools[name])
        path = dict(drawn.path_parameters or {})
        query = dict(drawn.query or {}) if name != "list_manifests" else {"limit": 1}
        for parameter, value in made.get("parameters", {}).items():
            (path if parameter in path else query)[parameter] = value
        body = (
            self._sensible(name, drawn.body) | made.get("body", {})
            if isinstance(drawn.body, dict)
            else drawn.body
        )
        return self.operations[name].Case(
            path_parameters=path,
            query=query,
            body=body,
            media_type=drawn.media_type,
            headers=dict(drawn.headers or {}) | self._signed(name),
        )

    def _signed(self, name: str) -> dict[str, str]:
        schemes = [
            kind for scheme in self.operations[name].definition.raw.get("security", []) for kind in scheme
        ]
        return {
            header: value for kind in schemes for header, value in bearer(self.asked.tokens[kind]).items()
        }

    def _sensible(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """The rules take it too, for three of four; as the schema alone made it, else."""
        if "id" in body:
            body = body | {"id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4))}
        return body if self.chance.random() < 0.25 else body | self._good_parts(name)

    def _good_parts(self, name: str) -> dict[str, Any]:
        consent = {"version": self.asked.town.edition.consent[0].version, "arrival_notice": True}
        words = {"recipient": CARD["recipient"], "sender": CARD["sender"], "message": None}
        match name:
            case "pair_kiosk":
                return {"pairing_code": _pairing_code(self.asked.town), "device_name": "Tablet"}
            case "register_card" | "read_back":
                plain = {"language": "lt", "number": None, "printed_at": None, "volunteer": None}
                return words | plain | {"consent": consent}
            case "register_batch":
                card = self.asked.town.body(id=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)))
                return {"cards": [card, {}]}
            case "lend_booklet":
                return {"stamps": 3}
            case "record_print" | "void_card":
                return {"reason": "A test", **({"paper": "none"} if name == "void_card" else {})}
            case "correct_card":
                return words | {"recipient": CARD["recipient"] | {"name": f"Jonas {self.chance.random()}"}}
            case "record_receipt":
                return {"accepted": 1, "refused": [], "difference": 0, "note": ""}
            case _:
                return {}


def _pairing_code(town: Town) -> str:
    with town.house.begin() as session:
        _, code = kiosks.add_kiosk(
            session,
            campaign_id=town.id,
            venue_slug=town.edition.venues[0].slug,
            name="One more",
            by="test",
            at=dt.datetime.now(dt.UTC),
        )
    return code


def _resolved(link: dict[str, Any], case: Case, answer: Any) -> dict[str, Any]:
    """What a link takes along: OpenAPI's runtime expressions, those that we use."""

    def value(expression: Any) -> Any:
        match expression:
            case str() if expression.startswith("$response.body#"):
                return _at(answer.json(), expression.removeprefix("$response.body#/"))
            case str() if expression.startswith("$request.path."):
                return case.path_parameters[expression.removeprefix("$request.path.")]
            case list():
                return [value(part) for part in expression]
            case dict():
                return {key: value(part) for key, part in expression.items()}
            case _:
                return expression

    return {"parameters": value(link["parameters"]), "body": value(link.get("requestBody", {}))}


def _at(found: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901)."""
    for part in pointer.split("/"):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def test_every_link_of_the_document_leads_somewhere(asked: Asked) -> None:
    """From pairing to the Post's receipt, each step with what the one before answered."""
    walker = Walker(asked)
    begin = ["pair_kiosk", "show_kiosk", "lend_booklet", "register_card", "register_batch", "read_back"]
    ways = {(name, link.to) for (name, _), links in LINKS.items() for link in links}
    for number in range(MOST_WALKS):
        walker.walk([*begin, "list_manifests"][number % 7], STEPS)
        if number >= WALKS and walker.led() == ways:
            return
    assert walker.led() == ways
