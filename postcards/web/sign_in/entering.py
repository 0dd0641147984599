"""The way in and out: from a password or link, over a second factor where there is one, to a session's cookie."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_timedelta
from flask import flash, g, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from postcards import texts
from postcards.errors import NotSignedIn
from postcards.models.staff import ROLES
from postcards.queries.staff import identity_of
from postcards.services import second_factors, staff
from postcards.services.sign_in_pauses import Paused
from postcards.vault import token_hash
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import Caller, caller, session_cookie_name
from postcards.web.doors import staff as staff_door
from postcards.web.pages import gettext
from postcards.web.security import check_csrf

DESK = "/desk/"
PARTNER = "/partner/"

#: How long somebody may look for their phone.
HALF_FOR = dt.timedelta(minutes=10)

ANYBODY_SIGNED_IN = staff_door(*ROLES)


@dataclass(frozen=True, slots=True)
class Half:
    """Somebody whose password was right and whose second factor is still wanted."""

    staff_id: int
    way: str
    wanted: str


def ENROLLING(view_args: dict[str, Any]) -> Caller:  # noqa: N802 - a door, see postcards/web/doors.py
    """Anybody of the staff; also who may not come in before they have a second factor."""
    half = half_in()
    if half is None:
        return ANYBODY_SIGNED_IN(view_args)
    with kit().read() as database:
        identity = identity_of(database, staff_id=half.staff_id)
        found = second_factors.state(database, staff_id=half.staff_id)
    if (
        identity is None or found.state == "confirmed"
    ):  # who has one shows it, and sets up no other on the way
        return ANYBODY_SIGNED_IN(view_args)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        check_csrf()
    return Caller(kind="half", by=f"staff:{half.staff_id}", staff=identity)


ENROLLING.roles = ROLES  # type: ignore[attr-defined]


def signed_in_id() -> int:
    """This will give who is asking; only behind a staff door."""
    identity = caller().staff
    if identity is None:
        raise NotSignedIn("Please sign in.")
    return identity.staff_id


def half_in() -> Half | None:
    """This will give who is half way in on this browser; the form cookie is signed, so it is our own word."""
    kept = session.get("half")
    if not kept or kept["until"] < now().timestamp():
        return None
    return Half(kept["staff_id"], kept["way"], kept["wanted"])


def let_in(staff_id: int, *, way: str, wanted: str) -> AnyResponse:
    """This will open a session, or ask for the second factor first."""
    with kit().begin() as database:
        needed = second_factors.needs(database, staff_id=staff_id, rule=kit().settings.second_factor)
    if needed == "nothing":
        return open_door(staff_id, way=way, wanted=wanted)
    session.clear()
    session["half"] = {
        "staff_id": staff_id,
        "way": way,
        "wanted": wanted,
        "until": (now() + HALF_FOR).timestamp(),
    }
    return redirect("/sign-in/code" if needed == "code" else "/second-factor", 303)


def open_door(staff_id: int, *, way: str, wanted: str) -> AnyResponse:
    """This will open a fresh session and lead to where one wanted to go."""
    answer = redirect(_inside(wanted) or first_page(staff_id), 303)
    set_session(answer, staff_id, way=way)
    return answer


def set_session(answer: AnyResponse, staff_id: int, *, way: str) -> None:
    """This will put a fresh session on this browser; the one it had before ends."""
    before = request.cookies.get(session_cookie_name())
    with kit().begin() as database:
        if before:
            staff.end_session(database, token_hash=token_hash(before), at=now())
        token = staff.open_session(database, staff_id=staff_id, way=way, at=now())
    session.clear()  # a form token from before signing in is worth nothing after it
    answer.set_cookie(
        session_cookie_name(),
        token,
        max_age=staff.LONGEST,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def out_of_here(words: str) -> AnyResponse:
    """This will take the cookies away and lead to the password form, saying `words`."""
    session.clear()
    flash(words, "good")
    answer = redirect("/sign-in", 303)
    answer.delete_cookie(
        session_cookie_name(), path="/", httponly=True, samesite="Lax", secure=request.is_secure
    )
    return answer


def first_page(staff_id: int) -> str:
    """This will give the room that somebody works in."""
    with kit().read() as database:
        identity = identity_of(database, staff_id=staff_id)
    if identity is not None and not identity.holds_anywhere({"organiser", "printer", "auditor"}):
        return PARTNER
    return DESK


def wait_a_while(paused: Paused) -> str:
    """This will say how long to wait, in the reader's language, and never whether anybody is known here."""
    locale = texts.catalogue(g.get("language", "en")).locale
    time = format_timedelta(dt.timedelta(seconds=paused.retry_after), threshold=1.5, locale=locale)
    return gettext("That was wrong too often. Please wait before the next try: %(time)s.", time=time)


def _inside(wanted: str) -> str | None:
    """Only a path of our own rooms: never another host, however it is spelled."""
    try:
        parts = urlsplit(wanted)
    except ValueError:  # no address at all
        return None
    if parts.scheme or parts.netloc or "\\" in wanted or not wanted.isprintable():
        return None
    if not parts.path.startswith((DESK, PARTNER)):
        return None
    return wanted
