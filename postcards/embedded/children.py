"""The children of `up`: the web, the worker and beat, each as a command line with its environment."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from postcards.config import PREFIX, Settings
from postcards.embedded.home import make_secrets, write_private
from postcards.embedded.part import Part
from postcards.embedded.process import Process
from postcards.embedded.servers import Servers
from postcards.errors import Invalid
from postcards.logs import WEB_SERVER

#: Requests that one web process works on at once; more wait. Two processes' pools (2 × 20) and the workers'
#: stay well below the database's 100 connections.
WEB_THREADS = 8
#: Connections that one web process holds before it lets the kernel's queue hold the rest. Browsers keep some open that
#: say nothing, and so may anybody for the ten seconds in which a head has to come.
WEB_BACKPRESSURE = 1024
#: granian's line for a worker process that ended by itself. Before the first answer it means: never.
WEB_WORKER_DIED = "Unexpected exit from worker"


@dataclass(frozen=True, slots=True)
class Child:
    """One command of `up`. When an `essential` one cannot be kept running, everything ends."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    essential: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    ready: Callable[[], bool] | None = None
    #: A line in its log that means, before it is ready, that it never will be.
    hopeless: str | None = None


class ChildPart(Part):
    """A child as a part of the running house, with its log in HOME/logs."""

    def __init__(self, home: Path, child: Child) -> None:
        self.child = child
        self.name = child.name
        self._log = home / "logs" / f"{child.name}.log"

    def launch(self) -> Process:
        """This will start the command."""
        child = self.child
        return Process(
            child.argv, log=self._log, env=child.env, stop_signal=child.stop_signal, grace=child.grace
        )

    def is_ready(self) -> bool:
        """This will ask the child's own question; a child without one is ready when it runs."""
        return self.child.ready is None or self.child.ready()

    def is_hopeless(self) -> bool:
        """This will look for the line that means that it will never be ready."""
        sign = self.child.hopeless
        return (
            sign is not None and self.process is not None and sign in "\n".join(self.process.last_lines(500))
        )


def environment(settings: Settings, servers: Servers, extra: Mapping[str, str]) -> dict[str, str]:
    """This will return our environment and what `up` knows: HOME, the servers, the files with the secrets.

    A secret that our own environment gives is left as it is.
    """
    env = dict(os.environ)
    told = {
        "HOME": str(settings.home),
        "DATABASE_URL": servers.database_url,
        "BROKER_URL": servers.broker_url,
    }
    secrets = make_secrets(settings)
    for name, path in (("SECRET_KEY", secrets.secret_key), ("MASTER_KEY", secrets.master_key)):
        if not (env.get(PREFIX + name) or env.get(f"{PREFIX}{name}_FILE")):
            told[f"{name}_FILE"] = str(path)
    for name, value in told.items():
        for variable in (name, f"{name}_FILE", name.removesuffix("_FILE")):
            env.pop(PREFIX + variable, None)
        if value:
            env[PREFIX + name] = value
    return env | dict(extra)


def web_arguments(settings: Settings, *, host: str, port: int, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """This will give the web server's module and its arguments, the same for `up` and for a container."""
    return (
        # HTTP/1 alone: a proxy speaks it, and of HTTP/2 the server awaits the first bytes without an end.
        *("granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", host),
        *("--port", str(port), "--workers", str(settings.web_workers)),
        *("--blocking-threads", str(WEB_THREADS), "--backpressure", str(WEB_BACKPRESSURE)),
        *("--http1-header-read-timeout", "10000", "--respawn-failed-workers"),
        *("--workers-kill-timeout", "3", "--log-level", settings.log_level),
        *("--log-config", str(WEB_SERVER), *more),
        "postcards.web.wsgi:app",
    )


def web_child(
    settings: Settings, env: Mapping[str, str], *, host: str, port: int, tls: tuple[Path, Path] | None
) -> Child:
    """This will describe the web server; it is ready when `/healthz` answers."""
    files = () if tls is None else ("--ssl-certificate", str(tls[0]), "--ssl-keyfile", str(tls[1]),
                                    "--ssl-protocol-min", "tls1.2")  # fmt: skip
    return Child(
        name="web",
        argv=(
            *(sys.executable, "-m"),
            *web_arguments(settings, host=host, port=port, more=files),
        ),
        env=env,
        grace=4,
        ready=lambda: answers(host, port, "/healthz", tls=tls is not None),
        hopeless=WEB_WORKER_DIED,
    )


def worker_child(settings: Settings, env: Mapping[str, str]) -> Child:
    """This will describe the worker: one process per processor, at least two. Cards are kept without it."""
    return Child(
        name="worker",
        argv=(
            *(sys.executable, "-m", "celery", "--quiet", "-A", "workers.app", "worker"),
            *(
                "--without-gossip",
                "--without-mingle",
                "--concurrency",
                str(max(2, min(8, os.cpu_count() or 2))),
            ),
            *("--loglevel", settings.log_level),
        ),
        env=env,
        essential=False,
        grace=6,
    )


def beat_child(settings: Settings, env: Mapping[str, str]) -> Child:
    """This will describe beat, which asks for what is due; its own notes are in HOME/beat."""
    folder = settings.home / "beat"
    folder.mkdir(mode=0o700, exist_ok=True)
    return Child(
        name="beat",
        argv=(
            *(sys.executable, "-m", "celery", "--quiet", "-A", "workers.app", "beat", "--pidfile", ""),
            *("--schedule", str(folder / "schedule"), "--loglevel", settings.log_level),
        ),
        env=env,
        essential=False,
        grace=3,
    )


def answers(host: str, port: int, path: str, *, tls: bool) -> bool:
    """This will say whether a web server answers there with a success."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    connection: http.client.HTTPConnection
    if tls:
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ours.check_hostname = False  # our own server, under whatever name its certificate has
        ours.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(reachable, port, timeout=2, context=ours)
    else:
        connection = http.client.HTTPConnection(reachable, port, timeout=2)
    try:
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def usable_tls(home: Path, certificate: Path, key: Path) -> tuple[Path, Path]:
    """This will check that certificate and key belong together, and return them as the web server takes them.

    It takes keys in PKCS#8 only; one in an older form is rewritten into HOME/run. Raises `Invalid`.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
        text = key.read_bytes()
        if b"BEGIN PRIVATE KEY" in text:
            return certificate.absolute(), key.absolute()
        loaded = serialization.load_pem_private_key(text, password=None)
    except (OSError, ValueError, TypeError) as error:  # ssl.SSLError is an OSError
        raise Invalid(
            f"The certificate {certificate} and the key {key} cannot be used together: {error}. "
            "Both must be PEM files, the key without a password."
        ) from error
    rewritten = home / "run" / "tls-key.pem"
    write_private(
        rewritten,
        loaded.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii"),
    )
    return certificate.absolute(), rewritten
