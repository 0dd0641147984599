"""What `up` makes and shows at its start: all that a try needs, and nothing in a house with people of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from postcards.cli.welcome import PEOPLE, Welcome
from postcards.errors import Refusal
from postcards.models import Campaign, Staff
from postcards.services import key_rotation, kiosks, staff
from postcards.services.key_rotation import DataKeyLost
from postcards.vault import Vault
from tests.plugins.cast import House, Town

EXAMPLES = {email for email, _, _ in PEOPLE}


def start(house: House, capsys: pytest.CaptureFixture[str], url: str = "https://post.example.org") -> str:
    welcome = Welcome(replace(house.kit.settings, public_url=url))
    welcome.prepare(house.kit, demo=False)
    capsys.readouterr()
    welcome.show()
    return capsys.readouterr().out


def add(house: House, campaign_id: int | None, email: str) -> None:
    with house.begin() as session:
        staff.add_staff(
            session, email=email, roles=[(campaign_id, "auditor")], password=None, by="cli", at=house.at
        )


def test_a_house_that_is_tried_out_shows_sign_ins_and_a_pairing_code_at_each_start(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        shown = start(house, capsys)
        assert shown.count("/sign-in/") == 2
        assert "pairing code" in shown
        assert all(email in shown for email in EXAMPLES)


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_house_with_people_of_its_own_gets_no_example_people(
    house: House, vilnius: Town, capsys: pytest.CaptureFixture[str], everywhere: bool
) -> None:
    add(house, None if everywhere else vilnius.id, "ruta@example.lt")
    with house.begin() as session:
        before = len(kiosks.every(session, campaign_id=vilnius.id))
    shown = start(house, capsys)
    assert "/sign-in/" not in shown
    assert "pairing code" not in shown
    assert "postcards staff add vilnius EMAIL --role organiser" in shown
    assert "postcards kiosk add vilnius --venue VENUE --name NAME" in shown
    with house.begin() as session:
        assert session.scalars(select(Staff.email)).all() == ["ruta@example.lt"]
        assert len(kiosks.every(session, campaign_id=vilnius.id)) == before


def test_the_example_people_stay_out_once_somebody_real_has_come(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    start(house, capsys)
    add(house, None, "ruta@example.lt")
    shown = start(house, capsys)
    assert "/sign-in/" not in shown
    assert "pairing code" not in shown
    tried = start(house, capsys, "http://127.0.0.1:8000")
    assert tried.count("/sign-in/") == 2, "where every card says TEST, there is nothing to guard"
    assert "pairing code" in tried


@pytest.mark.parametrize(
    ("holds", "words"), [("{", "is damaged"), (None, "does not open with this master key")]
)
def test_a_house_whose_keys_cannot_be_read_does_not_start(
    house: House, holds: str | None, words: str
) -> None:
    keys_file = house.kit.settings.keys_file
    if holds is None:
        Vault(master_key=b"\xab" * 32, keys_file=keys_file).new_key(campaign="other")
    else:
        keys_file.parent.mkdir(parents=True, exist_ok=True)
        keys_file.write_text(holds)
    with pytest.raises(Refusal, match=words) as refused:
        Welcome(house.kit.settings).prepare(house.kit, demo=False)
    assert "postcards keys recover FILE" in str(refused.value)
    assert str(keys_file) not in refused.value.message, "what others than operators hear tells no places"
    with house.begin() as session:
        assert session.scalars(select(Campaign.slug)).all() == []


def test_a_house_whose_campaign_has_lost_its_key_does_not_start(
    house: House, vilnius: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    house.kit.settings.keys_file.unlink()
    forgetful = replace(house.kit, vault=house.vault_anew())
    with pytest.raises(
        DataKeyLost, match=f"The data key of {vilnius.slug} is not in the keys file"
    ) as refused:
        Welcome(house.kit.settings).prepare(forgetful, demo=False)
    assert "postcards keys recover FILE" in refused.value.message
    key_rotation.rotate(
        house.begin, campaign_id=vilnius.id, vault=forgetful.vault, by="cli", clock=lambda: house.at
    )
    Welcome(house.kit.settings).prepare(forgetful, demo=False)
    with house.begin() as session:
        session.execute(update(Campaign).values(forgotten_at=house.at))
    house.kit.settings.keys_file.unlink()
    Welcome(house.kit.settings).prepare(replace(house.kit, vault=house.vault_anew()), demo=False)


def test_example_people_who_were_disabled_are_offered_no_sign_in(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    start(house, capsys)
    with house.begin() as session:
        session.execute(update(Staff).where(Staff.email == PEOPLE[0][0]).values(disabled_at=house.at))
    shown = start(house, capsys)
    assert PEOPLE[0][0] not in shown
    assert shown.count("/sign-in/") == 1


def test_a_first_kiosk_is_made_for_people_of_the_house_too(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    add(house, None, "ruta@example.lt")
    shown = start(house, capsys)
    assert "pairing code" in shown
    assert "/sign-in/" not in shown
