"""Sends mail over SMTP, or lays it into a folder where there is no server; says what to do when it fails.

`Unavailable`: the same mail may go later. `Denied`: never to this address. Neither holds an address.
"""

from __future__ import annotations

import ipaddress
import os
import smtplib
import ssl
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8 as SMTPUTF8_POLICY
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from postcards.config import Settings
from postcards.errors import Denied, Unavailable
from postcards.rules.letter import Letter

#: Seconds that each step of a conversation may take; far below the lease in services/mailing.py.
TIMEOUT = 20.0
#: Ports of RFC 6409 (submission) and RFC 8314 (submission over TLS).
PORTS = {"smtp": 587, "smtps": 465}


class Mailer(Protocol):
    """Whoever takes mail."""

    def send(self, letter: Letter) -> None:
        """This will hand the mail over, or raise `Unavailable` or `Denied`."""


class SmtpMailer:
    """Speaks to one SMTP server, a conversation for each mail."""

    def __init__(
        self, url: str, sender: str, *, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT
    ) -> None:
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or PORTS[parts.scheme]
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._sender = sender
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout

    def send(self, letter: Letter) -> None:
        """This will hand the mail to the server, or raise `Unavailable` or `Denied`."""
        message = _message(self._sender, letter)
        server = self._greeted()
        try:
            server.send_message(message, self._sender, [letter.to_address])
        except smtplib.SMTPRecipientsRefused as error:
            raise _answer(next(iter(error.recipients.values()))[0], "recipient_refused") from None
        except smtplib.SMTPNotSupportedError:
            raise Denied(
                "The mail server cannot write to such an address.", code="recipient_refused"
            ) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError) as error:
            raise _we_are_refused(error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            raise _answer(error.smtp_code, "mail_refused") from None
        except (OSError, smtplib.SMTPException) as error:
            raise _away(error) from None
        finally:
            _leave(server)

    def _greeted(self) -> smtplib.SMTP:
        """A conversation up to the point where mail may be named: until then nothing is about a recipient, so whatever
        goes wrong is between the server and us. The operator mends it, and the mail waits."""
        try:
            return self._conversation()
        except smtplib.SMTPResponseException as error:
            raise _we_are_refused(error.smtp_code) from None
        except smtplib.SMTPServerDisconnected as error:
            raise _away(error) from None
        except smtplib.SMTPException:  # it takes no password, or none in a way that we know
            raise _we_are_refused("no_auth") from None
        except OSError as error:
            raise _away(error) from None

    def _conversation(self) -> smtplib.SMTP:
        us = self._sender.rpartition("@")[2] or "localhost"
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, local_hostname=us, timeout=self._timeout, context=self._tls
            )
        else:
            server = smtplib.SMTP(self._host, self._port, local_hostname=us, timeout=self._timeout)
        try:
            server.ehlo_or_helo_if_needed()
            safe = self._implicit_tls
            if not safe and server.has_extn("starttls"):
                server.starttls(context=self._tls)
                server.ehlo_or_helo_if_needed()
                safe = True
            if self._login is not None:
                if not safe and not _is_loopback(self._host):
                    raise Unavailable(
                        "The mail server offers no encryption, so our password stays here.", code="no_tls"
                    )
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return server


class FolderMailer:
    """Lays each mail as MESSAGE-ID.eml into a folder that only we may read; the same mail lies there once."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """This will write the file whole or not at all, or raise `Unavailable` or `Denied`."""
        message = _message(self._sender, letter)
        fresh = self._folder / f".{letter.message_id}.new"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / f"{letter.message_id}.eml")
        except OSError as error:
            raise Unavailable(
                "The outbox cannot be written to.", code="outbox_away", cause=type(error).__name__
            ) from None


def open_mailer(settings: Settings) -> Mailer:
    """This will give the SMTP server of the settings, or the folder HOME/outbox when they name none."""
    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url, settings.mail_from)
    return FolderMailer(settings.home / "outbox", settings.mail_from)


def _message(sender: str, letter: Letter) -> EmailMessage:
    """Everything goes through header objects, which refuse a newline: nobody's name can add a header."""
    message = EmailMessage(policy=SMTP_POLICY if letter.to_address.isascii() else SMTPUTF8_POLICY)
    try:
        message["From"] = Address(letter.from_name, addr_spec=sender)
        message["To"] = _address(letter.to_name, letter.to_address)
        message["Subject"] = letter.words.subject
        message["Date"] = letter.at
        message["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer, please
    except (ValueError, IndexError, MessageError) as error:
        raise Denied(
            "This cannot be written on an envelope.", code="unsendable", cause=type(error).__name__
        ) from None
    message.set_content(letter.words.text)
    message.add_alternative(letter.words.html, subtype="html")
    return message


def _address(name: str, address: str) -> Address:
    """The standard library checks only ASCII addresses; for that, "x" stands in for the letters of others."""
    Address(name, addr_spec="".join(sign if sign.isascii() else "x" for sign in address))
    username, _, domain = address.rpartition("@")
    return Address(name, username, domain)


def _answer(status: int, code: str) -> Unavailable | Denied:
    """What a reply means (RFC 5321, 4.2.1): 4yz may succeed later, 5yz never does."""
    if 400 <= status < 500:
        return Unavailable("The mail server asks us to come back later.", code=f"put_off_{status}")
    return Denied("The mail server refuses this mail for good.", code=f"{code}_{status}")


def _we_are_refused(why: int | str) -> Unavailable:
    return Unavailable("The mail server does not take mail from us.", code=f"we_are_refused_{why}")


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        "The mail server cannot be reached.", code="mail_server_away", cause=type(error).__name__
    )


def _leave(server: smtplib.SMTP) -> None:
    """What the server says to our farewell changes nothing: a mail that it took has left."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
