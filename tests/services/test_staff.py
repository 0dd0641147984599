"""Staff: passwords, one-time links and sessions do what they promise, and roles stay in their campaign."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from postcards.errors import Invalid
from postcards.services import staff
from postcards.services.staff import LinkGone
from postcards.vault import token_hash
from tests.plugins.cast import House, Town

PASSWORD = "ten letters at least"


def add(
    house: House, email: str = "ruta@example.org", *, roles=((None, "organiser"),), password=PASSWORD
) -> int:
    with house.begin() as session:
        return staff.add_staff(
            session, email=email, roles=list(roles), password=password, by="cli", at=house.at
        )


def check(house: House, email: str, password: str) -> int | None:
    with house.begin() as session:
        return staff.check_password(session, email=email, password=password)


def one(house: House, sql: str, **values: object) -> object:
    with house.begin() as session:
        return session.execute(text(sql), values).scalar()


def test_a_password_opens_and_another_does_not(house: House) -> None:
    staff_id = add(house, " Ruta@Example.org ")
    assert check(house, "RUTA@example.org", PASSWORD) == staff_id
    assert check(house, "ruta@example.org", PASSWORD + "!") is None
    assert check(house, "nobody@example.org", PASSWORD) is None
    assert check(house, "ruta@example.org", "x" * 100_000) is None


def test_the_same_letters_typed_differently_are_the_same_password(house: House) -> None:
    staff_id = add(house, password="šešios žąsys su šešiais")
    decomposed = "s\u030ces\u030cios z\u030ca\u0328sys su s\u030ces\u030ciais"
    assert check(house, "ruta@example.org", decomposed) == staff_id


def test_nothing_of_a_password_or_token_is_kept_in_the_clear(house: House) -> None:
    staff_id = add(house)
    with house.begin() as session:
        link = staff.make_sign_in_link(session, staff_id=staff_id, at=house.at)
        token = staff.open_session(session, staff_id=staff_id, way="password", at=house.at)
    with house.begin() as session:
        rows = [
            str(row)
            for table in ("staff", "staff_session", "sign_in_link", "journal")
            for row in session.execute(text(f"SELECT t::text FROM {table} AS t"))
        ]
    assert rows
    assert not [row for row in rows for secret in (PASSWORD, link, token) if secret in row]


def test_an_unknown_email_costs_the_same_work_as_a_wrong_password(house: House) -> None:
    """Counted in hashes and not in milliseconds: both verify once against argon2id with today's parameters."""
    nobody = staff._nobodys_hash()
    add(house)
    known = one(house, "SELECT password_hash FROM staff")
    assert isinstance(known, str)
    assert nobody.rsplit("$", 2)[0] == known.rsplit("$", 2)[0]
    assert nobody.startswith("$argon2id$")


def test_a_hash_with_weaker_parameters_is_made_anew_at_the_next_sign_in(house: House) -> None:
    staff_id = add(house)
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    one(house, "UPDATE staff SET password_hash = :weak RETURNING id", weak=weak)
    assert check(house, "ruta@example.org", PASSWORD) == staff_id
    strong = one(house, "SELECT password_hash FROM staff")
    assert isinstance(strong, str)
    assert strong != weak
    assert not PasswordHasher().check_needs_rehash(strong)
    assert check(house, "ruta@example.org", PASSWORD) == staff_id


@pytest.mark.parametrize("email", ["", "ruta", "ruta@", "@example.org", "ru ta@example.org"])
def test_an_email_that_cannot_be_is_refused(house: House, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add(house, email)
    assert [fault.field for fault in refusal.value.faults] == ["email"]


def test_every_fault_is_named_at_once(house: House) -> None:
    with pytest.raises(Invalid) as refusal:
        add(house, "ruta", roles=[(None, "king")], password="short")
    assert [fault.field for fault in refusal.value.faults] == ["email", "role", "password"]


def test_adding_again_gives_more_roles_and_keeps_the_password(house: House, vilnius: Town) -> None:
    staff_id = add(house, roles=[(vilnius.id, "printer")])
    assert add(house, roles=[(vilnius.id, "auditor"), (vilnius.id, "printer")], password=None) == staff_id
    assert check(house, "ruta@example.org", PASSWORD) == staff_id
    assert one(house, "SELECT count(*) FROM staff_role") == 2


def test_a_new_password_ends_the_sessions_of_the_old_one(house: House) -> None:
    staff_id = add(house)
    with house.begin() as session:
        token = staff.open_session(session, staff_id=staff_id, way="password", at=house.at)
    add(house, password="another long password")
    with house.begin() as session:
        assert staff.find_session(session, token_hash=token_hash(token), at=house.at) is None


def test_a_link_signs_in_once_and_looking_does_not_use_it_up(house: House) -> None:
    staff_id = add(house, password=None)
    with house.begin() as session:
        link = staff.make_sign_in_link(session, staff_id=staff_id, at=house.at)
    for _ in range(3):
        with house.begin() as session:
            assert staff.link_is_good(session, token=link, at=house.at)
    with house.begin() as session:
        assert staff.use_sign_in_link(session, token=link, at=house.at) == staff_id
    with house.begin() as session, pytest.raises(LinkGone):
        staff.use_sign_in_link(session, token=link, at=house.at)
    with house.begin() as session:
        assert not staff.link_is_good(session, token=link, at=house.at)


def test_of_many_who_use_a_link_at_once_one_gets_in(house: House) -> None:
    staff_id = add(house, password=None)
    with house.begin() as session:
        link = staff.make_sign_in_link(session, staff_id=staff_id, at=house.at)

    def use(_: int) -> bool:
        try:
            with house.begin() as session:
                staff.use_sign_in_link(session, token=link, at=house.at)
        except LinkGone:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(16))) == 1


