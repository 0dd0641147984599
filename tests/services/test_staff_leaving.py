"""Who leaves is out at once, and no campaign is left without an organiser unasked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from postcards.errors import NotFound
from postcards.queries.staff_listed import RoleHeld, staff_listed
from postcards.services import staff, staff_leaving
from postcards.services.staff import LinkGone
from postcards.services.staff_leaving import LastOrganiser
from postcards.vault import token_hash
from tests.plugins.cast import House, Town

PASSWORD = "ten letters at least"


def add(house: House, email: str, *roles: tuple[int | None, str], password: str | None = None) -> int:
    with house.begin() as session:
        return staff.add_staff(
            session, email=email, roles=list(roles), password=password, by="cli", at=house.at
        )


def signed_in(house: House, who: int) -> bytes:
    with house.begin() as session:
        return token_hash(staff.open_session(session, staff_id=who, way="link", at=house.at))


def is_in(house: House, token: bytes) -> bool:
    with house.begin() as session:
        return staff.find_session(session, token_hash=token, at=house.at) is not None


def remove(
    house: House, who: int, campaign_id: int | None, role: str | None = None, *, even: bool = False
) -> list[str]:
    with house.begin() as session:
        return staff_leaving.remove_roles(
            session, staff_id=who, campaign_id=campaign_id, role=role, even_the_last=even, by="cli", at=house.at
        )  # fmt: skip


def disable(house: House, who: int, *, even: bool = False) -> None:
    with house.begin() as session:
        staff_leaving.disable(session, staff_id=who, even_the_last=even, by="cli", at=house.at)


def enable(house: House, who: int) -> None:
    with house.begin() as session:
        staff_leaving.enable(session, staff_id=who, by="cli", at=house.at)


def journal(house: House, who: int) -> list[tuple[object, ...]]:
    with house.begin() as session:
        rows = session.execute(
            text(
                "SELECT campaign_id, action, detail FROM journal WHERE subject = :about"
                " AND action NOT IN ('staff.added', 'staff.signed_in') ORDER BY id"
            ),
            {"about": f"staff:{who}"},
        )
        return [tuple(row) for row in rows]


def roles_of(house: House, who: int) -> tuple[RoleHeld, ...]:
    with house.begin() as session:
        return next(row.roles for row in staff_listed(session) if row.id == who)


def test_a_role_is_taken_in_its_campaign_alone_and_ends_the_sessions(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    roles = [(vilnius.id, "printer"), (vilnius.id, "auditor"), (bucharest.id, "printer")]
    who = add(house, "ruta@example.org", *roles)
    beside = signed_in(house, add(house, "jonas@example.org", (vilnius.id, "printer")))
    token = signed_in(house, who)
    assert remove(house, who, vilnius.id, "printer") == ["printer"]
    assert roles_of(house, who) == (RoleHeld(vilnius.slug, "auditor"), RoleHeld(bucharest.slug, "printer"))
    assert (is_in(house, token), is_in(house, beside)) == (False, True)
    assert remove(house, who, vilnius.id) == ["auditor"]
    assert roles_of(house, who) == (RoleHeld(bucharest.slug, "printer"),)
    assert journal(house, who) == [
        (vilnius.id, "staff.role_removed", {"role": "printer"}),
        (vilnius.id, "staff.role_removed", {"role": "auditor"}),
    ]


def test_a_role_that_is_not_there_cannot_be_taken(house: House, vilnius: Town) -> None:
    who = add(house, "ruta@example.org", (None, "auditor"))
    token = signed_in(house, who)
    for campaign_id, role in ((vilnius.id, "auditor"), (vilnius.id, None), (None, "printer")):
        with pytest.raises(NotFound):
            remove(house, who, campaign_id, role)
    assert is_in(house, token)
    assert remove(house, who, None) == ["auditor"]
    assert roles_of(house, who) == ()


def test_who_is_disabled_is_out_on_every_way_and_back_with_what_they_had(house: House, vilnius: Town) -> None:
    who = add(house, "ruta@example.org", (vilnius.id, "printer"), password=PASSWORD)
    token = signed_in(house, who)
    with house.begin() as session:
        link = staff.make_sign_in_link(session, staff_id=who, at=house.at)
    for _ in range(2):
        disable(house, who)
    late = signed_in(house, who)  # who stood before the second factor meanwhile
    with house.begin() as session:
        assert staff.check_password(session, email="ruta@example.org", password=PASSWORD) is None
        assert not staff.link_is_good(session, token=link, at=house.at)
    assert not is_in(house, token)
    assert not is_in(house, late)
    for _ in range(2):
        enable(house, who)
    assert not is_in(house, token)
    assert not is_in(house, late)
    with pytest.raises(LinkGone), house.begin() as session:
        staff.use_sign_in_link(session, token=link, at=house.at)
    with house.begin() as session:
        assert staff.check_password(session, email="ruta@example.org", password=PASSWORD) == who
    assert roles_of(house, who) == (RoleHeld(vilnius.slug, "printer"),)
    assert [action for _, action, _ in journal(house, who)] == ["staff.disabled", "staff.enabled"]


def test_the_last_organiser_stays_unless_it_is_said(house: House, vilnius: Town, bucharest: Town) -> None:
    ruta = add(house, "ruta@example.org", (vilnius.id, "organiser"), (vilnius.id, "printer"))
    add(house, "ana@example.org", (bucharest.id, "organiser"))
    for attempt in (lambda: remove(house, ruta, vilnius.id), lambda: disable(house, ruta)):
        with pytest.raises(LastOrganiser) as refusal:
            attempt()
        assert vilnius.slug in refusal.value.message
        assert bucharest.slug not in refusal.value.message
    assert remove(house, ruta, vilnius.id, "printer") == ["printer"]  # only organisers have to be left

    everywhere = add(house, "jonas@example.org", (None, "organiser"))
    disable(house, everywhere)
    with pytest.raises(LastOrganiser):
        disable(house, ruta)  # one who is shut out does not count
    enable(house, everywhere)
    disable(house, ruta)
    assert remove(house, ruta, vilnius.id) == ["organiser"]  # was none any more
    with pytest.raises(LastOrganiser):
        remove(house, everywhere, None)
    assert remove(house, everywhere, None, even=True) == ["organiser"]


def test_of_two_organisers_who_remove_each_other_at_once_one_stays(house: House, vilnius: Town) -> None:
    pair = [add(house, f"{name}@example.org", (vilnius.id, "organiser")) for name in ("ruta", "jonas")]

    def goes(who: int) -> bool:
        try:
            disable(house, who)
        except LastOrganiser:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(goes, pair)) == [False, True]


def test_the_list_says_who_counts_in_a_campaign_and_who_is_shut_out(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    add(house, "zita@example.org", (None, "organiser"), password=PASSWORD)
    out = add(house, "ana@example.org", (bucharest.id, "printer"), (vilnius.id, "auditor"))
    add(house, "post@example.org", (bucharest.id, "partner"))
    signed_in(house, out)
    disable(house, out)
    with house.begin() as session:
        everybody, here = staff_listed(session), staff_listed(session, campaign_id=vilnius.id)
    assert [row.email for row in everybody] == ["post@example.org", "zita@example.org", "ana@example.org"]
    assert [(row.email, row.roles, row.password) for row in here] == [
        ("zita@example.org", (RoleHeld(None, "organiser"),), True),
        ("ana@example.org", (RoleHeld(vilnius.slug, "auditor"),), False),
    ]
    assert (here[1].disabled_at, here[1].last_seen_at) == (house.at, house.at)
    assert here[0].last_seen_at is None
