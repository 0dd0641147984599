"""Registering: over HTTP against the bare route, at a steady 50 a second, and as a service without HTTP."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from bench.house import CLIENTS, PROCESSES, Measured, house, log, web
from bench.load import closed_loop, open_loop, request
from bench.report import Figure, per_second
from postcards.paper.entry import check_entry
from postcards.queries import campaigns
from postcards.services import kiosks, registration
from postcards.vault import token_hash
from postcards.web.kiosk.card_reading import read_card

RUNS = 5
CARDS = 2_000
WRITERS = 24
#: Registrations a second of the open loop, and how many.
STEADY, STEADY_CARDS = 50.0, 1_000


def over_http() -> list[Figure]:
    """This will measure registrations by 16 clients in a closed loop, ours and the bare routes in turn."""
    log(f"registering over HTTP: {RUNS} runs of {CARDS}, in turn with the bare routes")
    ours, bare, flask = [], [], []
    with (
        house(cap=2 * CARDS * (RUNS + 2)) as measured,
        web(measured, "postcards.web.wsgi:app") as our_port,
        web(measured, "bench.baseline:app") as bare_port,
        web(measured, "bench.bare_flask:app") as flask_port,
    ):
        for run in range(RUNS + 1):
            a = closed_loop(our_port, _ours(measured, CARDS), clients=CLIENTS)[0]
            b = closed_loop(bare_port, _bare(measured, CARDS), clients=CLIENTS)[0]
            f = closed_loop(flask_port, _bare(measured, CARDS), clients=CLIENTS)[0]
            if run:  # the first is the warm-up
                ours.append(CARDS / a)
                bare.append(CARDS / b)
                flask.append(CARDS / f)
        steady = open_loop(our_port, _ours(measured, int(STEADY_CARDS)), per_second=STEADY)
    late = sorted(steady)[int(len(steady) * 0.99)]
    return [
        Figure(
            f"Registering over HTTP, {CLIENTS} clients, {PROCESSES} web processes",
            f"{_ratio(ours, bare)} of the bare route, {_ratio(ours, flask)} of it in Flask",
            "≥ 45 %",
            f"{per_second(ours)}; bare {per_second(bare)}, in Flask {per_second(flask)}",
        ),
        Figure(
            f"Registering at a steady {STEADY:.0f} a second, 99th percentile",
            f"{late * 1000:.0f} ms",
            "< 100 ms",
            f"median {statistics.median(steady) * 1000:.0f} ms",
        ),
    ]


def as_service() -> list[Figure]:
    """This will measure registrations by 24 threads in one process, everything but HTTP."""
    log(f"registering as a service: {RUNS} runs of {CARDS} by {WRITERS} writers")
    rates = []
    with house(cap=CARDS * (RUNS + 2)) as measured:
        with measured.kit.begin() as session:
            kiosk = kiosks.find_by_token(session, token_hash=token_hash(measured.token), at=_now())
            key_id = campaigns.get(session, measured.campaign_id).data_key
        assert kiosk is not None
        origin = registration.origin_of(kiosk)

        def register(body: bytes) -> int:
            at = _now()
            prepared = registration.prepare(
                read_card(body, measured.edition),
                vault=measured.kit.vault,
                key_id=key_id,
                edition=measured.edition,
                print_check=check_entry,
                at=at,
            )
            made = registration.register_at_once(
                measured.kit.at_once, origin=origin, prepared=prepared, by="bench", at=at
            )
            assert made is not None
            return made.number

        with ThreadPoolExecutor(WRITERS) as pool:
            for run in range(RUNS + 1):
                bodies = [measured.card() for _ in range(CARDS)]
                began = time.perf_counter()
                list(pool.map(register, bodies))
                if run:
                    rates.append(CARDS / (time.perf_counter() - began))
    return [
        Figure(f"Registering as a service, {WRITERS} writers", per_second(rates), "≥ 1,000/s", "one process")
    ]


def _ratio(ours: list[float], bare: list[float]) -> str:
    return f"{statistics.median(o / b for o, b in zip(ours, bare, strict=True)):.0%}"


def _ours(measured: Measured, cards: int) -> list[bytes]:
    return [
        request("POST", "/api/v1/kiosk/cards", token=measured.token, body=measured.card())
        for _ in range(cards)
    ]


def _bare(measured: Measured, cards: int) -> list[bytes]:
    return [request("POST", "/cards", body=measured.card()) for _ in range(cards)]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
