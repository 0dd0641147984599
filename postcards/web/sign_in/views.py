"""Sign in by password or by a one-time link; sign out. A link is used up by pressing a button, never by looking."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from postcards.errors import Fault
from postcards.queries.staff import identity_of
from postcards.services import staff
from postcards.vault import token_hash
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded, session_cookie_name
from postcards.web.pages import EVERY_LANGUAGE, choose_language, gettext, render
from postcards.web.security import check_csrf

blueprint = Blueprint("sign_in", __name__)

DESK = "/desk/"
PARTNER = "/partner/"


@blueprint.before_request
def _speak() -> None:
    """Messages are worded before the page is rendered."""
    g.language = choose_language(EVERY_LANGUAGE)


@blueprint.get("/sign-in")
@guarded(PUBLIC)
def form() -> str:
    """The password form."""
    return render("desk/sign_in.html", email="", next=request.args.get("next", ""), faults=())


@blueprint.post("/sign-in")
@guarded(PUBLIC)
def with_password() -> AnyResponse:
    """Opens a session, or says that the two do not fit without saying which is wrong."""
    check_csrf()
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    with kit().begin() as database:
        staff_id = staff.check_password(database, email=email, password=request.form.get("password", ""))
        token = None
        if staff_id is not None:
            token = staff.open_session(database, staff_id=staff_id, way="password", at=now())
    if staff_id is None or token is None:
        fault = Fault("email", "wrong", gettext("This e-mail and this password do not fit together."))
        page = render("desk/sign_in.html", email=email, next=wanted, faults=(fault,))
        return Response(page, status=422, content_type="text/html; charset=utf-8")
    return _in(staff_id, token, wanted)


@blueprint.get("/sign-in/<token>")
@guarded(PUBLIC)
def link(token: str) -> AnyResponse:
    """A page with a button, so that a mail program's preview does not use the link up."""
    with kit().read() as database:
        good = staff.link_is_good(database, token=token, at=now())
    page = render("desk/sign_in_link.html", token=token, good=good)
    return make_response(page, 200 if good else 410)


@blueprint.post("/sign-in/<token>")
@guarded(PUBLIC)
def with_link(token: str) -> AnyResponse:
    """Uses the link up and opens a session."""
    check_csrf()
    with kit().begin() as database:
        staff_id = staff.use_sign_in_link(database, token=token, at=now())
        opened = staff.open_session(database, staff_id=staff_id, way="link", at=now())
    return _in(staff_id, opened, "")


@blueprint.post("/sign-out")
@guarded(PUBLIC)
def out() -> AnyResponse:
    """Ends the session; whoever is not signed in is signed out all the same."""
    check_csrf()
    token = request.cookies.get(session_cookie_name())
    if token:
        with kit().begin() as database:
            staff.end_session(database, token_hash=token_hash(token), at=now())
    session.clear()
    flash(gettext("You are signed out."), "good")
    answer = redirect("/sign-in", 303)
    answer.delete_cookie(
        session_cookie_name(), path="/", httponly=True, samesite="Lax", secure=request.is_secure
    )
    return answer


def _in(staff_id: int, token: str, wanted: str) -> AnyResponse:
    session.clear()  # a form token from before signing in is worth nothing after it
    answer = redirect(_inside(wanted) or _first_page(staff_id), 303)
    answer.set_cookie(
        session_cookie_name(),
        token,
        max_age=staff.LONGEST,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def _inside(wanted: str) -> str | None:
    """Only a path of our own rooms: never another host, however it is spelled."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or "\\" in wanted or not parts.path.startswith((DESK, PARTNER)):
        return None
    return wanted


def _first_page(staff_id: int) -> str:
    with kit().read() as database:
        identity = identity_of(database, staff_id=staff_id)
    if identity is not None and not identity.holds_anywhere({"organiser", "printer", "auditor"}):
        return PARTNER
    return DESK
