"""Settings come from `POSTCARDS_*` variables, once, at start; every fault is named at once.

Each variable also has a `_FILE` form that names a file holding the value (for secrets).
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from postcards.errors import Fault, Invalid

#: Every setting with its default and what it is for; the README's table is checked against this.
SETTINGS: dict[str, tuple[str, str]] = {
    "HOME": (".postcards", "folder for the data of one machine: database, broker, files, keys"),
    "DATABASE_URL": ("", "PostgreSQL to use instead of the embedded one (postgresql://…)"),
    "BROKER_URL": ("", "Valkey, Redis or RabbitMQ to use instead of the embedded one"),
    "STORAGE_URL": ("", "where files are kept: file:///path (default HOME/files) or s3://bucket/prefix"),
    "STORAGE_ENDPOINT": ("", "https://… of an S3-compatible service; empty: Amazon's own"),
    "STORAGE_REGION": ("", "the bucket's region"),
    "STORAGE_KEY_ID": ("", "the access key for the bucket; empty: as boto3 finds it"),
    "STORAGE_SECRET": ("", "the secret of that access key"),
    "PUBLIC_URL": ("http://127.0.0.1:8000", "the address recipients reach us at; printed in the QR"),
    "SMTP_URL": ("", "smtp://user:password@host:587 or smtps://…; without it mail lands in HOME/outbox"),
    "MAIL_FROM": ("postcards@localhost", "the sender of our mail"),
    "SECRET_KEY": ("", "signs the cookie behind forms and a half-done sign-in; made in HOME when not given"),
    "MASTER_KEY": (
        "",
        "wraps the data keys and makes fingerprints of addresses, 32 bytes as hex; made in HOME",
    ),
    "KEYS_FILE": ("", "the wrapped data keys, outside the database (default HOME/keys/data-keys.json)"),
    "WEB_WORKERS": ("2", "web processes of `up` and of the image"),
    "TRUSTED_PROXIES": ("0", "reverse proxies before us whose X-Forwarded headers are true; compose says 1"),
    "PRINT_PART_SHEETS": ("500", "sheets in a part of a print run; workers draw parts side by side"),
    "PREFLIGHT_EVERY": ("100", "of a print run, each so many-th card is also looked at on its pixels"),
    "SECOND_FACTOR": ("off", "who needs a one-time code besides the password: off, organisers or everyone"),
    "EXPECT_BEAT": ("yes", "whether /readyz wants to see the scheduler; `up --no-worker` says no"),
    "METRICS_TOKEN": ("", "lets Prometheus read /metrics from elsewhere; without it only this machine may"),
    "LOG_LEVEL": ("info", "debug, info, warning or error"),
}

PREFIX = "POSTCARDS_"

#: Settings that are counts, with the least and the most they may be.
WHOLE_NUMBERS = (
    ("WEB_WORKERS", 1, 64),
    ("TRUSTED_PROXIES", 0, 9),
    ("PRINT_PART_SHEETS", 1, 10_000),
    ("PREFLIGHT_EVERY", 1, 10_000),
)
#: ASCII alone: Python takes other digits too, and "²" for a digit that is no number.
_DIGITS = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a process is told from outside. Frozen; pass it on, do not look around it."""

    home: Path
    database_url: str
    broker_url: str
    storage_url: str
    storage_endpoint: str
    storage_region: str
    storage_key_id: str
    storage_secret: str
    public_url: str
    smtp_url: str
    mail_from: str
    secret_key: str
    master_key: str
    keys_file: Path
    web_workers: int
    trusted_proxies: int
    print_part_sheets: int
    preflight_every: int
    second_factor: str
    expect_beat: bool
    metrics_token: str
    log_level: str

    @property
    def is_test_address(self) -> bool:
        """True when PUBLIC_URL is loopback or private: every card then says TEST."""
        host = urlsplit(self.public_url).hostname or ""
        if host == "localhost" or host.endswith((".localhost", ".local", ".test", ".invalid")):
            return True
        try:
            return not ipaddress.ip_address(host).is_global
        except ValueError:
            return False


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """This will read the settings, or raise `Invalid` with one fault for each wrong variable."""
    env = os.environ if environ is None else environ
    faults: list[Fault] = []
    values: dict[str, str] = {}
    for name, (default, _) in SETTINGS.items():
        values[name] = _one(env, name, default, faults)
    known = {PREFIX + n for n in SETTINGS} | {PREFIX + n + "_FILE" for n in SETTINGS}
    faults += [
        Fault(variable, "unknown", "is not a setting; look at the README's table")
        for variable in sorted(env)
        if variable.startswith(PREFIX) and variable not in known
    ]

    home = _home(values["HOME"], faults)
    _check_url(values, "DATABASE_URL", ("postgresql", "postgresql+psycopg", "postgres"), faults)
    _check_url(values, "BROKER_URL", ("redis", "rediss", "redis+socket", "amqp", "amqps"), faults)
    _check_url(values, "STORAGE_URL", ("file", "s3"), faults)
    _check_url(values, "STORAGE_ENDPOINT", ("http", "https"), faults)
    if bool(values["STORAGE_KEY_ID"]) != bool(values["STORAGE_SECRET"]):
        half = "STORAGE_SECRET" if values["STORAGE_KEY_ID"] else "STORAGE_KEY_ID"
        faults.append(
            Fault(PREFIX + half, "missing", "is not set, and the other half of the bucket's key is")
        )
    _check_url(values, "PUBLIC_URL", ("http", "https"), faults)
    _check_url(values, "SMTP_URL", ("smtp", "smtps"), faults)
    if (public := _parted(values["PUBLIC_URL"])) and public.path not in ("", "/"):
        faults.append(
            Fault("POSTCARDS_PUBLIC_URL", "path", "must have no path: cards say HTTPS://HOST/T/CODE")
        )
    if values["MASTER_KEY"] and not _is_hex_key(values["MASTER_KEY"]):
        faults.append(Fault("POSTCARDS_MASTER_KEY", "format", "must be 64 hexadecimal digits (32 bytes)"))
    if values["SECRET_KEY"] and len(values["SECRET_KEY"]) < 32:
        faults.append(Fault("POSTCARDS_SECRET_KEY", "short", "must have at least 32 characters"))
    if values["METRICS_TOKEN"] and len(values["METRICS_TOKEN"]) < 16:
        faults.append(Fault("POSTCARDS_METRICS_TOKEN", "short", "must have at least 16 characters"))
    for name, least, most in WHOLE_NUMBERS:
        if not (_DIGITS.fullmatch(values[name]) and least <= int(values[name]) <= most):
            words = f"must be a whole number from {least} to {most}"
            faults.append(Fault(PREFIX + name, "range", words))
    if values["SECOND_FACTOR"].lower() not in ("off", "organisers", "everyone"):
        faults.append(Fault("POSTCARDS_SECOND_FACTOR", "choice", "must be off, organisers or everyone"))
    if values["EXPECT_BEAT"].lower() not in ("yes", "no"):
        faults.append(Fault("POSTCARDS_EXPECT_BEAT", "choice", "must be yes or no"))
    if values["LOG_LEVEL"].lower() not in ("debug", "info", "warning", "error"):
        faults.append(Fault("POSTCARDS_LOG_LEVEL", "choice", "must be debug, info, warning or error"))
    if faults:
        raise Invalid(
            "These settings need mending:\n"
            + "\n".join(f"  {fault.field} {fault.message}" for fault in faults),
            faults=faults,
        )
    return Settings(
        home=home,
        database_url=_driver(values["DATABASE_URL"]),
        broker_url=values["BROKER_URL"],
        storage_url=values["STORAGE_URL"] or f"file://{home / 'files'}",
        storage_endpoint=values["STORAGE_ENDPOINT"],
        storage_region=values["STORAGE_REGION"],
        storage_key_id=values["STORAGE_KEY_ID"],
        storage_secret=values["STORAGE_SECRET"],
        public_url=values["PUBLIC_URL"].rstrip("/"),
        smtp_url=values["SMTP_URL"],
        mail_from=values["MAIL_FROM"],
        secret_key=values["SECRET_KEY"],
        master_key=values["MASTER_KEY"],
        keys_file=Path(values["KEYS_FILE"]) if values["KEYS_FILE"] else home / "keys" / "data-keys.json",
        web_workers=int(values["WEB_WORKERS"]),
        trusted_proxies=int(values["TRUSTED_PROXIES"]),
        print_part_sheets=int(values["PRINT_PART_SHEETS"]),
        preflight_every=int(values["PREFLIGHT_EVERY"]),
        second_factor=values["SECOND_FACTOR"].lower(),
        expect_beat=values["EXPECT_BEAT"].lower() == "yes",
        metrics_token=values["METRICS_TOKEN"],
        log_level=values["LOG_LEVEL"].lower(),
    )


