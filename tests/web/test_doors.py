"""Every route of the app at every wrong identity, from the URL map itself: a new route cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from postcards import config, db, embedded, kit
from postcards.web import doors
from postcards.web.app import create_app
from tests.conftest import new_database
from tests.plugins.cast import AT, MASTER_KEY, House, bearer
from tests.web.who_knocks import Identity, World, make_world, retired_kiosk

#: What anybody may reach, written down once more: who opens a route to the world says so here too.
OPEN_TO_ALL = {
    "/", "/c/<slug>", "/wall/<slug>", "/T/", "/t/", "/T/<code>", "/t/<code>", "/T/<code>/arrival",
    "/t/<code>/arrival", "/T/<code>/thanks", "/t/<code>/thanks", "/T/<code>/no-more", "/t/<code>/no-more",
    "/S/<slip_code>", "/s/<slip_code>",
    "/sign-in", "/sign-in/<token>", "/sign-in/code", "/sign-out", "/kiosk/", "/healthz", "/readyz", "/metrics",
    "/api/v1/campaigns/<slug>", "/api/v1/kiosk/pairing", "/api/v1/openapi.json", "/static/<path:filename>",
}  # fmt: skip

#: Who knocks here is a stranger afterwards, so it comes last.
ENDS_SESSIONS = "/sign-out-everywhere"

STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PARTNERS_READERS = ("partner", "organiser", "auditor")

WRONG = [
    "nobody", "unknown token", "a foolish token", "unknown session", "kiosk", "other campaign's kiosk",
    "revoked kiosk", "partner token", "other campaign's partner token", "revoked partner token", "organiser",
    "printer", "auditor", "partner", "other campaign's organiser", "other campaign's printer",
    "other campaign's auditor", "other campaign's partner", "expired session", "idle session", "ended session",
    "session of one who was dismissed",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One house for all of them: what is refused changes nothing."""
    with new_database(servers) as url:
        db.upgrade(url)
        settings = config.load(
            {
                "POSTCARDS_HOME": str(tmp_path_factory.mktemp("doors")),
                "POSTCARDS_DATABASE_URL": url,
                "POSTCARDS_MASTER_KEY": MASTER_KEY,
                "POSTCARDS_SECRET_KEY": "not a secret, only for the tests of this house",
            }
        )
        made = kit.assemble(settings, name="test")
        app = create_app(made)
        app.config["PROPAGATE_SURPRISES"] = True
        yield make_world(House(made, AT), app)
        made.close()


def door_of(world: World, rule: Rule) -> Any:
    """The door that stands before a route's view."""
    view: Any = world.app.view_functions[rule.endpoint]
    return view.door


def methods(rule: Rule) -> list[str]:
    """What one may ask of a route, with what Flask answers by itself left out."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def guarded_routes(world: World) -> list[tuple[Rule, str]]:
    """Every rule and method behind a door that is not open to all."""
    return [
        (rule, method)
        for rule in world.app.url_map.iter_rules()
        if door_of(world, rule) is not doors.PUBLIC
        for method in methods(rule)
    ]


def address(world: World, rule: Rule) -> str:
    """The rule's address with things of Vilnius; a new argument is added to `make_world`."""
    with world.app.test_request_context():
        built = rule.build({name: world.path[name] for name in rule.arguments}, append_unknown=False)
    assert built is not None
    return built[1]


def expected(world: World, who: Identity, rule: Rule, method: str) -> int | None:
    """What the door should answer; None when this is the right person."""
    door = door_of(world, rule)
    answers_the_campaign = door is doors.PARTNER and method == "POST"  # an auditor reads what the Post says
    roles = ("partner", "organiser") if answers_the_campaign else getattr(door, "roles", PARTNERS_READERS)
    asks_for_a_page = method == "GET" and not rule.rule.startswith("/api/")
    unknown = 302 if asks_for_a_page else 401
    at_home = who.home == world.vilnius.slug
    about_something = bool(rule.arguments - {"country"})
    if door.__name__.startswith("KIOSK"):
        if who.kind == "revoked_kiosk":
            return 403
        if who.kind != "kiosk":
            return 401
        return None if at_home or not about_something else 404
    if who.kind == "partner" and door is doors.PARTNER:
        return None if at_home or not about_something else 404
    if who.kind != "staff":
        return unknown
    if not at_home and "slug" in rule.arguments:
        return 404
    if who.role not in roles:
        return 403
    return None if at_home or not about_something else 404


def test_what_is_open_to_all_is_written_down(world: World) -> None:
    found = {rule.rule for rule in world.app.url_map.iter_rules() if door_of(world, rule) is doors.PUBLIC}
    assert found == OPEN_TO_ALL


