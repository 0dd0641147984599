"""Every view has a door: who may come in is said beside the view, and the app refuses to start without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from postcards.errors import NotAllowed, NotFound, NotSignedIn
from postcards.queries import campaigns
from postcards.services import kiosks, partner_tokens
from postcards.services import staff as staff_service
from postcards.services.staff import StaffIdentity
from postcards.vault import token_hash
from postcards.web import slow_bodies
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.rate_limits import knocks
from postcards.web.security import check_csrf, refuse_nul_in_form

SESSION_COOKIE = "postcards_session"
#: The header of what a page asks by itself, such as how far a print run is.
BY_ITSELF = "X-By-Itself"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, for which campaign, and how the journal names them."""

    kind: str
    by: str
    campaign_id: int | None = None
    kiosk: kiosks.KioskIdentity | None = None
    staff: StaffIdentity | None = None

    @property
    def campaign(self) -> int:
        """The campaign this caller acts in; only behind a door that makes sure of one."""
        if self.campaign_id is None:
            raise NotFound("There is no such campaign.")
        return self.campaign_id

    @property
    def device(self) -> kiosks.KioskIdentity:
        """The kiosk that asks; only behind the door KIOSK."""
        if self.kiosk is None:
            raise NotSignedIn("This device is not paired with a campaign.")
        return self.kiosk


Door = Callable[[dict[str, Any]], Caller]


def caller() -> Caller:
    """This will tell who is asking; only inside a guarded view."""
    found: Caller = g.caller
    return found


def PUBLIC(_: dict[str, Any]) -> Caller:  # noqa: N802 - doors read like constants where they are used
    """Anybody may come in."""
    return Caller(kind="public", by="visitor")


def KIOSK(_: dict[str, Any]) -> Caller:  # noqa: N802
    """A paired kiosk, by its bearer token; a retired one too, for what it still holds."""
    token = _bearer()
    with kit().read() as session:
        identity = kiosks.find_by_token(session, token_hash=token_hash(token), at=now())
    if identity is None:
        raise NotSignedIn("This device is not paired with a campaign. Ask an organiser for a pairing code.")
    if identity.status == "revoked":
        raise NotAllowed("This device was shut out by an organiser. Please ask them.", code="kiosk_revoked")
    return Caller(
        kind="kiosk", by=f"kiosk:{identity.kiosk_id}", campaign_id=identity.campaign_id, kiosk=identity
    )


def KIOSK_REGISTERING(view_args: dict[str, Any]) -> Caller:  # noqa: N802
    """A paired kiosk that registers: known from a moment ago, without asking the database again.

    Only for a view whose own statement looks at kiosk and campaign once more, and that goes through `KIOSK` when
    they are not as they were.
    """
    tools, token = kit(), token_hash(_bearer())
    kept = _registering.get((id(tools), token))
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    came = KIOSK(view_args)
    if came.device.status == "active" and came.device.campaign_status == "open":
        if len(_registering) > KEPT_KIOSKS:
            _registering.clear()
        _registering[id(tools), token] = (time.monotonic() + KEPT_SECONDS, came)
    return came


#: Kiosks that registered lately, by kit and hash of the token; for so long, and no more of them than this.
_registering: dict[tuple[int, bytes], tuple[float, Caller]] = {}
KEPT_SECONDS = 3.0
KEPT_KIOSKS = 10_000


def PARTNER(view_args: dict[str, Any]) -> Caller:  # noqa: N802
    """The postal partner: by bearer token, or signed in with the role partner (or organiser, auditor)."""
    if "Authorization" in request.headers:
        with kit().read() as session:
            found = partner_tokens.find_by_token(session, token_hash=token_hash(_bearer()))
        if found is None:
            raise NotSignedIn("This token is not known, or no longer good.")
        return Caller(kind="partner", by=f"partner:{found.token_id}", campaign_id=found.campaign_id)
    return staff("partner", "organiser", "auditor")(view_args)


def staff(*roles: str) -> Door:
    """This will make a door for staff who hold one of `roles` in the campaign that the view is about.

    With `slug` among the view's arguments the campaign is that one; another's is not found. Without it, the door
    opens to whoever holds such a role anywhere, and the campaign is theirs when they have just one.
    """

    def door(view_args: dict[str, Any]) -> Caller:
        identity = _signed_in()
        slug = view_args.get("slug")
        with kit().read() as session:
            if slug is not None:
                campaign = campaigns.find(session, slug=slug)
                if campaign is None or not identity.roles_in(campaign.id):
                    raise NotFound("There is no such campaign.")
                if not identity.roles_in(campaign.id) & set(roles):
                    raise NotAllowed(
                        "Your sign-in does not cover this page. Whoever runs the system can change that."
                    )
                campaign_id: int | None = campaign.id
            else:
                theirs = [
                    found.id for found in campaigns.every(session) if identity.roles_in(found.id) & set(roles)
                ]
                if not theirs and not identity.holds_anywhere(set(roles)):
                    raise NotAllowed(
                        "Your sign-in does not cover this page. Whoever runs the system can change that."
                    )
                campaign_id = theirs[0] if len(theirs) == 1 else None
        return Caller(kind="staff", by=f"staff:{identity.staff_id}", campaign_id=campaign_id, staff=identity)

    door.roles = roles  # type: ignore[attr-defined]
    return door


def guarded(door: Door) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """This will put `door` before a view."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def through_the_door(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            try:
                came = g.caller = door(kwargs)
            except NotSignedIn:
                if _wants_a_page() and request.method == "GET":
                    return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))
                raise
            if came.kind != "public":
                slow_bodies.let_in()
            refuse_nul_in_form()
            if came.kiosk is not None:
                knocks().kiosks.take(came.kiosk.kiosk_id)
            answer: ResponseReturnValue = view(*args, **kwargs)
            return answer

        through_the_door.door = door  # type: ignore[attr-defined]
        return through_the_door

    return guard


def check_every_view_has_a_door(app: Flask) -> None:
    """This will refuse to go on when a view stands open by mistake."""
    open_views = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "door")
    ]
    if open_views:
        raise RuntimeError(f"views without a door: {', '.join(sorted(open_views))}")


def _signed_in() -> StaffIdentity:
    token = request.cookies.get(session_cookie_name())
    identity = None
    if token:
        with kit().begin() as session:
            identity = staff_service.find_session(
                session, token_hash=token_hash(token), at=now(), by_itself=BY_ITSELF in request.headers
            )
    if identity is None:
        raise NotSignedIn("Please sign in.")
    slow_bodies.let_in()
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        check_csrf()  # a browser sends its cookie along wherever the form came from
    g.session_token = token
    return identity


def session_cookie_name() -> str:
    """This will give the cookie's name: bound to this very host wherever the connection is secure."""
    return f"__Host-{SESSION_COOKIE}" if request.is_secure else SESSION_COOKIE


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > 200:
        raise NotSignedIn("Send the token as `Authorization: Bearer TOKEN`.")
    return token.strip()


def _wants_a_page() -> bool:
    return not request.path.startswith("/api/")
