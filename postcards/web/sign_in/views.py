"""Sign in by password or by a one-time link; sign out. A link is used up by pressing a button, never by looking."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from postcards.errors import Fault, as_given
from postcards.services import sign_in_pauses, staff
from postcards.services.sign_in_pauses import FOR_ADDRESS, FOR_EMAIL, Paused
from postcards.vault import token_hash
from postcards.web.addresses import caller_mark
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded, session_cookie_name
from postcards.web.pages import EVERY_LANGUAGE, choose_language, gettext, render
from postcards.web.rate_limits import SIGN_INS_FROM, limited
from postcards.web.security import check_csrf
from postcards.web.sign_in.entering import ANYBODY_SIGNED_IN, let_in, out_of_here, signed_in_id, wait_a_while

blueprint = Blueprint("sign_in", __name__)


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
@limited(SIGN_INS_FROM, "sign-ins")
def with_password() -> AnyResponse:
    """Opens a session, or says that the two do not fit without saying which is wrong."""
    check_csrf()
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    of_email, of_address = kit().vault.blind_index("sign in", staff.plain_email(email)[:300]), caller_mark()
    try:
        with kit().begin() as database:
            sign_in_pauses.count_try(
                database, tries=[(of_email, FOR_EMAIL), (of_address, FOR_ADDRESS)], at=now()
            )
    except Paused as paused:
        return _again(email, wanted, Fault("email", paused.code, as_given(wait_a_while(paused))), paused)
    with kit().begin() as database:
        staff_id = staff.check_password(database, email=email, password=request.form.get("password", ""))
        if staff_id is not None:
            sign_in_pauses.take_back(database, clear=[of_email], lessen=[of_address], at=now())
    if staff_id is None:
        words = gettext("This e-mail and this password do not fit together.")
        return _again(email, wanted, Fault("email", "wrong", words))
    return let_in(staff_id, way="password", wanted=wanted)


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
@limited(SIGN_INS_FROM, "sign-ins")
def with_link(token: str) -> AnyResponse:
    """Uses the link up and opens a session."""
    check_csrf()
    with kit().begin() as database:
        staff_id = staff.use_sign_in_link(database, token=token, at=now())
    return let_in(staff_id, way="link", wanted="")


@blueprint.post("/sign-out")
@guarded(PUBLIC)
def out() -> AnyResponse:
    """Ends the session; whoever is not signed in is signed out all the same."""
    check_csrf()
    token = request.cookies.get(session_cookie_name())
    if token:
        with kit().begin() as database:
            staff.end_session(database, token_hash=token_hash(token), at=now())
    return out_of_here(gettext("You are signed out."))


@blueprint.post("/sign-out-everywhere")
@guarded(ANYBODY_SIGNED_IN)
def out_everywhere() -> AnyResponse:
    """Ends every session of this person, on every device."""
    with kit().begin() as database:
        staff.end_every_session(database, staff_id=signed_in_id(), at=now())
    return out_of_here(gettext("You are signed out on every device."))


def _again(email: str, wanted: str, fault: Fault, paused: Paused | None = None) -> AnyResponse:
    page = render("desk/sign_in.html", email=email, next=wanted, faults=(fault,))
    answer = Response(page, status=429 if paused else 422, content_type="text/html; charset=utf-8")
    if paused:
        answer.headers["Retry-After"] = str(paused.retry_after)
    return answer
