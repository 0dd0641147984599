"""The baselines, frozen: what the same server does with the bare minimum. Not to be made faster or slower.

`/cards` is one pooled connection a thread and one transaction of the four bare SQL statements of a registration:
look for a replay, take a stamp, insert a card, insert a journal row. `/t` is one SELECT by primary key.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable

import psycopg

TABLES = """
CREATE TABLE bare_stamp (number integer PRIMARY KEY, status text NOT NULL, card_id uuid);
CREATE INDEX bare_free ON bare_stamp (number) WHERE status = 'free';
CREATE TABLE bare_card (id uuid PRIMARY KEY, number integer NOT NULL, country text NOT NULL, body bytea NOT NULL);
CREATE TABLE bare_journal (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL, subject text NOT NULL);
"""

_local = threading.local()


def _connection() -> psycopg.Connection[tuple[object, ...]]:
    if not hasattr(_local, "connection"):
        url = os.environ["POSTCARDS_DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
        _local.connection = psycopg.connect(url, prepare_threshold=2)
    connection: psycopg.Connection[tuple[object, ...]] = _local.connection
    return connection


def register(body: bytes) -> bytes:
    """This will do the four statements of one registration, and answer JSON."""
    card = json.loads(body)
    card_id = uuid.UUID(card["id"])
    connection = _connection()
    with connection.transaction():
        found = connection.execute("SELECT number FROM bare_card WHERE id = %s", (card_id,)).fetchone()
        if found is None:
            found = connection.execute(
                """UPDATE bare_stamp SET status = 'used', card_id = %s WHERE number = (
                       SELECT number FROM bare_stamp WHERE status = 'free'
                       ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
                   RETURNING number""",
                (card_id,),
            ).fetchone()
            assert found is not None
            connection.execute(
                "INSERT INTO bare_card (id, number, country, body) VALUES (%s, %s, %s, %s)",
                (card_id, found[0], card["recipient"]["country"], body),
            )
            connection.execute(
                "INSERT INTO bare_journal (action, subject) VALUES ('card.registered', %s)", (str(card_id),)
            )
    return json.dumps({"id": str(card_id), "number": found[0]}).encode()


def look(code: str) -> bytes:
    """This will give the row of a code as JSON."""
    row = _connection().execute(_LOOK, (code,)).fetchone()
    _connection().commit()
    return json.dumps([str(part) for part in row or ()]).encode()


#: What the recipient's page looks up, and nothing around it.
_LOOK = """
SELECT c.code, c.ended, card.number, card.status, card.registered_at, campaign.slug
FROM tracking_code AS c JOIN card ON card.id = c.card_id JOIN campaign ON campaign.id = c.campaign_id
WHERE c.code = %s
"""


def app(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """A WSGI app of two bare routes."""
    path = str(environ["PATH_INFO"])
    if path == "/healthz":
        answer = b"{}"
    elif path.startswith("/t/"):
        answer = look(path.removeprefix("/t/"))
    else:
        stream = environ["wsgi.input"]
        answer = register(stream.read(int(str(environ["CONTENT_LENGTH"]))))  # type: ignore[attr-defined]
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
