"""The desk's first page says when nothing moves: why, what it means, and whom to ask; one line for one cause."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.plugins.cast import House, Town
from tests.web.signing_in import Browser, at_desk

SILENT = "The clock of the system is silent."
MAIL_WAITS = "Mail to senders waits."
RUNS_WAIT = "Print runs wait, and nobody draws them."


@pytest.fixture
def ruta(app: Flask, house: House, vilnius: Town) -> Browser:
    """Organises Vilnius."""
    return at_desk(app, house, (vilnius.id, "organiser"))


def tick(house: House, *, ago: dt.timedelta) -> None:
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO heartbeat (name, at) VALUES ('beat', now() - :ago)"
                " ON CONFLICT (name) DO UPDATE SET at = excluded.at"
            ),
            {"ago": ago},
        )


def mail(house: House, town: Town, *, due: dt.timedelta) -> None:
    """A mail that has been due for so long, and that nobody is at."""
    card = town.register()
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO mail (id, campaign_id, card_id, kind, not_before, requested_at)"
                " VALUES (:id, :c, :card, 'arrival_notice', now() - :due, now() - :due)"
            ),
            {"id": uuid.uuid4(), "c": town.id, "card": card.id, "due": due},
        )


def print_run(house: House, town: Town, **asked: Any) -> None:
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO print_run (id, campaign_id, run, sheet, draft, cards, first_number, last_number,"
                " requested_by, requested_at) VALUES (:id, :c, 1, 'a6', false, 1, 1, 1, 'staff:1', now() - :ago)"
            ),
            {"id": uuid.uuid4(), "c": town.id, **asked},
        )


def first_page(browser: Browser) -> str:
    return browser.get("/desk/c/vilnius/").get_data(as_text=True)


def test_a_silent_scheduler_is_called_out_with_what_it_means(
    house: House, ruta: Browser, vilnius: Town
) -> None:
    page = first_page(ruta)
    assert SILENT in page
    assert "Nothing is sealed, drawn or sent until it runs again." in page
    assert "Kiosks work on, and nothing is lost." in page
    tick(house, ago=dt.timedelta(seconds=5))
    page = first_page(ruta)
    assert SILENT not in page
    assert "All is well. Nothing needs you now." in page


def test_work_that_waits_too_long_is_called_out(house: House, ruta: Browser, vilnius: Town) -> None:
    tick(house, ago=dt.timedelta(seconds=5))
    mail(house, vilnius, due=dt.timedelta(minutes=9))
    print_run(house, vilnius, ago=dt.timedelta(minutes=9))
    assert "All is well." in first_page(ruta)
    mail(house, vilnius, due=dt.timedelta(minutes=11))
    page = first_page(ruta)
    assert MAIL_WAITS in page
    assert RUNS_WAIT not in page
    assert "One thing needs you" in page
    with house.begin() as session:
        session.execute(text("UPDATE print_run SET requested_at = now() - interval '11 minutes'"))
    page = first_page(ruta)
    assert RUNS_WAIT in page
    assert "2 things need you" in page


def test_a_silent_scheduler_is_the_one_cause_of_all_that_waits(
    house: House, ruta: Browser, vilnius: Town
) -> None:
    mail(house, vilnius, due=dt.timedelta(hours=1))
    page = first_page(ruta)
    assert SILENT in page
    assert MAIL_WAITS not in page
    assert "One thing needs you" in page


def test_what_another_campaign_waits_for_is_not_told(
    house: House, ruta: Browser, vilnius: Town, bucharest: Town
) -> None:
    tick(house, ago=dt.timedelta(seconds=5))
    mail(house, bucharest, due=dt.timedelta(hours=1))
    assert MAIL_WAITS not in first_page(ruta)
