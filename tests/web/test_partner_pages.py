"""The Post's pages: a clerk finds a list, downloads it, and answers it; nobody else can."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from postcards.models import Staff
from postcards.services import staff
from postcards.web.doors import SESSION_COOKIE
from tests.plugins.cast import AT, Town
from tests.services.posting import make_all, one, printed, seal, status_of

SignIn = Callable[..., None]


@pytest.fixture
def sign_in(client: FlaskClient, vilnius: Town) -> SignIn:
    def with_role(role: str, town: Town = vilnius) -> None:
        with town.house.begin() as session:
            staff_id = staff.add_staff(
                session,
                email=f"{role}-{uuid.uuid4().hex[:6]}@post.example",
                roles=[(town.id, role)],
                password=None,
                by="test",
                at=AT,
            )
            assert session.get(Staff, staff_id) is not None
        with town.house.begin() as session:
            token = staff.open_session(session, staff_id=staff_id, way="link", at=staff_now())
        client.set_cookie(SESSION_COOKIE, token)

    return with_role


def staff_now() -> dt.datetime:
    """Sessions live by the web's own clock."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def listed(vilnius: Town) -> Town:
    """Manifest 1 with two cards and its files."""
    printed(vilnius)
    printed(vilnius, "NO")
    seal(vilnius)
    make_all(vilnius)
    return vilnius


def form(client: FlaskClient, **changes: str) -> dict[str, str]:
    """What a browser would send: the form's own hidden fields, and what was typed."""
    page = client.get("/partner/c/vilnius/manifests/1").get_data(as_text=True)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    typed = {"accepted": "2", "received_at": "2026-12-14T15:00", "refused": "", "note": ""}
    return hidden | typed | changes


def send(client: FlaskClient, **changes: str) -> tuple[int, str]:
    answer = client.post("/partner/c/vilnius/manifests/1/receipts", data=form(client, **changes))
    return answer.status_code, answer.get_data(as_text=True)