def _one(env: Mapping[str, str], name: str, default: str, faults: list[Fault]) -> str:
    variable = PREFIX + name
    from_file = env.get(variable + "_FILE")
    if from_file:
        if env.get(variable):
            faults.append(Fault(variable, "twice", f"is given twice: drop it or {variable}_FILE"))
        try:
            return Path(from_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(variable + "_FILE", "unreadable", f"cannot be read: {type(error).__name__}"))
            return default
    return env.get(variable) or default


def _check_url(values: Mapping[str, str], name: str, schemes: tuple[str, ...], faults: list[Fault]) -> None:
    value = values[name]
    if not value:
        return
    parts = _parted(value)
    if parts is None:
        faults.append(Fault(PREFIX + name, "format", "is no address: look at its host and its port"))
    elif parts.scheme not in schemes:
        faults.append(
            Fault(PREFIX + name, "scheme", f"must begin with {' or '.join(s + '://' for s in schemes)}")
        )


def _parted(url: str) -> SplitResult | None:
    """The parts of an address; None when its host or its port is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def _home(value: str, faults: list[Fault]) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # ~nobody-of-this-name
        faults.append(Fault(PREFIX + "HOME", "unknown", "names the home of somebody who is not known here"))
        return Path(value).absolute()


def _driver(url: str) -> str:
    """SQLAlchemy's name for the driver we use."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _is_hex_key(value: str) -> bool:
    try:
        return len(bytes.fromhex(value)) == 32
    except ValueError:
        return False
