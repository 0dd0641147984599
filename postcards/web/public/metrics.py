"""`/metrics` for Prometheus: the database's figures, and how long requests and jobs took in every process.

Requests are named by the rule of their route, never by an address: a code in a label would be people's data. Figures
of campaigns are counts that `/api/v1/campaigns/…` tells anyway; how busy the kiosks and the desk are is for those who
keep the house, so this is answered on this machine only, or to whoever brings the token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Iterator

import structlog
from flask import Response, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from postcards.errors import NotAllowed, Unavailable
from postcards.measures import Measured, Measures
from postcards.queries.figures import Figure, figures
from postcards.web import watching
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.blueprint import blueprint

log = structlog.get_logger()

#: The family of workers/watching.py: job, outcome.
JOBS = "job"


@blueprint.get("/metrics")
@guarded(PUBLIC)
def metrics() -> Response:
    """Everything at one instant; a database that is away, or has not our tables, leaves its figures out: the rest still
    tells."""
    _only_for_watchers()
    registry = CollectorRegistry()
    registry.register(_Told([*_processes(watching.measures_of(current_app)), *_database()]))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Told(Collector):
    """Families that are known already, in the form that the library writes."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _only_for_watchers() -> None:
    token = kit().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return
    if not _from_this_machine():
        raise NotAllowed(
            "These figures are told on the server itself, or to whoever brings POSTCARDS_METRICS_TOKEN.",
            code="not_a_watcher",
        )


def _from_this_machine() -> bool:
    """A request that a proxy passed on comes from elsewhere, also when we were not told of the proxy."""
    if not kit().settings.trusted_proxies and {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys()):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _processes(measures: Measures) -> Iterator[Metric]:
    requests = measures.everything(watching.FAMILY)
    counts = CounterMetricFamily(
        "http_requests", "Requests by route and status.", labels=("method", "route", "status")
    )
    for one in requests:
        counts.add_metric(one.labels, one.count)
    yield counts
    by_class = [
        (method, route, f"{status[0]}xx") for method, route, status in (one.labels for one in requests)
    ]
    yield _histogram(
        "http_request_seconds",
        "Time to answer, by route and class of status.",
        ("method", "route", "status"),
        zip(by_class, requests, strict=True),
    )
    jobs = [(one.labels, one) for one in measures.everything(JOBS)]
    yield _histogram(
        "postcards_job_seconds", "Time that jobs took, by name and outcome.", ("job", "outcome"), jobs
    )


def _histogram(
    name: str, words: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], Measured]]
) -> HistogramMetricFamily:
    """Rows with the same labels are added up."""
    sums: dict[tuple[str, ...], list[Measured]] = {}
    for values, one in rows:
        sums.setdefault(values, []).append(one)
    family = HistogramMetricFamily(name, words, labels=labels)
    for values, parts in sums.items():
        bounds = [bound for bound, _ in parts[0].at_most]
        below = [sum(part.at_most[n][1] for part in parts) for n in range(len(bounds))]
        buckets = [*zip(map(str, bounds), below, strict=True), ("+Inf", sum(part.count for part in parts))]
        family.add_metric(values, buckets, sum(part.seconds for part in parts))
    return family


def _database() -> Iterator[Metric]:
    settings = kit().settings
    yield _gauge(
        Figure(
            "postcards_beat_expected", "1 when there should be a scheduler.", (), [((), settings.expect_beat)]
        )
    )
    try:
        with kit().snapshot() as session:
            told = figures(session, at=now())
    except Unavailable:
        told = []
    except DBAPIError as error:  # before its first migration, or after those of a version that we are not
        log.error("surprise", reason="figures", exc_info=error)  # noqa: TRY400 - what an exception says is not written
        told = []
    words = "1 when the database answered, and its tables are those of this version."
    yield _gauge(Figure("postcards_database_up", words, (), [((), bool(told))]))
    for figure in told:
        yield _gauge(figure)


def _gauge(figure: Figure) -> GaugeMetricFamily:
    family = GaugeMetricFamily(figure.name, figure.help, labels=figure.labels)
    for labels, value in figure.rows:
        family.add_metric(labels, value)
    return family