def test_a_clerk_comes_to_the_lists_and_downloads(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    assert client.get("/partner/").headers["Location"].endswith("/partner/c/vilnius/")
    lists = client.get("/partner/c/vilnius/?lang=en").get_data(as_text=True)
    assert "List 1" in lists
    assert "Waits for your answer" in lists
    page = client.get("/partner/c/vilnius/manifests/1?lang=en").get_data(as_text=True)
    assert "Norway" in page
    links = re.findall(r'href="(/partner/c/vilnius/manifests/1/files/[^"]+)"', page)
    assert len(set(links)) == 7
    file = client.get(links[0])
    assert (file.status_code, file.mimetype) == (200, "application/pdf")
    assert 'filename="vilnius-0001-manifest.pdf"' in file.headers["Content-Disposition"]


def test_a_version_that_never_got_files_says_why(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    printed(listed)
    seal(listed)
    with listed.house.begin() as session:
        session.execute(text("UPDATE manifest SET content = NULL"))
    first, second = (
        client.get(f"/partner/c/vilnius/manifests/{number}?lang=en").get_data(as_text=True)
        for number in (1, 2)
    )
    assert "deleted when their time was over" in first
    assert "never got files" not in first
    assert "never got files" in second
    assert "deleted when" not in second


def test_an_answer_is_recorded_and_shown(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    assert send(client, accepted="1", refused="No. 00002: illegible\n\n")[0] == 303
    assert (status_of(listed, 1), status_of(listed, 2)) == ("handed_over", "refused")
    page = client.get("/partner/c/vilnius/manifests/1?lang=en").get_data(as_text=True)
    assert "illegible" in page
    assert 'name="accepted"' not in page


def test_sending_it_twice_counts_once(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    data = form(client)
    for _ in range(2):
        assert client.post("/partner/c/vilnius/manifests/1/receipts", data=data).status_code == 303
    assert one(listed, "SELECT count(*) FROM receipt WHERE true") == 1


def test_uneven_counts_ask_for_a_second_count(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    status, page = send(client, accepted="1")
    assert status == 422
    assert 'name="counted_twice"' in page
    assert one(listed, "SELECT count(*) FROM receipt WHERE true") == 0
    assert send(client, accepted="1", counted_twice="yes")[0] == 303
    assert one(listed, "SELECT status FROM manifest WHERE number = 1") == "disputed"
    assert "one card missing" in client.get("/partner/c/vilnius/manifests/1?lang=en").get_data(as_text=True)
    assert send(client, accepted="2")[0] == 303
    assert one(listed, "SELECT status FROM manifest WHERE number = 1") == "reconciled"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"accepted": "two"}, "accepted"),
        ({"received_at": ""}, "received_at"),
        ({"accepted": "1", "refused": "the blue one"}, "refused"),
        ({"accepted": "1", "refused": "2"}, "refused"),
        ({"accepted": "1", "refused": "19 torn"}, "refused"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_what_needs_mending_is_said_beside_it(
    client: FlaskClient, sign_in: SignIn, listed: Town, typed: dict[str, str], field: str
) -> None:
    sign_in("partner")
    status, page = send(client, **typed)
    assert status == 422
    assert f'id="{field}-error"' in page
    assert one(listed, "SELECT count(*) FROM receipt WHERE true") == 0


def test_no_answer_keeps_a_process_busy(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    """Half a minute and more, were the blanks of a line tried in every way."""
    sign_in("partner")
    blanks = " " * 100_000
    for refused in (f"{blanks}x", f"42 a{blanks}b"):
        begun = time.monotonic()
        status, page = send(client, accepted="1", refused=refused)
        assert (status, 'id="refused-error"' in page) == (422, True)
        assert time.monotonic() - begun < 10
    assert "characters; at most 200 fit" in page
    status, page = send(client, refused="x\n" * 200_000)
    assert status == 422
    assert "2 accepted and 200000 refused make 200002, but the list has 2." in page
    assert page.count("is no card") == 0


def test_an_auditor_reads_and_answers_nothing(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("auditor")
    page = client.get("/partner/c/vilnius/manifests/1").get_data(as_text=True)
    assert 'name="accepted"' not in page
    assert send(client)[0] == 403


def test_another_campaigns_clerk_sees_nothing(
    client: FlaskClient, sign_in: SignIn, listed: Town, bucharest: Town
) -> None:
    sign_in("partner", bucharest)
    for path in ("", "manifests/1", "manifests/1/files/manifest.csv"):
        assert client.get(f"/partner/c/vilnius/{path}").status_code == 404


def test_a_form_from_elsewhere_is_refused(client: FlaskClient, sign_in: SignIn, listed: Town) -> None:
    sign_in("partner")
    assert send(client, csrf_token="guess")[0] == 403
    body = {"id": str(uuid.uuid4()), "accepted": 2, "refused": [], "received_at": "2026-12-14T15:00:00+02:00"}
    assert client.post("/api/v1/partner/manifests/1/receipts", json=body).status_code == 403
    assert one(listed, "SELECT count(*) FROM receipt WHERE true") == 0


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient, listed: Town) -> None:
    answer = client.get("/partner/c/vilnius/manifests/1")
    assert (answer.status_code, "/sign-in" in answer.headers["Location"]) == (302, True)


def test_the_number_of_queries_does_not_grow_with_the_lists(
    client: FlaskClient, sign_in: SignIn, listed: Town
) -> None:
    asked: list[str] = []
    event.listen(listed.house.kit.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    sign_in("partner")

    def queries(path: str) -> int:
        asked.clear()
        assert client.get(path).status_code == 200
        return len(asked)

    queries("/partner/c/vilnius/")  # the edition is kept after this
    lists, one_list = queries("/partner/c/vilnius/"), queries("/partner/c/vilnius/manifests/1")
    for _ in range(2):
        printed(listed)
        seal(listed)
    queries("/partner/c/vilnius/")
    assert queries("/partner/c/vilnius/") == lists
    assert queries("/partner/c/vilnius/manifests/1") == one_list
