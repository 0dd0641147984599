"""Mail at the desk: each mail with what became of it, nobody's address, and what lies in the outbox by its name."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import text

from tests.plugins.cast import House, Town
from tests.web.signing_in import Browser, at_desk

MAIL = "/desk/c/vilnius/mail/"


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town) -> Browser:
    return at_desk(app, house, (vilnius.id, "organiser"))


def asked(town: Town, status: str, failure: str | None = None, *, minutes: int = 0) -> uuid.UUID:
    """One more card whose sender asked to hear of it, and the mail to them."""
    card, mail_id, at = town.register(), uuid.uuid4(), town.house.at + dt.timedelta(minutes=minutes)
    with town.house.begin() as session:
        session.execute(
            text(
                "INSERT INTO mail (id, campaign_id, card_id, kind, status, attempts, not_before, requested_at, sent_at,"
                " failure) VALUES (:id, :town, :card, 'arrival_notice', :status, 1, :at, :at, :sent, :failure)"
            ),
            {
                "id": mail_id,
                "town": town.id,
                "card": card.id,
                "status": status,
                "at": at,
                "sent": at if status == "sent" else None,
                "failure": failure,
            },
        )
    return mail_id


def test_each_mail_is_listed_with_what_became_of_it(house: House, vilnius: Town, ruta: Browser) -> None:
    assert "Nothing yet" in ruta.get(MAIL).get_data(as_text=True)
    lying = asked(vilnius, "sent")
    asked(vilnius, "sent")
    asked(vilnius, "waiting", "put_off_451")
    asked(vilnius, "failed", "recipient_refused")
    asked(vilnius, "failed", "erased")
    asked(vilnius, "failed", "of_a_later_version")
    asked(vilnius, "waiting", "key_missing")
    outbox = house.kit.settings.home / "outbox"
    outbox.mkdir(parents=True)
    (outbox / f"{lying}.eml").write_text("To: ona@example.org")
    page = ruta.get(MAIL).get_data(as_text=True)
    assert "No mail server is set." in page
    assert page.count("Lies in the outbox") == 2
    assert re.findall(r"(?:Sent|outbox|Waits|sent)</dt>\s*<dd[^>]*>(\d)", page) == ["1", "1", "2", "3"]
    assert f"{lying}.eml" in page
    for words in (
        "The mail server asked us to come again later.",
        "The mail server cannot write to this address.",
        "The sender’s address is not kept any more.",
        "The mail server cannot be used. Ask your operator.",
        "Names and addresses cannot be read just now.",
    ):
        assert page.count(words) == 1, words
    assert "@example.org" not in page.replace("ruta@example.org", "").replace("organiser@example.org", "")
    assert "Laukia" in ruta.get(f"{MAIL}?lang=lt").get_data(as_text=True)


def test_the_list_goes_on_where_it_ended(vilnius: Town, ruta: Browser) -> None:
    vilnius_has_room_for = 20
    for minute in range(vilnius_has_room_for):
        asked(vilnius, "sent", minutes=minute)
    with vilnius.house.begin() as session:
        twelfth = session.scalars(
            text("SELECT m.id FROM mail m JOIN card c ON c.id = m.card_id WHERE c.number = 12")
        ).one()
    page = ruta.get(f"{MAIL}?before={twelfth}").get_data(as_text=True)
    assert [n for n in range(1, 21) if f">No.&nbsp;{n}<" in page] == list(range(1, 12))
    assert "To the beginning" in page
    assert (
        ruta.get(f"{MAIL}?before=nonsense").get_data(as_text=True).count(">No.&nbsp;") == vilnius_has_room_for
    )


def test_only_readers_of_this_campaign_see_it(
    app: Flask, house: House, vilnius: Town, bucharest: Town
) -> None:
    for town, role, status in (
        (vilnius, "auditor", 200),
        (vilnius, "printer", 403),
        (bucharest, "organiser", 404),
    ):
        someone = at_desk(app, house, (town.id, role), email=f"{role}{town.id}@example.org")
        assert someone.get(MAIL).status_code == status