def test_an_old_link_and_a_disabled_person_do_not_get_in(house: House) -> None:
    staff_id = add(house)
    with house.begin() as session:
        old = staff.make_sign_in_link(session, staff_id=staff_id, at=house.at, minutes=30)
        fresh = staff.make_sign_in_link(session, staff_id=staff_id, at=house.at + dt.timedelta(days=1))
        token = staff.open_session(session, staff_id=staff_id, way="link", at=house.at)
    with house.begin() as session, pytest.raises(LinkGone):
        staff.use_sign_in_link(session, token=old, at=house.at + dt.timedelta(minutes=30))
    one(house, "UPDATE staff SET disabled_at = :at RETURNING id", at=house.at)
    with house.begin() as session, pytest.raises(LinkGone):
        staff.use_sign_in_link(session, token=fresh, at=house.at)
    with house.begin() as session:
        assert staff.find_session(session, token_hash=token_hash(token), at=house.at) is None
    assert check(house, "ruta@example.org", PASSWORD) is None


def test_a_session_ends_when_idle_when_too_old_and_when_signed_out(house: House) -> None:
    staff_id = add(house)

    def opened() -> bytes:
        with house.begin() as session:
            return token_hash(staff.open_session(session, staff_id=staff_id, way="password", at=house.at))

    def found(token: bytes, after: dt.timedelta, *, by_itself: bool = False) -> bool:
        with house.begin() as session:
            who = staff.find_session(session, token_hash=token, at=house.at + after, by_itself=by_itself)
            return who is not None

    idle = opened()
    assert found(idle, staff.IDLE - dt.timedelta(seconds=1))
    assert not found(opened(), staff.IDLE)
    left_open = opened()
    for hours in (1, 2, 3):
        assert found(left_open, dt.timedelta(hours=hours), by_itself=True)
    assert not found(left_open, staff.IDLE), "what its page asked was no use of it"

    busy, passed = opened(), dt.timedelta(0)
    while passed < staff.LONGEST - dt.timedelta(hours=1):
        passed += dt.timedelta(hours=1)
        assert found(busy, passed)
    assert not found(busy, staff.LONGEST)

    left = opened()
    for _ in range(2):
        with house.begin() as session:
            staff.end_session(session, token_hash=left, at=house.at)
    assert not found(left, dt.timedelta(0))
    assert found(busy, passed)


def test_reading_pages_does_not_write_at_every_page(house: House) -> None:
    staff_id = add(house)
    with house.begin() as session:
        token = token_hash(staff.open_session(session, staff_id=staff_id, way="password", at=house.at))
    for seconds, seen in ((10, 0), (59, 0), (61, 61), (100, 61), (125, 125)):
        with house.begin() as session:
            staff.find_session(session, token_hash=token, at=house.at + dt.timedelta(seconds=seconds))
        assert one(house, "SELECT last_seen_at FROM staff_session") == house.at + dt.timedelta(seconds=seen)


def test_roles_count_in_their_campaign_alone(house: House, vilnius: Town, bucharest: Town) -> None:
    here = add(house, "here@example.org", roles=[(vilnius.id, "organiser"), (vilnius.id, "printer")])
    everywhere = add(house, "all@example.org", roles=[(None, "auditor")])
    with house.begin() as session:
        tokens = [
            token_hash(staff.open_session(session, staff_id=who, way="password", at=house.at))
            for who in (here, everywhere)
        ]
        local, world = (staff.find_session(session, token_hash=token, at=house.at) for token in tokens)
    assert local is not None
    assert world is not None
    assert local.roles_in(vilnius.id) == {"organiser", "printer"}
    assert local.roles_in(bucharest.id) == frozenset()
    assert world.roles_in(vilnius.id) == world.roles_in(bucharest.id) == {"auditor"}
    assert local.holds_anywhere({"organiser"})
    assert not world.holds_anywhere({"organiser"})


def test_who_signed_in_and_who_was_added_is_in_the_journal(house: House, vilnius: Town) -> None:
    staff_id = add(house, roles=[(vilnius.id, "printer")])
    with house.begin() as session:
        staff.open_session(session, staff_id=staff_id, way="link", at=house.at)
        rows = session.execute(
            text(
                'SELECT campaign_id, "by", action, subject, detail FROM journal'
                " WHERE subject LIKE 'staff:%' ORDER BY id"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (vilnius.id, "cli", "staff.added", f"staff:{staff_id}", {"role": "printer", "password": True}),
        (None, f"staff:{staff_id}", "staff.signed_in", f"staff:{staff_id}", {"way": "link"}),
    ]
