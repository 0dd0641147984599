"""Looking and sealing: the recipient's page, the desk's first page, and 10,000 cards on manifests."""

from __future__ import annotations

import datetime as dt
import json
import resource
import statistics
import time
import uuid

from sqlalchemy import text

from bench.house import CLIENTS, Measured, house, log, web
from bench.load import closed_loop, request
from bench.report import Figure, per_second
from postcards.paper.manifest_files import make_files
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.services import dispatch, manifest_files, staff
from postcards.web.app import create_app

RUNS = 5
LOOKS = 2_000
CARDS = 10_000


def recipients_page() -> list[Figure]:
    """This will measure the recipient's page against a bare route with the same SELECT."""
    log(f"the recipient's page: {RUNS} runs of {LOOKS}")
    ours, bare = [], []
    with house(cap=200) as measured:
        codes = fill(measured, 200)
        with (
            web(measured, "postcards.web.wsgi:app") as our_port,
            web(measured, "bench.baseline:app") as bare_port,
        ):
            paths = [codes[place % len(codes)] for place in range(LOOKS)]
            for run in range(RUNS + 1):
                a = closed_loop(our_port, [request("GET", f"/T/{code}") for code in paths], clients=CLIENTS)[
                    0
                ]
                b = closed_loop(bare_port, [request("GET", f"/t/{code}") for code in paths], clients=CLIENTS)[
                    0
                ]
                if run:
                    ours.append(LOOKS / a)
                    bare.append(LOOKS / b)
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    return [
        Figure(
            "The recipient's page",
            f"{ratio:.0%} of the bare route",
            "≥ 50 %",
            f"{per_second(ours)}; bare {per_second(bare)}",
        )
    ]


def sealing_and_desk() -> list[Figure]:
    """This will seal 10,000 printed cards with all files, and look at the desk's first page before and after."""
    log(f"sealing {CARDS} cards, and the desk")
    with house(cap=CARDS) as measured:
        fill(measured, CARDS, status="printed")
        first_page = _desk(measured)
        began = time.perf_counter()
        dispatch.seal_all(
            measured.kit.begin,
            campaign_id=measured.campaign_id,
            edition=measured.edition,
            vault=measured.kit.vault,
            by="bench",
            clock=_now,
        )
        sealed = time.perf_counter() - began
        manifest_files.make_all(
            measured.kit.begin,
            campaign_id=measured.campaign_id,
            draw=make_files,
            files=measured.kit.sealed_files,
            vault=measured.kit.vault,
            worker="bench",
            clock=_now,
        )
        seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure(
            f"{CARDS:,} cards sealed, with all files of their manifests",
            f"{seconds:.1f} s",
            "< 15 s",
            f"sealing {sealed:.1f} s; this process's peak {memory:.0f} MiB",
        ),
        Figure(
            f"The desk's first page at {CARDS:,} cards",
            f"{first_page * 1000:.0f} ms",
            "≤ 150 ms",
            "median of 20",
        ),
    ]


def _desk(measured: Measured) -> float:
    at = _now()
    with measured.kit.begin() as session:
        staff_id = staff.add_staff(
            session, email="bench@example.org", roles=[(None, "organiser")], password=None, by="bench", at=at
        )
        token = staff.open_session(session, staff_id=staff_id, way="link", at=at)
    client = create_app(measured.kit).test_client()
    client.set_cookie("postcards_session", token)
    times = []
    for _ in range(21):
        began = time.perf_counter()
        answer = client.get(f"/desk/c/{measured.edition.slug}/")
        times.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.status
    return statistics.median(times[1:])


#: A recipient as it is kept, before it is sealed.
RECIPIENT = json.dumps(
    {
        "name": "Jonas",
        "country": "DE",
        "lines": ["Hauptstr. 5"],
        "postal_code": "10115",
        "city": "Berlin",
        "region": None,
    }
).encode()


def fill(measured: Measured, cards: int, *, status: str = "sealed") -> list[str]:
    """Cards by SQL alone: what is measured here is looking and sealing, not registering."""
    sealed = measured.kit.vault.seal
    with measured.kit.begin() as session:
        key_id = session.execute(
            text("SELECT data_key FROM campaign WHERE id = :id"), {"id": measured.campaign_id}
        ).scalar_one()
        rows = []
        for number in range(1, cards + 1):
            card_id = uuid.uuid4()
            rows.append(
                {
                    "id": card_id,
                    "number": number,
                    "code": new_tracking_code(),
                    "slip": new_slip_code(),
                    "country": ("DE", "GB", "US", "PL", "UA")[number % 5],
                    "recipient": sealed(key_id, RECIPIENT, about=f"{card_id}/recipient"),
                    "campaign_id": measured.campaign_id,
                    "key_id": key_id,
                    "status": status,
                    "at": _now(),
                    "venue": measured.edition.venues[number % len(measured.edition.venues)].slug,
                }
            )
        for statement in _FILL:
            session.execute(text(statement), rows)
        session.execute(text(_TALLIES))
    with measured.kit.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return [str(row["code"]) for row in rows]


_FILL = (
    "UPDATE stamp SET status = 'used', card_id = :id WHERE campaign_id = :campaign_id AND number = :number",
    """INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)
    VALUES (:code, :slip, :campaign_id, :number, :id, :at)""",
    """INSERT INTO card (id, campaign_id, number, status, code, venue_slug, country, language, consent_version,
        arrival_notice, registered_at, received_at, printed_at, body_mark)
    VALUES (:id, :campaign_id, :number, :status, :code, :venue, :country, 'lt', '2026-1', false, :at, :at, :at, '')""",
    "INSERT INTO person (card_id, campaign_id, key_id, recipient) VALUES (:id, :campaign_id, :key_id, :recipient)",
)
_TALLIES = """
INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards)
SELECT campaign_id, venue_slug, country, status, count(*) FROM card GROUP BY 1, 2, 3, 4
"""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
