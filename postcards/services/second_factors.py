"""The second factor: one-time codes by the clock (RFC 6238), each good once, and recovery codes for a lost phone."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, says
from postcards.models import RecoveryCode, SecondFactor
from postcards.queries.staff import identity_of
from postcards.services import journal
from postcards.vault import Vault, token_hash

ISSUER = "Far is Close"
#: Seconds a code is shown (RFC 6238, 4.1).
STEP = 30
#: Steps before and after now whose code is taken as well, for a phone whose clock is off (RFC 6238, 5.2).
DRIFT = 1
#: So many recovery codes, of 80 random bits each: long enough for a plain hash.
RECOVERY_CODES, RECOVERY_BYTES = 10, 10


class WrongCode(Invalid):
    """The code is mistyped, too old, or was used already."""

    code = "wrong_code"


class AlreadySet(Denied):
    """There is a confirmed second factor; it has to be taken away first."""

    code = "second_factor_set"


@dataclass(frozen=True, slots=True)
class FactorState:
    """How somebody's second factor stands: "none", "pending" (shown, not confirmed) or "confirmed"."""

    state: str
    recovery_codes_left: int


def state(session: Session, *, staff_id: int) -> FactorState:
    """This will tell whether somebody has a second factor."""
    row = session.execute(
        select(SecondFactor.confirmed_at).where(SecondFactor.staff_id == staff_id)
    ).one_or_none()
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    )
    found = "none" if row is None else "pending" if row.confirmed_at is None else "confirmed"
    return FactorState(found, left or 0)


def needs(session: Session, *, staff_id: int, rule: str) -> str:
    """This will tell what somebody needs besides the password: "nothing", "code" or "enrolment".

    `rule` is the setting SECOND_FACTOR; who has a second factor is always asked for it.
    """
    if state(session, staff_id=staff_id).state == "confirmed":
        return "code"
    identity = identity_of(session, staff_id=staff_id)
    is_organiser = identity is not None and identity.holds_anywhere({"organiser"})
    return "enrolment" if rule == "everyone" or (rule == "organisers" and is_organiser) else "nothing"


def begin(session: Session, *, vault: Vault, staff_id: int, at: dt.datetime) -> None:
    """This will make a fresh secret that waits to be confirmed. Raises `AlreadySet`."""
    sealed = vault.seal_own(pyotp.random_base32().encode(), about=_about(staff_id))
    new = postgresql.insert(SecondFactor).values(staff_id=staff_id, secret=sealed, created_at=at)
    made = session.execute(
        new.on_conflict_do_update(
            index_elements=[SecondFactor.staff_id],
            set_={"secret": sealed, "created_at": at, "last_step": None},
            where=SecondFactor.confirmed_at.is_(None),
        ).returning(SecondFactor.staff_id)
    ).one_or_none()
    if made is None:
        raise AlreadySet("There is a second factor already. Take it away before you set up another one.")


def pending_secret(session: Session, *, vault: Vault, staff_id: int) -> str | None:
    """This will give the secret (base32) that waits to be confirmed; a confirmed one is never shown again."""
    sealed = session.scalar(
        select(SecondFactor.secret).where(
            SecondFactor.staff_id == staff_id, SecondFactor.confirmed_at.is_(None)
        )
    )
    return None if sealed is None else vault.open_own(sealed, about=_about(staff_id)).decode()


def address_for_app(secret: str, *, email: str) -> str:
    """This will give the otpauth:// address that an authenticator app reads from a QR symbol."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm(
    session: Session, *, vault: Vault, staff_id: int, code: str, by: str, at: dt.datetime
) -> list[str]:
    """This will put the second factor in force and give its recovery codes, shown once. Raises `WrongCode`."""
    if pending_secret(session, vault=vault, staff_id=staff_id) is None or not _use(
        session, vault=vault, staff_id=staff_id, code=code, at=at, is_confirmed=False
    ):
        raise _wrong()
    confirmed = session.execute(
        update(SecondFactor)
        .where(SecondFactor.staff_id == staff_id, SecondFactor.confirmed_at.is_(None))
        .values(confirmed_at=at)
        .returning(SecondFactor.staff_id)
    ).one_or_none()
    if confirmed is None:
        raise _wrong()
    codes = [_spaced(secrets.token_hex(RECOVERY_BYTES).upper()) for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    session.execute(
        insert(RecoveryCode),
        [{"code_hash": token_hash(_plain(code)), "staff_id": staff_id} for code in codes],
    )
    _journal(session, staff_id, "staff.second_factor_set", by=by, at=at)
    return codes


def check(session: Session, *, vault: Vault, staff_id: int, code: str, at: dt.datetime) -> str:
    """This will use up a one-time code or a recovery code, and tell which ("code", "recovery").

    Raises `WrongCode`; of two at once with the same code, one gets in.
    """
    if _use(session, vault=vault, staff_id=staff_id, code=code, at=at, is_confirmed=True):
        return "code"
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == token_hash(_plain(code)[:100]),
            RecoveryCode.staff_id == staff_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
        .returning(RecoveryCode.staff_id)
    ).one_or_none()
    if used is None:
        raise _wrong()
    _journal(session, staff_id, "staff.recovery_code_used", by=f"staff:{staff_id}", at=at)
    return "recovery"


def forget(session: Session, *, staff_id: int, by: str, at: dt.datetime) -> None:
    """This will take the second factor and its recovery codes away; doing it again changes nothing."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    gone = session.execute(
        delete(SecondFactor).where(SecondFactor.staff_id == staff_id).returning(SecondFactor.confirmed_at)
    ).one_or_none()
    if gone is not None and gone.confirmed_at is not None:
        _journal(session, staff_id, "staff.second_factor_forgotten", by=by, at=at)


def _use(
    session: Session, *, vault: Vault, staff_id: int, code: str, at: dt.datetime, is_confirmed: bool
) -> bool:
    """One code works once: its step must be newer than the last one used, in the same statement that notes it."""
    in_force = SecondFactor.confirmed_at.is_not(None) if is_confirmed else SecondFactor.confirmed_at.is_(None)
    sealed = session.scalar(select(SecondFactor.secret).where(SecondFactor.staff_id == staff_id, in_force))
    if sealed is None:
        return False
    step = _step_of(vault.open_own(sealed, about=_about(staff_id)).decode(), _plain(code), at)
    if step is None:
        return False
    noted = session.execute(
        update(SecondFactor)
        .where(
            SecondFactor.staff_id == staff_id,
            in_force,
            SecondFactor.secret == sealed,
            or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step),
        )
        .values(last_step=step)
        .returning(SecondFactor.staff_id)
    ).one_or_none()
    return noted is not None


def _step_of(secret: str, code: str, at: dt.datetime) -> int | None:
    now = int(at.timestamp()) // STEP
    app = pyotp.TOTP(secret, interval=STEP)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(app.at(step * STEP).encode(), code.encode()):
            return step
    return None


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def _spaced(code: str) -> str:
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def _about(staff_id: int) -> str:
    return f"staff/{staff_id}/second factor"


def _wrong() -> WrongCode:
    message = says("This code is not right, or was used already. Codes change every 30 seconds.")
    return WrongCode(message, faults=[Fault("code", "wrong_code", message)])


def _journal(session: Session, staff_id: int, action: str, *, by: str, at: dt.datetime) -> None:
    journal.write(session, campaign_id=None, action=action, subject=f"staff:{staff_id}", by=by, at=at)
