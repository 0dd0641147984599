"""Looking and sealing: the recipient's page, 10,000 cards on manifests, and the desk's first page."""

from __future__ import annotations

import datetime as dt
import resource
import statistics
import time

from bench.filling import ON_THE_WAY, fill, fill_bare
from bench.house import CLIENTS, Measured, house, log, web
from bench.load import closed_loop, request
from bench.report import Figure, per_second
from postcards import logs
from postcards.paper.manifest_files import make_files
from postcards.services import dispatch, manifest_files, staff
from postcards.web.app import create_app

RUNS = 5
LOOKS = 2_000
#: Each run goes round the routes so many times, so that a busy moment of the machine meets all of them.
PIECES = 5
CARDS = 10_000
#: Cards of the campaigns whose desk is looked at.
DESKS = (10_000, 100_000)

#: What a phone says with every request.
PHONE = (
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3\r\nAccept-Encoding: gzip, deflate, br\r\n"
)


def recipients_page() -> list[Figure]:
    """This will measure the recipient's page against bare routes with the same SELECT, a WSGI app's and Flask's.

    Every look in a run is at another card, as in life: nobody's page is asked for twice.
    """
    log(f"the recipient's page: {RUNS} runs of {LOOKS}")
    ours: list[float] = []
    bare: list[float] = []
    flask: list[float] = []
    with house(cap=LOOKS) as measured:
        codes = fill(measured, LOOKS, statuses=ON_THE_WAY)
        with (
            web(measured, "postcards.web.wsgi:app") as our_port,
            web(measured, "bench.baseline:app") as bare_port,
            web(measured, "bench.bare_flask:app") as flask_port,
        ):
            routes = ((ours, our_port, "/T/"), (bare, bare_port, "/t/"), (flask, flask_port, "/t/"))
            for run in range(RUNS + 1):
                seconds = [0.0] * len(routes)
                for piece in range(PIECES):
                    for place, (_, port, path) in enumerate(routes):
                        looks = [request("GET", path + code, headers=PHONE) for code in codes[piece::PIECES]]
                        seconds[place] += closed_loop(port, looks, clients=CLIENTS)[0]
                if run:  # the first is the warm-up
                    for (rates, _, _), took in zip(routes, seconds, strict=True):
                        rates.append(LOOKS / took)
    return [
        Figure(
            "The recipient's page",
            f"{_ratio(ours, flask):.0%} of the bare Flask route; {_ratio(ours, bare):.0%} of a bare WSGI one",
            "≥ 50 % of a bare route",
            f"{per_second(ours)}; Flask {per_second(flask)}; WSGI {per_second(bare)}",
        )
    ]


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(o / t for o, t in zip(ours, theirs, strict=True))


def sealing() -> list[Figure]:
    """This will seal 10,000 printed cards with all files."""
    log(f"sealing {CARDS} cards")
    with house(cap=CARDS) as measured:
        fill(measured, CARDS)
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
    ]


def desk() -> list[Figure]:
    """This will look at the desk's first page of campaigns of several sizes, lifelike in every state."""
    figures = []
    for cards in DESKS:
        log(f"the desk's first page at {cards} cards")
        with house(cap=cards) as measured:
            fill_bare(measured, cards)
            times = _desk(measured)
        figures.append(
            Figure(
                f"The desk's first page at {cards:,} cards",
                f"{statistics.median(times) * 1000:.0f} ms",
                "≤ 150 ms",
                f"median of {len(times)}, the slowest {max(times) * 1000:.0f} ms",
            )
        )
    return figures


def _desk(measured: Measured) -> list[float]:
    at = _now()
    with measured.kit.begin() as session:
        staff_id = staff.add_staff(
            session, email="bench@example.org", roles=[(None, "organiser")], password=None, by="bench", at=at
        )
        token = staff.open_session(session, staff_id=staff_id, way="link", at=at)
    logs.configure("bench", level="error")
    client = create_app(measured.kit).test_client()
    client.set_cookie("postcards_session", token)
    times = []
    for _ in range(21):
        began = time.perf_counter()
        answer = client.get(f"/desk/c/{measured.edition.slug}/")
        times.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.status
    return times[1:]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
