"""The second factor's pages: type a code to come in, set one up, take it away."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from postcards.errors import Fault, as_given
from postcards.paper.plain_qr import plain_qr_svg
from postcards.services import second_factors, sign_in_pauses
from postcards.services.second_factors import WrongCode
from postcards.services.sign_in_pauses import FOR_CODE, Paused
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, caller, guarded
from postcards.web.pages import gettext, render
from postcards.web.rate_limits import SIGN_INS_FROM, limited
from postcards.web.security import check_csrf
from postcards.web.sign_in.entering import (
    ENROLLING,
    first_page,
    half_in,
    open_door,
    set_session,
    signed_in_id,
    wait_a_while,
)
from postcards.web.sign_in.views import blueprint


@blueprint.get("/sign-in/code")
@guarded(PUBLIC)
def code_form() -> ResponseReturnValue:
    """Asks for the code that the phone shows; without a password before it, for that."""
    if half_in() is None:
        return redirect("/sign-in", 303)
    return render("desk/sign_in_code.html", faults=())


@blueprint.post("/sign-in/code")
@guarded(PUBLIC)
@limited(SIGN_INS_FROM, "sign-ins")
def with_code() -> ResponseReturnValue:
    """Opens the session when the code is right."""
    check_csrf()
    half = half_in()
    if half is None:
        return redirect("/sign-in", 303)
    try:
        way = _used(half.staff_id, request.form.get("code", ""))
    except (WrongCode, Paused) as refusal:
        return _with_faults("desk/sign_in_code.html", refusal)
    return open_door(half.staff_id, way=f"{half.way}+{way}", wanted=half.wanted)


@blueprint.get("/second-factor")
@guarded(ENROLLING)
def second_factor() -> ResponseReturnValue:
    """How it stands, and what one can do."""
    return _page()


@blueprint.post("/second-factor")
@guarded(ENROLLING)
def second_factor_begin() -> ResponseReturnValue:
    """Makes a secret that waits to be confirmed."""
    with kit().begin() as database:
        second_factors.begin(database, vault=kit().vault, staff_id=signed_in_id(), at=now())
    return redirect("/second-factor", 303)


@blueprint.post("/second-factor/confirmation")
@guarded(ENROLLING)
def second_factor_confirm() -> ResponseReturnValue:
    """Puts it in force with a first code, shows the recovery codes once, and lets in who waited for it."""
    who, half = signed_in_id(), half_in() if caller().kind == "half" else None
    try:
        with kit().begin() as database:
            codes = second_factors.confirm(
                database,
                vault=kit().vault,
                staff_id=who,
                code=request.form.get("code", ""),
                by=caller().by,
                at=now(),
            )
    except WrongCode as refusal:
        return _page(refusal)
    page = render("desk/second_factor_codes.html", codes_shown=codes, onward=first_page(who))
    answer = Response(page, content_type="text/html; charset=utf-8")
    set_session(answer, who, way=f"{half.way}+code" if half else "enrolment")
    return answer


@blueprint.post("/second-factor/removal")
@guarded(ENROLLING)
def second_factor_remove() -> ResponseReturnValue:
    """Takes it away, against a code: a browser left open is not enough."""
    who = signed_in_id()
    try:
        _used(who, request.form.get("code", ""))
    except (WrongCode, Paused) as refusal:
        return _page(refusal)
    with kit().begin() as database:
        second_factors.forget(database, staff_id=who, by=caller().by, at=now())
    flash(gettext("The second factor is taken away."), "good")
    return redirect("/second-factor", 303)


def _used(staff_id: int, code: str) -> str:
    """Uses a code up. Raises `WrongCode` or `Paused`; six digits must not be guessed one after another."""
    mark = kit().vault.blind_index("second factor", str(staff_id))
    with kit().begin() as database:
        sign_in_pauses.count_try(database, tries=[(mark, FOR_CODE)], at=now())
    with kit().begin() as database:
        way = second_factors.check(database, vault=kit().vault, staff_id=staff_id, code=code, at=now())
        sign_in_pauses.take_back(database, clear=[mark], lessen=[], at=now())
    return way


def _page(refusal: WrongCode | Paused | None = None) -> ResponseReturnValue:
    identity = caller().staff
    with kit().read() as database:
        found = second_factors.state(database, staff_id=signed_in_id())
        secret = second_factors.pending_secret(database, vault=kit().vault, staff_id=signed_in_id())
    qr = None
    if secret is not None and identity is not None:
        address = second_factors.address_for_app(secret, email=identity.email)
        qr = Markup(plain_qr_svg(address, label="QR"))  # noqa: S704 - our own picture, of modules only
    return _with_faults(
        "desk/second_factor.html",
        refusal,
        found=found,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else None,
        qr=qr,
        email=identity.email if identity else "",
        is_half=caller().kind == "half",
        home=first_page(signed_in_id()),
    )


def _with_faults(template: str, refusal: WrongCode | Paused | None, **context: Any) -> Response:
    faults: tuple[Fault, ...] = ()
    status, headers = 200, {}
    match refusal:
        case Paused():
            faults = (Fault("code", refusal.code, as_given(wait_a_while(refusal))),)
            status, headers = 429, {"Retry-After": str(refusal.retry_after)}
        case WrongCode():
            words = gettext("This code is not right, or was used already. Codes change every 30 seconds.")
            faults, status = (Fault("code", refusal.code, words),), 422
    page = render(template, faults=faults, **context)
    return Response(page, status=status, headers=headers, content_type="text/html; charset=utf-8")
