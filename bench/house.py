"""A house for measuring: servers of its own in a temporary folder, a campaign, and web servers on free ports."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.baseline import TABLES
from postcards import config, db, embedded, kit
from postcards.embedded import children
from postcards.embedded.home import make_home
from postcards.rules.edition import Edition, load_edition
from postcards.services import campaigns, kiosks

#: Clients and processes of the measurements over HTTP.
CLIENTS = 16
PROCESSES = 2


@dataclass(frozen=True)
class Measured:
    """A kit on a real database, with an open campaign and a paired kiosk."""

    kit: kit.Kit
    campaign_id: int
    edition: Edition
    token: str
    home: Path

    def card(self) -> bytes:
        """This will give the JSON of a new card."""
        return json.dumps(
            {
                "id": str(uuid.uuid4()),
                "registered_at": dt.datetime.now(dt.UTC).isoformat(),
                "sender": {"name": "Ona Petraitienė", "email": "ona@example.org"},
                "recipient": {
                    "name": f"Jonas Petraitis {uuid.uuid4().hex[:6]}",
                    "country": "DE",
                    "lines": ["Hauptstraße 5"],
                    "postal_code": "10115",
                    "city": "Berlin",
                    "region": None,
                },
                "message": None,
                "language": "lt",
                "consent": {"version": self.edition.consent[0].version, "arrival_notice": True},
                "volunteer": "Rūta",
            }
        ).encode()


@contextmanager
def house(*, cap: int) -> Iterator[Measured]:
    """This will start PostgreSQL from its wheel, durable as in `up`, and open a campaign of `cap` stamps."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        embedded.with_secrets(
            config.load({"POSTCARDS_HOME": str(home)})
        )  # the keys are made before the database
        try:
            with embedded.servers(home, broker=False) as servers:
                yield from _open(home, servers.database_url, cap)
        finally:
            embedded.remove_data(home)


def _open(home: Path, url: str, cap: int) -> Iterator[Measured]:
    db.upgrade(url)
    settings = embedded.with_secrets(
        config.load(
            {"POSTCARDS_HOME": str(home), "POSTCARDS_DATABASE_URL": url, "POSTCARDS_LOG_LEVEL": "error"}
        )
    )
    tools = kit.assemble(settings, name="bench", pool_size=40)
    at = dt.datetime.now(dt.UTC)
    edition = load_edition("vilnius").changed(cap=cap)
    try:
        with tools.begin() as session:
            campaign = campaigns.create(session, edition=edition, vault=tools.vault, by="bench", at=at)
            campaigns.set_status(session, slug=edition.slug, status="open", by="bench", at=at)
            _, code = kiosks.add_kiosk(
                session,
                campaign_id=campaign.id,
                venue_slug=edition.venues[0].slug,
                name="Bench",
                by="bench",
                at=at,
            )
            _, token = kiosks.pair(session, pairing_code=code, device_name="Bench", at=at)
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute(TABLES)
            connection.execute(
                "INSERT INTO bare_stamp SELECT n, 'free' FROM generate_series(1, %s) AS n", (cap,)
            )
            # Not the empty tables: with statistics that say "empty", every index of theirs looks as good as the
            # right one, and the foreign keys' look-ups go through the wrong one until autovacuum comes by.
            connection.execute("ANALYZE stamp, bare_stamp")
        yield Measured(tools, campaign.id, edition, token, home)
    finally:
        tools.close()


@contextmanager
def web(measured: Measured, target: str) -> Iterator[int]:
    """This will serve `target` ("postcards.web.wsgi:app" or "bench.baseline:app") as `up` serves; gives the port."""
    port = _free_port()
    settings = measured.kit.settings
    env = os.environ | {
        "POSTCARDS_HOME": str(measured.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "POSTCARDS_WEB_WORKERS": str(PROCESSES),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    make_home(measured.home)
    child = children.web_child(settings, env, host="127.0.0.1", port=port, tls=None)
    argv = tuple(target if part == "postcards.web.wsgi:app" else part for part in child.argv)
    part = children.ChildPart(measured.home, children.Child(**{**_fields(child), "argv": argv}))
    part.start()
    try:
        part.wait()
        yield port
    finally:
        part.stop()


def _fields(child: Any) -> dict[str, Any]:
    return {name: getattr(child, name) for name in child.__dataclass_fields__}


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def log(words: str) -> None:
    """This will say on standard error what is being measured."""
    print(words, file=sys.stderr, flush=True)