def test_everybody_knocks(world: World) -> None:
    assert set(world.identities) == set(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_identity_gets_what_the_door_says(world: World, name: str) -> None:
    who = world.identities[name]
    wrong, refused = [], 0
    for rule, method in guarded_routes(world):
        status = expected(world, who, rule, method)
        if status is None:
            continue
        answer = world.knock(who, method, address(world, rule), rule.endpoint)
        refused += 1
        if answer.status_code != status or (status == 302 and not answer.location.startswith("/sign-in?")):
            wrong.append(f"{method} {rule.rule}: {answer.status_code}, not {status}")
    assert not wrong
    assert refused > 5


@pytest.mark.parametrize("name", WRONG)
def test_a_stranger_who_is_right_elsewhere_sees_only_their_own(world: World, name: str) -> None:
    """Addresses without a campaign in them answer about the caller's own campaign."""
    who = world.identities[name]
    if not who.home or who.home == world.vilnius.slug:
        return
    for rule, method in guarded_routes(world):
        if expected(world, who, rule, method) is None and rule.rule != ENDS_SESSIONS:
            answer = world.knock(who, method, address(world, rule), rule.endpoint)
            assert answer.status_code < 500, rule.rule
            assert world.vilnius.slug not in answer.get_data(as_text=True), rule.rule
            assert world.vilnius.slug not in answer.headers.get("Location", ""), rule.rule


def test_the_things_of_another_campaign_are_not_found_under_ones_own(world: World) -> None:
    who = world.identities["other campaign's organiser"]
    reached = []
    for rule, method in guarded_routes(world):
        if "slug" not in rule.arguments or not rule.arguments - {"slug", "sheet"}:
            continue
        theirs = address(world, rule).replace(f"/c/{world.vilnius.slug}/", f"/c/{world.bucharest.slug}/")
        answer = world.knock(who, method, theirs, rule.endpoint)
        if answer.status_code != 404:
            reached.append(f"{method} {rule.rule}: {answer.status_code}")
    assert not reached


def test_a_signed_in_form_without_its_token_is_refused(world: World) -> None:
    """For a browser sends its cookie along wherever the form came from."""
    taken, tried = [], 0
    for rule, method in guarded_routes(world):
        if method == "GET":
            continue
        for who in world.identities.values():
            if who.kind == "staff" and expected(world, who, rule, method) is None:
                tried += 1
                answer = world.knock(who, method, address(world, rule), rule.endpoint, form_token=False)
                if answer.status_code != 403 or "too old, or came from elsewhere" not in answer.text:
                    taken.append(f"{who.name}: {method} {rule.rule}: {answer.status_code}")
    assert not taken
    assert tried > 10


def test_a_retired_kiosk_takes_nothing_new_and_hands_in_what_it_holds(world: World) -> None:
    client = world.app.test_client()
    house = world.vilnius.house
    token = bearer(retired_kiosk(house, world.vilnius))
    assert client.get("/api/v1/kiosk", headers=token).status_code == 200
    for path, body in (
        ("/api/v1/kiosk/booklets", world.bodies["kiosk.lend_booklet"]()),
        ("/api/v1/kiosk/cards", world.vilnius.body()),
    ):
        answer = client.post(path, json=body, headers=token)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "kiosk_retired"), path
    batch = client.post("/api/v1/kiosk/batches", json={"cards": [world.vilnius.body()]}, headers=token)
    assert batch.get_json()["results"][0]["status"] in (403, 409)


def test_the_right_identity_comes_in(world: World) -> None:
    """Last, for what it does is done: the same addresses lead somewhere, so a 404 above meant something."""
    kept_out = []
    routes = guarded_routes(world)
    for rule, method in sorted(routes, key=lambda route: (route[0].rule == ENDS_SESSIONS, route[1] != "GET")):
        for who in world.identities.values():
            if who.home == world.vilnius.slug and expected(world, who, rule, method) is None:
                answer = world.knock(who, method, address(world, rule), rule.endpoint)
                if answer.status_code >= 500 or answer.status_code in (401, 403, 404):
                    kept_out.append(f"{who.name}: {method} {rule.rule}: {answer.status_code}")
    assert not kept_out


def test_every_answer_is_closed_to_what_comes_from_elsewhere(world: World) -> None:
    """The same strict headers on pages, files, refusals and the API; nobody's page stays in a cache."""
    open_answers = []
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in methods(rule):
            for name in ("nobody", "unknown token", "organiser", "kiosk"):
                answer = world.knock(world.identities[name], method, address(world, rule), rule.endpoint)
                policy = answer.headers.get("Content-Security-Policy", "")
                strict = "default-src 'self'" in policy and "unsafe" not in policy and "*" not in policy
                rest = {header: answer.headers.get(header) for header in STRICT}
                if not strict or rest != STRICT or "public" in answer.headers.get("Cache-Control", "public"):
                    open_answers.append(f"{name}: {method} {rule.rule} {policy} {rest}")
                if answer.status_code >= 500 and rule.rule != "/readyz":
                    open_answers.append(f"{name}: {method} {rule.rule}: {answer.status_code}")
                if door_of(world, rule) is doors.PUBLIC and answer.status_code == 401:
                    open_answers.append(f"{name}: {method} {rule.rule} asks who it is")
    assert not open_answers


def test_sign_in_pages_send_one_back_to_where_one_wanted_to_go(world: World) -> None:
    who = world.identities["expired session"]
    answer = world.knock(who, "GET", f"/desk/c/{world.vilnius.slug}/cards/?show=held", "desk.card_list")
    assert answer.location == f"/sign-in?next=/desk/c/{world.vilnius.slug}/cards/?show%3Dheld"
