"""One-time codes: the RFC's own vectors, each good once, and codes for a lost phone."""

from __future__ import annotations

import base64
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import text

from postcards.services import second_factors, staff
from postcards.services.second_factors import AlreadySet, WrongCode
from tests.plugins.cast import House

#: RFC 6238, appendix B, SHA-1: seconds, and the last six of its eight digits.
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
           (2000000000, "279037"), (20000000000, "353130")]  # fmt: skip
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def person(house: House, role: str = "organiser") -> int:
    with house.begin() as session:
        return staff.add_staff(
            session, email=f"{role}@example.org", roles=[(None, role)], password=None, by="cli", at=house.at
        )


def enrol(house: House, who: int) -> tuple[pyotp.TOTP, list[str]]:
    with house.begin() as session:
        second_factors.begin(session, vault=house.kit.vault, staff_id=who, at=house.at)
        secret = second_factors.pending_secret(session, vault=house.kit.vault, staff_id=who)
        assert secret is not None
        phone = pyotp.TOTP(secret)
        codes = second_factors.confirm(
            session, vault=house.kit.vault, staff_id=who, code=phone.at(house.at), by="test", at=house.at
        )
    return phone, codes


def comes_in(house: House, who: int, code: str, at: dt.datetime) -> str:
    try:
        with house.begin() as session:
            return second_factors.check(session, vault=house.kit.vault, staff_id=who, code=code, at=at)
    except WrongCode:
        return "no"


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(house: House, seconds: int, code: str) -> None:
    who, at = person(house), dt.datetime.fromtimestamp(seconds, dt.UTC)
    sealed = house.kit.vault.seal_own(RFC_SECRET.encode(), about=f"staff/{who}/second factor")
    with house.begin() as session:
        session.execute(
            text("INSERT INTO second_factor VALUES (:who, :sealed, :at, :at, NULL)"),
            {"who": who, "sealed": sealed, "at": at},
        )
    assert comes_in(house, who, code, at) == "code"


def test_a_code_works_once_and_an_older_one_no_more(house: House) -> None:
    who = person(house)
    phone, _ = enrol(house, who)
    assert comes_in(house, who, phone.at(house.at), house.at) == "no", "the one that confirmed is used up"
    later = house.at + dt.timedelta(minutes=5)
    code = phone.at(later)
    assert comes_in(house, who, f"{code[:3]} {code[3:]}", later) == "code"
    assert comes_in(house, who, code, later) == "no"
    assert comes_in(house, who, phone.at(later - dt.timedelta(seconds=30)), later) == "no"
    assert comes_in(house, who, phone.at(later + dt.timedelta(seconds=30)), later) == "code"


def test_a_clock_may_be_off_by_half_a_minute_and_no_more(house: House) -> None:
    who = person(house)
    phone, _ = enrol(house, who)
    later = house.at + dt.timedelta(minutes=5)
    for off, answer in ((-60, "no"), (60, "no"), (-30, "code"), (30, "code")):
        assert comes_in(house, who, phone.at(later + dt.timedelta(seconds=off)), later) == answer


def test_of_many_with_the_same_code_one_comes_in(house: House) -> None:
    who = person(house)
    phone, codes = enrol(house, who)
    later = house.at + dt.timedelta(minutes=5)
    for code in (phone.at(later), codes[0]):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _, c=code: comes_in(house, who, c, later), range(16)))
        assert len([answer for answer in answers if answer != "no"]) == 1


def test_recovery_codes_open_once_each_and_only_for_their_owner(house: House) -> None:
    who, other = person(house), person(house, "printer")
    _, codes = enrol(house, who)
    enrol(house, other)
    assert len(set(codes)) == 10
    assert comes_in(house, other, codes[0], house.at) == "no"
    assert comes_in(house, who, codes[0].lower().replace("-", " "), house.at) == "recovery"
    assert comes_in(house, who, codes[0], house.at) == "no"
    with house.begin() as session:
        assert second_factors.state(session, staff_id=who).recovery_codes_left == 9


@pytest.mark.parametrize("code", ["", "000000", "1" * 500, "١٢٣٤٥٦", "\ud7ff", "-", "0" * 20])
def test_anything_else_is_refused(house: House, code: str) -> None:
    who = person(house)
    assert comes_in(house, who, code, house.at) == "no"
    enrol(house, who)
    assert comes_in(house, who, code, house.at) == "no"


def test_the_secret_is_sealed_and_a_confirmed_one_never_shown_or_replaced(house: House) -> None:
    who = person(house)
    phone, codes = enrol(house, who)
    with house.begin() as session:
        rows = session.execute(
            text("SELECT secret FROM second_factor UNION SELECT code_hash FROM recovery_code")
        )
        kept = b"".join(bytes(row[0]) for row in rows)
        assert phone.secret.encode() not in kept
        assert all(code.replace("-", "").encode() not in kept for code in codes)
        assert second_factors.pending_secret(session, vault=house.kit.vault, staff_id=who) is None
    with pytest.raises(AlreadySet), house.begin() as session:
        second_factors.begin(session, vault=house.kit.vault, staff_id=who, at=house.at)
    moved = house.kit.vault.seal_own(b"secret", about="staff/1/second factor")
    with pytest.raises(ValueError, match="altered or moved"):
        house.kit.vault.open_own(moved, about="staff/2/second factor")


@pytest.mark.parametrize(
    ("rule", "organiser", "printer"),
    [
        ("off", "nothing", "nothing"),
        ("organisers", "enrolment", "nothing"),
        ("everyone", "enrolment", "enrolment"),
    ],
)
def test_who_needs_one_is_a_setting(house: House, rule: str, organiser: str, printer: str) -> None:
    people = {"organiser": person(house), "printer": person(house, "printer")}
    with house.begin() as session:
        found = {role: second_factors.needs(session, staff_id=who, rule=rule) for role, who in people.items()}
    assert found == {"organiser": organiser, "printer": printer}
    enrol(house, people["printer"])
    with house.begin() as session:
        assert second_factors.needs(session, staff_id=people["printer"], rule=rule) == "code"
        second_factors.forget(session, staff_id=people["printer"], by="cli", at=house.at)
        assert second_factors.needs(session, staff_id=people["printer"], rule=rule) == printer
