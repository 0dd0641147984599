"""A real SMTP server on loopback that keeps what it takes, and refuses what it is told to."""

# ruff: noqa: ARG002 - aiosmtpd names the arguments of its hooks

from __future__ import annotations

import asyncio
import datetime as dt
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class PostOffice:
    """`taken` are the mails it accepted; the replies are said once each, before it accepts."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[EmailMessage] = []
        self.rcpt_replies: list[str] = []
        self.data_replies: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.recipients: list[str] = []
        self.over_tls: list[bool] = []
        #: Keep a mail waiting before it is taken, or its sender after that, while these are set.
        self.hold_before = False
        self.hold_after = False
        self.waiting = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.rcpt_replies:
            return self.rcpt_replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_replies:
            return self.data_replies.pop(0)
        await self._hold("hold_before")
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken.append(message)
        self.recipients += envelope.rcpt_tos
        self.over_tls.append(session.ssl is not None)
        await self._hold("hold_after")
        return "250 taken"

    async def _hold(self, which: str) -> None:
        self.waiting += 1
        try:
            while getattr(self, which):  # noqa: ASYNC110 - set by the test's thread, which has no loop
                await asyncio.sleep(0.02)
        finally:
            self.waiting -= 1

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def post_office(
    *, port: int = 0, tls: ssl.SSLContext | None = None, implicit: bool = False, auth: bool = False
) -> Iterator[PostOffice]:
    """A server that runs until the block ends."""
    office = PostOffice()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(
            office,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=None if implicit else tls,
            authenticator=office.login if auth else None,
            auth_require_tls=False,
            loop=loop,
        )

    server = loop.run_until_complete(
        loop.create_server(protocol, "127.0.0.1", port, ssl=tls if implicit else None)
    )
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="post-office")
    thread.start()

    async def end() -> None:
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()


@contextmanager
def counter(**replies: str) -> Iterator[tuple[str, list[str]]]:
    """A server of one conversation that says what it is told (`hello`, and by command), else what is usual; gives its
    address and the commands that it heard."""
    usual = {"hello": "220 here", "ehlo": "250 here", "data": "354 go on", "quit": "221 bye"}
    heard: list[str] = []

    def serve() -> None:
        guest, _ = door.accept()
        with guest, guest.makefile("rwb", buffering=0) as line:

            def say(command: str) -> None:
                line.write(f"{replies.get(command) or usual.get(command, '250 fine')}\r\n".encode())

            say("hello")
            while words := line.readline():
                command = words.decode().split()[0].lower()
                heard.append(command)
                say(command)
                if command == "data" and "data" not in replies:
                    while line.readline() not in (b".\r\n", b""):
                        pass
                    say("taken")

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        thread = threading.Thread(target=serve, name="counter")
        thread.start()
        yield f"127.0.0.1:{door.getsockname()[1]}", heard
        thread.join(10)
        assert not thread.is_alive(), "the guest did not leave"


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for 127.0.0.1, and a client's that trusts it."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post office")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "post-office.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return server, client
