"""`postcards staff forget-second-factor`: for the day when phone and recovery codes are both gone."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pyotp

from postcards import config
from postcards.services import second_factors, staff
from postcards.vault import token_hash
from tests.plugins.cast import House


def run(settings: config.Settings, *words: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "postcards", "staff", "forget-second-factor", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def test_a_lost_phone_does_not_lock_anybody_out(house: House, settings: config.Settings) -> None:
    now, vault = dt.datetime.now(dt.UTC), house.kit.vault
    with house.begin() as session:
        who = staff.add_staff(
            session, email="ruta@example.org", roles=[(None, "organiser")], password=None, by="cli", at=now
        )
        second_factors.begin(session, vault=vault, staff_id=who, at=now)
        secret = second_factors.pending_secret(session, vault=vault, staff_id=who)
        assert secret is not None
        code = pyotp.TOTP(secret).at(now)
        second_factors.confirm(session, vault=vault, staff_id=who, code=code, by="test", at=now)
        token = staff.open_session(session, staff_id=who, way="password", at=now)
    done = run(settings, " Ruta@example.org")
    assert done.returncode == 0, done.stderr
    with house.begin() as session:
        assert second_factors.state(session, staff_id=who).state == "none"
        assert staff.find_session(session, token_hash=token_hash(token), at=now) is None
    unknown = run(settings, "nobody@example.org")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
