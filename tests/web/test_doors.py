"""Every route of the app at every wrong identity, from the URL map itself: a new route cannot be forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from postcards import config, db, embedded, kit
from postcards.web import doors
from postcards.web.app import create_app
from tests.conftest import new_database
from tests.plugins.cast import AT, MASTER_KEY, House, bearer
from tests.web.doors_expected import KIOSK_IN_USE, LEADS_ON, MAY, READS, RETIRED_KIOSK, SECOND_FACTOR, routes
from tests.web.who_knocks import Identity, World, make_world

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
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=(), camera=(self)",
}

#: Strangers who are at home elsewhere, and how many addresses without a campaign in them they have at least.
ELSEWHERE = {
    "other campaign's kiosk": 6,
    "other campaign's partner token": 1,
    "other campaign's organiser": 7,
    "other campaign's printer": 5,
    "other campaign's auditor": 7,
    "other campaign's partner": 6,
}

WRONG = [
    "nobody", "unknown token", "a foolish token", "unknown session", "kiosk", "other campaign's kiosk",
    "revoked kiosk", "retired kiosk", "partner token", "other campaign's partner token", "revoked partner token",
    "organiser", "printer", "auditor", "partner", "other campaign's organiser", "other campaign's printer",
    "other campaign's auditor", "other campaign's partner", "expired session", "idle session", "ended session",
    "session of one who was dismissed", "second factor still due", "second factor to be set up",
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
                "POSTCARDS_SECOND_FACTOR": "organisers",
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


def address(world: World, rule: Rule, who: Identity | None = None) -> str:
    """The rule's address with things of Vilnius, or what `who` has; a new argument is added to `make_world`."""
    things = world.path | (who.own if who else {})
    with world.app.test_request_context():
        built = rule.build({name: things[name] for name in rule.arguments}, append_unknown=False)
    assert built is not None
    return built[1]


def expected(world: World, who: Identity, rule: Rule, method: str) -> int | None:
    """What the door should answer; None when this is the right person."""
    may = MAY[method, rule.rule]
    asks_for_a_page = method == "GET" and not rule.rule.startswith("/api/")
    unknown = 302 if asks_for_a_page else 401
    at_home = who.home == world.vilnius.slug
    about_something = bool(rule.arguments - {"country"})
    match who.kind:
        case "revoked_kiosk" if "kiosk" in may:
            return 403
        case "retired_kiosk" if "kiosk" in may:
            return None if "retired kiosk" in may else 403
        case "kiosk" if "kiosk" in may:
            return None if at_home or not about_something else 404
        case "partner" if "token" in may:
            return None if at_home or not about_something else 404
        case "half" if "half" in may:
            return None
        case "staff" if "kiosk" not in may:
            if not at_home and "slug" in rule.arguments:
                return 404
            if who.role not in may:
                return 403
            return None if at_home or not about_something else 404
    return unknown


def right_ones(world: World, *, reading: bool) -> Iterator[tuple[Identity, Rule, str]]:
    """Who may come in at Vilnius, where and how, to read or to do something."""
    asked = [(rule, method) for rule, method in guarded_routes(world) if (method == "GET") is reading]
    for rule, method in sorted(asked, key=lambda route: route[0].rule == ENDS_SESSIONS):
        for who in world.identities.values():
            if who.home == world.vilnius.slug and expected(world, who, rule, method) is None:
                yield who, rule, method


def opened(answer: TestResponse) -> list[str]:
    """What of an answer's headers is less strict than it has to be."""
    policy = answer.headers.get("Content-Security-Policy", "")
    strict = "default-src 'self'" in policy and "unsafe" not in policy and "*" not in policy
    found = [
        f"{name}: {answer.headers.get(name)}" for name in STRICT if answer.headers.get(name) != STRICT[name]
    ]
    if not strict:
        found.append(f"policy: {policy}")
    if answer.headers.get("Cache-Control") not in ("no-store", "private, no-cache"):
        found.append(f"cache: {answer.headers.get('Cache-Control')}")
    return found


def test_what_is_open_to_all_is_written_down(world: World) -> None:
    found = {rule.rule for rule in world.app.url_map.iter_rules() if door_of(world, rule) is doors.PUBLIC}
    assert found == OPEN_TO_ALL


def test_who_may_what_is_written_down(world: World) -> None:
    assert set(MAY) == {(method, rule.rule) for rule, method in guarded_routes(world)}


def test_everybody_knocks(world: World) -> None:
    assert set(world.identities) == set(WRONG)
    at_home_elsewhere = {who.name for who in world.identities.values() if who.home == world.bucharest.slug}
    assert at_home_elsewhere == set(ELSEWHERE)


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


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_stranger_who_is_right_elsewhere_sees_only_their_own(world: World, name: str) -> None:
    """Addresses without a campaign in them answer about the caller's own campaign."""
    who, tried = world.identities[name], 0
    for rule, method in guarded_routes(world):
        if expected(world, who, rule, method) is None and rule.rule != ENDS_SESSIONS:
            tried += 1
            answer = world.knock(who, method, address(world, rule), rule.endpoint)
            assert answer.status_code < 500, rule.rule
            assert world.vilnius.slug not in answer.get_data(as_text=True), rule.rule
            assert world.vilnius.slug not in answer.headers.get("Location", ""), rule.rule
    assert tried >= ELSEWHERE[name]


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
            if who.kind in ("staff", "half") and expected(world, who, rule, method) is None:
                tried += 1
                answer = world.knock(who, method, address(world, rule), rule.endpoint, form_token=False)
                if answer.status_code != 403 or "too old, or came from elsewhere" not in answer.text:
                    taken.append(f"{who.name}: {method} {rule.rule}: {answer.status_code}")
    assert not taken
    assert tried > 10


