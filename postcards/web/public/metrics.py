"""`/metrics` for Prometheus: the campaigns' counts from the database, and this process's requests.

Requests are counted by route template, never by address: a code in a label would be personal data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from postcards.queries import campaigns, stamps, tallies, waiting_jobs
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.blueprint import blueprint

#: Seconds: a page should take tens of milliseconds, a registration too; a PDF may take longer.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})

_OURS = CollectorRegistry()
_requests = Counter(
    "http_requests", "Requests by route and status", ("method", "route", "status"), registry=_OURS
)
_seconds = Histogram(
    "http_request_seconds", "Time to answer, by route", ("method", "route"), buckets=BUCKETS, registry=_OURS
)


class _Database(Collector):
    """Gauges that are read when they are asked for, in one snapshot."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        cards = GaugeMetricFamily("postcards_cards", "Cards by status", labels=("campaign", "status"))
        places = GaugeMetricFamily("postcards_stamps", "Stamps by status", labels=("campaign", "status"))
        jobs = GaugeMetricFamily("postcards_waiting_jobs", "Jobs that are due", labels=("kind",))
        oldest = GaugeMetricFamily(
            "postcards_oldest_job_seconds", "How long the oldest due job has waited", labels=("kind",)
        )
        with kit().snapshot() as session:
            for campaign in campaigns.every(session):
                for status, n in tallies.by_status(tallies.read(session, campaign.id)).items():
                    cards.add_metric((campaign.slug, status), n)
                drawer = stamps.drawer(session, campaign.id)
                for status in ("used", "lent", "free", "held", "withdrawn"):
                    places.add_metric((campaign.slug, status), getattr(drawer, status))
            for waiting in waiting_jobs.waiting_jobs(session, at=now()):
                jobs.add_metric((waiting.kind,), waiting.jobs)
                oldest.add_metric((waiting.kind,), waiting.oldest_seconds(now()))
        yield from (cards, places, jobs, oldest)


@blueprint.get("/metrics")
@guarded(PUBLIC)
def metrics() -> Response:
    """Counts only, so everybody may see them; a proxy may keep the address to itself."""
    database = CollectorRegistry()
    database.register(_Database())
    return Response(generate_latest(database) + generate_latest(_OURS), content_type=CONTENT_TYPE_LATEST)


@blueprint.before_app_request
def _start() -> None:
    g.started = time.perf_counter()


@blueprint.after_app_request
def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule is not None else "(none)"
    # A stranger may invent methods without end; each label is kept for ever.
    method = request.method if request.method in METHODS else "other"
    _requests.labels(method, route, str(response.status_code)).inc()
    _seconds.labels(method, route).observe(time.perf_counter() - g.get("started", time.perf_counter()))
    return response
