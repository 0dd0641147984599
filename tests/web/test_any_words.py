"""What people and programs may say to a page: headers, moments and the Post's answer, in any words at all."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from postcards.errors import Invalid
from postcards.services import partner_tokens
from postcards.texts import best_language, preferences
from postcards.web.moments import EARLIEST, LATEST, Moment
from postcards.web.partner.answer_form import Typed, read
from tests.plugins.cast import AT, Town, bearer
from tests.services.posting import make_all, printed, seal

VILNIUS = ZoneInfo("Europe/Vilnius")
ONE_APP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMERALS = "0123456789²٣"


@given(st.text(max_size=80) | st.text("enltplruk-*;q=0.19, ", max_size=60))
@example("lt;q=1.0.0, *;q=" + "9" * 400)
@example("en;q=nan,lt;q=inf")
def test_any_wish_for_a_language_is_met(header: str) -> None:
    assert best_language(preferences(header), ("lt", "en", "pl")) in ("lt", "en", "pl")


@given(st.text(max_size=40) | st.text(NUMERALS + "-T:.+Zz ", max_size=40) | st.datetimes().map(str))
@example("9999-12-31T23:59:60-23:59")
@example("2026-W10-1T10:00:00+02:00")
def test_a_moment_is_one_or_none(said: str) -> None:
    try:
        moment = TypeAdapter(Moment).validate_python(said)
    except ValidationError:
        return
    assert EARLIEST <= moment <= LATEST
    assert moment.astimezone(VILNIUS).astimezone(dt.UTC) == moment


@st.composite
def answers(draw: st.DrawFn) -> Typed:
    words = st.text(max_size=30)
    line = st.builds("{} {}".format, st.integers(0, 10**9), words) | words
    moment = st.datetimes().map(lambda at: at.isoformat(timespec="minutes"))
    return Typed(
        id=draw(st.uuids().map(str) | words),
        accepted=draw(st.integers(-5, 10**9).map(str) | st.text(NUMERALS, max_size=8) | words),
        received_at=draw(moment | words),
        refused=draw(st.lists(line, max_size=4).map("\n".join)),
        note=draw(words),
        counted_twice=draw(st.booleans()),
    )


@ONE_APP
@given(said=answers())
@example(said=Typed(id="", accepted="5", received_at="0001-01-01T00:00"))
@example(said=Typed(id="", accepted="5", received_at="9999-12-31T23:59"))
@example(said=Typed(id="", accepted="5", received_at="2026-12-18T10:00+14:00"))
def test_any_answer_of_a_clerk_is_read_or_told_what_is_wrong(app: Flask, said: Typed) -> None:
    with app.test_request_context("/"):
        try:
            answer = read(said, lines=5, zone=VILNIUS)
        except Invalid as refused:
            fields = {fault.field for fault in refused.faults}
        else:
            fields = set()
    assert fields <= {"accepted", "received_at", "refused", "counted_twice"}
    if fields:
        return
    assert answer.accepted + len(answer.refused) == 5 + answer.difference
    assert EARLIEST <= answer.received_at <= LATEST
    assert isinstance(answer.id, uuid.UUID)


@pytest.fixture
def file_of_a_manifest(vilnius: Town) -> tuple[str, dict[str, str]]:
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    with vilnius.house.begin() as session:
        token = partner_tokens.make_token(session, campaign_id=vilnius.id, by="test", at=AT)
    return "/api/v1/partner/manifests/1/files/manifest.csv", bearer(token)


@settings(ONE_APP, max_examples=40)
@given(
    said=st.text("bytes=0123456789-, ", max_size=30)
    | st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True)
)
@example("bytes=" + "9" * 400 + "-")
@example("bytes=-0")
@example("bytes=5-2")
def test_any_part_of_a_file_is_the_file_s_own(
    app: Flask, file_of_a_manifest: tuple[str, dict[str, str]], said: str
) -> None:
    path, token = file_of_a_manifest
    client = app.test_client()
    whole = client.get(path, headers=token).data
    answer = client.get(path, headers=token | {"Range": said})
    match answer.status_code:
        case 200:
            assert answer.data == whole
        case 206:
            first, _, last = (
                answer.headers["Content-Range"].removeprefix("bytes ").partition("/")[0].partition("-")
            )
            assert answer.data == whole[int(first) : int(last) + 1]
        case other:
            assert other == 416