def test_who_is_right_reads_and_nobody_keeps_it_for_them(world: World) -> None:
    """Pages and files open to those they are for, with headers as strict as on a refusal. Nothing is done yet."""
    wrong = []
    pages, files = Counter[str](), Counter[str]()
    for who, rule, method in right_ones(world, reading=True):
        answer = world.knock(who, method, address(world, rule, who), rule.endpoint)
        onward = LEADS_ON.get(rule.rule)
        if onward:
            good = answer.status_code == 302 and answer.location.startswith(onward)
        else:
            good = answer.status_code == 200
            (pages if answer.mimetype == "text/html" else files)[who.name] += 1
        wrong += [] if good else [f"{who.name}: {rule.rule}: {answer.status_code} {answer.location}"]
        wrong += [f"{who.name}: {rule.rule}: {what}" for what in opened(answer)]
    assert not wrong
    few = {name: (pages[name], files[name]) for name in READS}
    assert not {n: few[n] for n, (some, more) in READS.items() if few[n][0] < some or few[n][1] < more}


def test_a_retired_kiosk_takes_nothing_new_and_hands_in_what_it_holds(world: World) -> None:
    who, town = world.identities["retired kiosk"], world.vilnius
    client, token = world.app.test_client(), bearer(who.token)
    rules = {(method, rule.rule): rule for rule, method in guarded_routes(world)}
    answers = {}
    for method, path in routes(RETIRED_KIOSK):
        rule = rules[method, path]
        answer = world.knock(who, method, address(world, rule, who), rule.endpoint)
        assert answer.status_code in (200, 201), f"{method} {path}: {answer.text}"
        answers[path] = answer
    new, lent = answers["/api/v1/kiosk/batches"].get_json()["results"]
    assert (new["status"], new["code"], lent["status"]) == (403, "kiosk_retired", 201)
    for method, path in routes(KIOSK_IN_USE):
        rule = rules[method, path]
        answer = world.knock(who, method, address(world, rule, who), rule.endpoint)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "kiosk_retired"), path
    answer = client.post("/api/v1/kiosk/cards", json=town.body(), headers=token)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "kiosk_retired")


def test_who_is_half_way_in_comes_no_further_than_their_second_factor(world: World) -> None:
    """The two stand where they say they do, so the refusals above were not those of any stranger."""
    due, setting_up = (world.identities[f"second factor {how}"] for how in ("still due", "to be set up"))
    assert world.knock(due, "GET", "/sign-in/code", "sign_in.code_form").status_code == 200
    assert "You need a second factor to come in" in world.knock(setting_up, "GET", "/second-factor", "").text
    assert [route for route, may in MAY.items() if "half" in may] == routes(SECOND_FACTOR)


def test_every_answer_is_closed_to_what_comes_from_elsewhere(world: World) -> None:
    """The same strict headers on pages, refusals and the API; a visitor who is signed in signs out on the way."""
    open_answers, visitor = [], "other campaign's auditor"
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        is_public = door_of(world, rule) is doors.PUBLIC
        for method in methods(rule):
            for name in ("nobody", "unknown token", *(("kiosk", visitor) if is_public else ())):
                answer = world.knock(world.identities[name], method, address(world, rule), rule.endpoint)
                open_answers += [f"{name}: {method} {rule.rule}: {what}" for what in opened(answer)]
                if answer.status_code >= 500 and rule.rule != "/readyz":
                    open_answers.append(f"{name}: {method} {rule.rule}: {answer.status_code}")
                if is_public and answer.status_code == 401:
                    open_answers.append(f"{name}: {method} {rule.rule} asks who it is")
    assert not open_answers


def test_who_is_right_comes_in_to_do_something(world: World) -> None:
    """Last, for what it does is done: the same addresses lead somewhere, so a 404 above meant something."""
    kept_out = []
    for who, rule, method in right_ones(world, reading=False):
        answer = world.knock(who, method, address(world, rule, who), rule.endpoint)
        is_shut = answer.status_code >= 500 or answer.status_code in (401, 403, 404)
        if is_shut or (answer.location or "").startswith("/sign-in?") or opened(answer):
            kept_out.append(f"{who.name}: {method} {rule.rule}: {answer.status_code} {opened(answer)}")
    assert not kept_out


def test_sign_in_pages_send_one_back_to_where_one_wanted_to_go(world: World) -> None:
    who = world.identities["expired session"]
    answer = world.knock(who, "GET", f"/desk/c/{world.vilnius.slug}/cards/?show=held", "desk.card_list")
    assert answer.location == f"/sign-in?next=/desk/c/{world.vilnius.slug}/cards/?show%3Dheld"
