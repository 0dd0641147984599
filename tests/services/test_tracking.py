"""A recipient's word is taken once, from the moment the card has left us; no other card hears of it."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import text

from postcards.errors import Invalid
from postcards.queries import tallies, tracked_card
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.services import tracking
from tests.plugins.cast import House
from tests.services.travelling import NOON, Posted, Town

LATER = NOON + dt.timedelta(days=9)


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


def arrive(town: Town, code: str, at: dt.datetime = LATER) -> tracking.Confirmed:
    with town.begin() as session:
        return tracking.confirm_arrival(session, code=code, by="recipient", at=at)


def thank(town: Town, code: str, words: str) -> bool:
    with town.begin() as session:
        return tracking.leave_thanks(
            session, vault=town.vault, code=code, text=words, by="recipient", at=LATER
        )


def one(town: Town, sql: str, **values: object) -> object:
    with town.begin() as session:
        return session.execute(text(sql), values).scalar_one()


@pytest.mark.parametrize("status", ["sealed", "handed_over", "refused", "returned"])
def test_a_card_that_left_us_arrives(town: Town, status: str) -> None:
    card = town.card(status=status)
    assert arrive(town, card.code) == tracking.Confirmed(card.id, card.number, first=True)
    with town.begin() as session:
        found = tracked_card.by_code(session, card.code)
        assert found is not None
        assert (found.status, found.arrived_at) == ("arrived", LATER)
        assert tallies.by_status(tallies.read(session, town.campaign_id)) == {"arrived": 1}
        entry = session.execute(
            text("SELECT action, subject, number, by, detail FROM journal WHERE action = 'card.arrived'")
        ).one()
    assert tuple(entry) == ("card.arrived", f"card:{card.id}", card.number, "recipient", {"from": status})


def test_said_again_it_changes_nothing(town: Town) -> None:
    card = town.card()
    arrive(town, card.code)
    assert arrive(town, card.code, at=LATER + dt.timedelta(days=1)).first is False
    assert one(town, "SELECT arrived_at FROM arrival") == LATER
    assert one(town, "SELECT count(*) FROM journal WHERE action = 'card.arrived'") == 1


@pytest.mark.parametrize("status", ["registered", "printed"])
def test_a_card_that_is_still_here_cannot_have_arrived(town: Town, status: str) -> None:
    card = town.card(status=status)
    with pytest.raises(tracking.NotOnItsWay):
        arrive(town, card.code)
    assert one(town, "SELECT count(*) FROM arrival") == 0


def test_sixteen_at_once_are_one_arrival(town: Town) -> None:
    card = town.card(email="ona@example.org")
    start, answers = threading.Barrier(16), []

    def say() -> None:
        start.wait()
        answers.append(arrive(town, card.code).first)

    threads = [threading.Thread(target=say) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [False] * 15 + [True]
    assert one(town, "SELECT count(*) FROM arrival") == 1
    assert one(town, "SELECT count(*) FROM mail") == 1
    with town.begin() as session:
        assert tallies.by_status(tallies.read(session, town.campaign_id)) == {"arrived": 1}


def test_a_sender_who_asked_gets_one_mail_row_and_others_none(town: Town) -> None:
    asked, silent = town.card(email="ona@example.org"), town.card()
    for card in (asked, silent, asked):
        arrive(town, card.code)
    with town.begin() as session:
        rows = session.execute(text("SELECT card_id, kind, status, not_before FROM mail")).all()
    assert [tuple(row) for row in rows] == [(asked.id, "arrival_notice", "waiting", LATER)]


def test_a_code_is_read_as_people_type_it(town: Town) -> None:
    card = town.card()
    typed = " ".join([card.code[:4].lower(), card.code[4:]]).replace("0", "o").replace("1", "l")
    assert arrive(town, typed).number == card.number


def test_mistyped_and_unknown_codes_are_told_apart(town: Town) -> None:
    card = town.card()
    wrong = ("1" if card.code[0] != "1" else "2") + card.code[1:]
    with pytest.raises(tracking.Mistyped):
        arrive(town, wrong)
    for nonsense in ("", "0", "x" * 500, "'; DROP TABLE card", "\u0000"):
        with pytest.raises(tracking.Mistyped):
            arrive(town, nonsense)
    with pytest.raises(tracking.UnknownCode):
        arrive(town, new_tracking_code())


def test_a_code_of_a_stamp_that_is_only_lent_is_unknown(town: Town) -> None:
    code = new_tracking_code()
    with town.begin() as session:
        session.execute(
            text(
                "INSERT INTO tracking_code (code, slip_code, campaign_id, number, given_at)"
                " VALUES (:code, :slip, :campaign, 150, :at)"
            ),
            {"code": code, "slip": new_slip_code(), "campaign": town.campaign_id, "at": NOON},
        )
    with pytest.raises(tracking.UnknownCode):
        arrive(town, code)


def replace_code(town: Town, card: Posted) -> str:
    """A correction gives the card another code; the old one stays known."""
    fresh = new_tracking_code()
    with town.begin() as session:
        values = {"old": card.code, "new": fresh, "slip": new_slip_code(), "at": NOON, "card": card.id}
        session.execute(
            text("UPDATE tracking_code SET ended = 'replaced', ended_at = :at WHERE code = :old"), values
        )
        session.execute(
            text(
                "INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)"
                " SELECT :new, :slip, campaign_id, number, card_id, :at FROM tracking_code WHERE code = :old"
            ),
            values,
        )
        session.execute(text("UPDATE card SET code = :new WHERE id = :card"), values)
    return fresh


def test_a_replaced_code_is_gone_and_the_new_one_counts(town: Town) -> None:
    card = town.card()
    fresh = replace_code(town, card)
    with pytest.raises(tracking.CodeEnded) as raised:
        arrive(town, card.code)
    assert (raised.value.code, raised.value.gone) == ("replaced", True)
    assert arrive(town, fresh).number == card.number


def test_the_slip_in_hand_stays_good_after_a_replacement(town: Town) -> None:
    card = town.card()
    replace_code(town, card)
    with town.begin() as session:
        found = tracking.find_by_slip_code(session, slip_code=card.slip_code.lower())
        assert found.card_id == card.id
        with pytest.raises(tracking.Mistyped):
            tracking.find_by_slip_code(session, slip_code=card.code)
        with pytest.raises(tracking.UnknownCode):
            tracking.find_by_slip_code(session, slip_code=new_slip_code())


def test_thanks_are_kept_sealed_and_only_the_first(town: Town) -> None:
    card = town.card()
    with pytest.raises(tracking.NotArrived):
        thank(town, card.code, "Ačiū!")
    arrive(town, card.code)
    assert thank(town, card.code, "  Ačiū, Ona! ") is True
    assert thank(town, card.code, "Ačiū, Ona!") is False
    with pytest.raises(tracking.AlreadyThanked):
        thank(town, card.code, "Something else")
    with town.begin() as session:
        found = tracking.find_by_code(session, code=card.code)
        assert tracking.open_thanks(town.vault, found) == "Ačiū, Ona!"
    assert found.thanks is not None
    assert "Ačiū".encode() not in found.thanks
    assert one(town, "SELECT count(*) FROM journal WHERE action = 'card.thanked' AND detail = '{}'") == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "blank"),
        (" \u00a0 ", "blank"),
        ("x" * 501, "too_long"),
        ("a\nb", "newline"),
        ("a\u202eb", "bidi_control"),
        ("a\u0000b", "control_character"),
    ],
)
def test_thanks_that_cannot_be_kept_name_their_field(town: Town, words: str, code: str) -> None:
    card = town.card()
    arrive(town, card.code)
    with pytest.raises(Invalid) as raised:
        thank(town, card.code, words)
    assert [(fault.field, fault.code) for fault in raised.value.faults] == [("text", code)]


def test_two_campaigns_do_not_hear_of_each_other(town: Town, house: House) -> None:
    other = Town(house, slug="other")
    here, there = town.card(), other.card()
    assert here.number == there.number
    arrive(town, here.code)
    with town.begin() as session:
        assert tallies.by_status(tallies.read(session, other.campaign_id)) == {"handed_over": 1}
        found = tracked_card.by_code(session, there.code)
    assert found is not None
    assert (found.campaign_id, found.status) == (other.campaign_id, "handed_over")
    assert uuid.UUID(str(found.card_id)) == there.id
