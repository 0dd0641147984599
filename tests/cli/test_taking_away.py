"""`staff list|remove|disable|enable`, `partner list|revoke`, `kiosk list|retire|revoke`: seen over HTTP at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from postcards import config
from postcards.cli.root import cli
from postcards.errors import Denied, NotFound, Refusal
from tests.plugins.cast import House, Town
from tests.web.signing_in import at_desk, person


@pytest.fixture
def types(house: House, settings: config.Settings) -> Any:
    """Types a command; what it prints, or the refusal it met."""
    env = {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner(env=env).invoke(cli, list(words))
        if isinstance(done.exception, Refusal):
            raise done.exception
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    return run


def test_who_is_disabled_while_signed_in_is_out_at_the_next_request(
    types: Any, app: Flask, house: House, vilnius: Town
) -> None:
    browser = at_desk(app, house, (None, "organiser"))
    page = f"/desk/c/{vilnius.slug}/"
    assert browser.get(page).status_code == 200
    with pytest.raises(Denied, match="--even-the-last"):
        types("staff", "disable", "ruta@example.org")
    assert browser.get(page).status_code == 200
    types("staff", "disable", " Ruta@example.org", "--even-the-last")
    assert browser.get(page).location.startswith("/sign-in")
    assert "disabled" in types("staff", "list")
    with pytest.raises(Denied, match="enable"):
        types("staff", "add", "--all", "ruta@example.org", "--role", "auditor")
    [listed] = json.loads(types("staff", "list", vilnius.slug, "--json"))
    assert [held["role"] for held in listed["roles"]] == ["organiser"]  # the refused addition left nothing
    types("staff", "enable", "ruta@example.org")
    assert browser.get(page).status_code == 302  # signs in anew
    assert "disabled" not in types("staff", "list")


def test_a_role_that_is_taken_away_closes_the_page_at_once(
    types: Any, app: Flask, house: House, vilnius: Town
) -> None:
    browser = at_desk(app, house, (vilnius.id, "printer"), (vilnius.id, "auditor"))
    said = json.loads(
        types("staff", "remove", "ruta@example.org", vilnius.slug, "--role", "printer", "--json")
    )
    assert said == {"email": "ruta@example.org", "campaign": vilnius.slug, "removed": ["printer"]}
    assert browser.get("/desk/").status_code == 302
    with pytest.raises(NotFound):
        types("staff", "remove", vilnius.slug, "ruta@example.org", "--role", "printer")
    person(house, "jonas@example.org", (None, "organiser"), password=None)
    assert "no longer auditor" in types("staff", "remove", vilnius.slug, "ruta@example.org")
    assert "ruta" not in types("staff", "list", vilnius.slug)
    assert "no role" in types("staff", "list")
    types("staff", "remove", "--all", "jonas@example.org", "--even-the-last")
    for wrong in (("ruta@example.org",), ("--all", vilnius.slug, "ruta@example.org")):
        types("staff", "remove", *wrong, code=2)


def test_a_partner_token_is_listed_but_not_shown_and_revoked_is_turned_away_at_once(
    types: Any, client: FlaskClient, vilnius: Town, bucharest: Town
) -> None:
    def status(token: str) -> int:
        asked = {"Authorization": f"Bearer {token}"}
        return client.get("/api/v1/partner/manifests", headers=asked).status_code

    assert "No token yet" in types("partner", "list", vilnius.slug)
    lost, good = (json.loads(types("partner", "token", vilnius.slug, "--json"))["token"] for _ in range(2))
    listed = types("partner", "list", vilnius.slug, "--json")
    assert lost not in listed
    newest, oldest = json.loads(listed)
    assert newest["id"] > oldest["id"]
    assert (oldest["made_by"], oldest["last_deed_at"], oldest["revoked_at"]) == ("cli", None, None)
    assert "T" in oldest["made_at"]  # ISO 8601, as over HTTP
    with pytest.raises(NotFound):
        types("partner", "revoke", bucharest.slug, str(oldest["id"]))
    assert (status(lost), status(good)) == (200, 200)
    for _ in range(2):
        types("partner", "revoke", vilnius.slug, str(oldest["id"]))
        assert (status(lost), status(good)) == (401, 200)
    assert types("partner", "list", vilnius.slug).count("revoked") == 1


def test_a_kiosk_is_found_in_the_list_and_shut_out_at_once(
    types: Any, client: FlaskClient, vilnius: Town
) -> None:
    lost = vilnius.add_kiosk("Lost tablet")
    listed = json.loads(types("kiosk", "list", vilnius.slug, "--json"))
    assert {row["id"] for row in listed} == {str(kiosk.id) for kiosk in vilnius.kiosks}
    assert {(row["status"], row["lent"]) for row in listed} == {("active", 0)}
    assert str(lost.id) in types("kiosk", "list", vilnius.slug)

    with pytest.raises(NotFound, match="kiosk list"):
        types("kiosk", "revoke", "00000000-0000-4000-8000-000000000000")
    assert json.loads(types("kiosk", "revoke", str(lost.id), "--json")) == {
        "kiosk": str(lost.id),
        "status": "revoked",
    }
    asked = {"Authorization": f"Bearer {lost.token}"}
    assert client.get("/api/v1/kiosk", headers=asked).status_code == 403
    assert "is retired" in types("kiosk", "retire", str(vilnius.kiosks[0].id))
