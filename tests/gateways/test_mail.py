"""Mail reaches a real SMTP server, and every way to fail says whether to try again."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from postcards.config import load
from postcards.errors import Denied, Unavailable
from postcards.gateways.mail import FolderMailer, SmtpMailer, open_mailer
from postcards.rules.letter import Letter, Words
from tests.gateways.post_office import certificate, counter, post_office

SENDER = "postcards@example.org"
LETTER = Letter(
    message_id="5e3f0c52-1111-4222-8333-444455556666",
    from_name="Toli yra arti",
    to_name="Ona Petraitienė",
    to_address="ona@example.org",
    language="lt",
    words=Words("Jūsų atvirukas nukeliavo", "Labas, Ona!\n", "<p>Labas, Ona!</p>\n"),
    at=dt.datetime(2026, 12, 20, 9, 30, tzinfo=dt.UTC),
)


def test_a_letter_arrives_as_it_was_written() -> None:
    with post_office() as office:
        SmtpMailer(office.url, SENDER).send(LETTER)
    (taken,) = office.taken
    assert taken["To"] == "Ona Petraitienė <ona@example.org>"
    assert taken["From"] == f"Toli yra arti <{SENDER}>"
    assert taken["Subject"] == "Jūsų atvirukas nukeliavo"
    assert taken["Message-ID"] == "<5e3f0c52-1111-4222-8333-444455556666@example.org>"
    assert taken["Date"].datetime == LETTER.at
    assert taken["Auto-Submitted"] == "auto-generated"
    plain, html = taken.iter_parts()
    assert plain.get_content().strip() == "Labas, Ona!"
    assert html.get_content().strip() == "<p>Labas, Ona!</p>"


@pytest.mark.parametrize(
    ("where", "reply", "refusal", "code"),
    [
        ("rcpt", "450 Mailbox busy", Unavailable, "put_off_450"),
        ("rcpt", "550 No such mailbox", Denied, "recipient_refused_550"),
        ("data", "451 Try later", Unavailable, "put_off_451"),
        ("data", "554 Not this", Denied, "mail_refused_554"),
    ],
)
def test_a_reply_says_whether_to_try_again(
    where: str, reply: str, refusal: type[Exception], code: str
) -> None:
    with post_office() as office:
        getattr(office, f"{where}_replies").append(reply)
        with pytest.raises(refusal) as raised:
            SmtpMailer(office.url, SENDER).send(LETTER)
        assert raised.value.code == code  # type: ignore[attr-defined]
        assert "ona" not in str(raised.value).lower()
        assert not office.taken
        SmtpMailer(office.url, SENDER).send(LETTER)
    assert len(office.taken) == 1


def test_a_server_that_is_away_is_passing() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(Unavailable) as raised:
            SmtpMailer(url, SENDER).send(LETTER)
    assert raised.value.code == "mail_server_away"


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unavailable) as raised:
            SmtpMailer(url, SENDER, timeout=0.3).send(LETTER)
    assert raised.value.code == "mail_server_away"


def test_offered_encryption_is_taken_before_the_password(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with post_office(tls=server, auth=True) as office:
        url = f"smtp://us%40example.org:right@127.0.0.1:{office.port}"
        SmtpMailer(url, SENDER, tls=client).send(LETTER)
    assert office.over_tls == [True]
    assert office.logins == [(b"us@example.org", b"right")]


def test_a_connection_encrypted_from_the_beginning(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with post_office(tls=server, implicit=True) as office:
        SmtpMailer(f"smtps://127.0.0.1:{office.port}", SENDER, tls=client).send(LETTER)
    assert len(office.taken) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path)
    with post_office(tls=server) as office, pytest.raises(Unavailable):
        SmtpMailer(office.url, SENDER, tls=ssl.create_default_context()).send(LETTER)
    assert not office.taken


def test_a_wrong_password_is_ours_to_mend_so_the_mail_waits() -> None:
    with post_office(auth=True) as office:
        url = f"smtp://us:wrong@127.0.0.1:{office.port}"
        with pytest.raises(Unavailable) as raised:
            SmtpMailer(url, SENDER).send(LETTER)
    assert raised.value.code == "we_are_refused_535"


@pytest.mark.parametrize(
    ("user", "replies", "code"),
    [
        ("us:right@", {}, "we_are_refused_no_auth"),
        ("us:right@", {"ehlo": "250-here\r\n250 AUTH GSSAPI"}, "we_are_refused_no_auth"),
        ("", {"hello": "554 no mail from there"}, "we_are_refused_554"),
        ("", {"hello": "421 too many of you"}, "we_are_refused_421"),
        ("", {"ehlo": "250-here\r\n250 STARTTLS", "starttls": "554 not now"}, "we_are_refused_554"),
        ("", {"ehlo": "550 who are you", "helo": "550 who are you"}, "we_are_refused_550"),
        ("", {"mail": "553 not from that address"}, "we_are_refused_553"),
    ],
    ids=["no AUTH", "none of our AUTH", "greeting", "busy greeting", "STARTTLS", "EHLO", "MAIL FROM"],
)
def test_what_is_about_us_is_never_held_against_the_recipient(
    user: str, replies: dict[str, str], code: str
) -> None:
    with counter(**replies) as (address, heard):
        with pytest.raises(Unavailable) as raised:
            SmtpMailer(f"smtp://{user}{address}", SENDER).send(LETTER)
        assert raised.value.code == code
    assert "rcpt" not in heard


@pytest.mark.parametrize("farewell", ["421 closing", "500 what", "no reply at all"])
def test_a_letter_that_was_taken_has_left_whatever_the_farewell_says(farewell: str) -> None:
    with counter(quit=farewell) as (address, heard):
        SmtpMailer(f"smtp://{address}", SENDER).send(LETTER)
    assert heard[-2:] == ["data", "quit"]


@pytest.mark.parametrize(
    "field",
    [
        {"to_name": "Ona\r\nBcc: eve@example.org"},
        {"to_address": "ona@example.org\r\nBcc: eve@example.org"},
        {"to_address": "ona@example.org, eve@example.org"},
        {"to_address": "not an address"},
        {"from_name": "Us\nX: y"},
    ],
)
def test_nobody_can_add_a_header_or_a_recipient(field: dict[str, Any]) -> None:
    with post_office() as office, pytest.raises(Denied) as raised:
        SmtpMailer(office.url, SENDER).send(replace(LETTER, **field))
    assert raised.value.code == "unsendable"
    assert not office.taken


def test_a_subject_cannot_add_a_header() -> None:
    words = replace(LETTER.words, subject="Hello\r\nBcc: eve@example.org")
    with post_office() as office, pytest.raises(Denied):
        SmtpMailer(office.url, SENDER).send(replace(LETTER, words=words))
    assert not office.taken


def test_an_address_in_another_script_goes_as_utf8() -> None:
    with post_office() as office:
        SmtpMailer(office.url, SENDER).send(replace(LETTER, to_address="оксана@example.org"))
    assert office.recipients == ["оксана@example.org"]
    assert len(office.taken) == 1


def test_without_a_server_mail_lands_in_the_outbox_once(tmp_path: Path) -> None:
    mailer = open_mailer(load({"POSTCARDS_HOME": str(tmp_path), "POSTCARDS_MAIL_FROM": SENDER}))
    mailer.send(LETTER)
    mailer.send(LETTER)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name == f"{LETTER.message_id}.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert kept["To"] == "Ona Petraitienė <ona@example.org>"


def test_an_outbox_that_cannot_be_written_is_passing(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands where the folder should be")
    with pytest.raises(Unavailable):
        FolderMailer(tmp_path / "outbox", SENDER).send(LETTER)


def test_the_settings_choose_the_server() -> None:
    settings = load({"POSTCARDS_SMTP_URL": "smtp://mail.example.org", "POSTCARDS_MAIL_FROM": SENDER})
    assert isinstance(open_mailer(settings), SmtpMailer)
