"""Every alert asks for what /metrics tells, and says what to do; checked without Prometheus, which is not at hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from postcards.models.kiosk import STATUSES as KIOSKS
from postcards.models.mail import STATUSES as MAILS
from postcards.models.manifest import STATUSES as MANIFESTS
from postcards.models.stamp import STATUSES as STAMPS
from postcards.rules.print_run_life import RunStatus
from postcards.web.watching import measures_of
from tests.architecture.tree import text_of
from tests.plugins.cast import House, Town
from workers.watching import OUTCOMES

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(text_of(Path("docs/alerts.yml")))["groups"] for rule in group["rules"]
]
GUIDE = text_of(Path("docs/monitoring.md"))

FUNCTIONS = {"sum", "increase", "rate", "delta", "histogram_quantile"}
WORDS = {"and", "or", "unless", "by", "on", "offset"}
SEVERITIES = {"page", "ticket", "note"}

#: Labels whose values we choose ourselves: a rule that asks for another one would never come.
CHOSEN: dict[tuple[str, str], set[str]] = {
    ("postcards_claims", "state"): {"held", "expired"},
    ("postcards_job_seconds_count", "outcome"): set(OUTCOMES.values()),
    ("postcards_kiosks", "status"): set(KIOSKS),
    ("postcards_mail", "status"): set(MAILS),
    ("postcards_manifests", "status"): set(MANIFESTS),
    ("postcards_print_runs", "status"): set(RunStatus),
    ("postcards_stamps", "status"): set(STAMPS),
}

#: What Prometheus says itself of each scrape.
ITS_OWN = {"up": {"job", "instance"}}


def selectors(expression: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The metrics that an expression reads, each with what it asks of their labels."""
    found = []
    bare = re.sub(r"\b(?:by|on)\s*\([^)]*\)", " ", expression)
    for name, asked in re.findall(
        r"([a-z_][a-z0-9_]*)\s*(\{[^}]*\})?", re.sub(r"\[[0-9]+[smhd]\]", " ", bare)
    ):
        if name not in FUNCTIONS | WORDS and not re.fullmatch(r"[smhd]", name):
            found.append((name, re.findall(r'([a-z_]+)\s*!?=~?\s*"([^"]*)"', asked)))
    return found


def grouped(expression: str) -> set[str]:
    """The labels that an expression groups by."""
    return {
        label.strip()
        for labels in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
        for label in labels.split(",")
    } - {"le"}


@pytest.fixture
def told(app: Flask, house: House, vilnius: Town) -> dict[str, set[str]]:
    """Every metric on /metrics with its labels."""
    measures_of(app).observe(("job", "mail.send", "done"), 0.1)
    app.test_client().get("/")
    answer = app.test_client().get("/metrics").text
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer):
        names.setdefault(family.name, set())
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


def test_every_rule_asks_for_what_is_told(told: dict[str, set[str]]) -> None:
    wrong = []
    # A family without rows has no sample that would show its labels; figures that are zero at first are such.
    silent = {name for name, labels in told.items() if not labels}
    for rule in RULES:
        asked = selectors(rule["expr"])
        assert asked, rule["alert"]
        for name, matchers in asked:
            labels = (told | ITS_OWN).get(name)
            if labels is None:
                wrong.append(f"{rule['alert']}: no metric {name}")
                continue
            for label, value in matchers:
                if label not in labels and name not in silent:
                    wrong.append(f"{rule['alert']}: {name} has no label {label}")
                if value not in CHOSEN.get((name, label), {value}):
                    wrong.append(f"{rule['alert']}: {label} of {name} is never {value}")
        known = set().union(*((told | ITS_OWN).get(name, set()) for name, _ in asked))
        if grouped(rule["expr"]) - known:
            wrong.append(f"{rule['alert']}: groups by {grouped(rule['expr']) - known}")
    assert not wrong


def test_the_check_would_find_a_rule_that_asks_for_nothing(told: dict[str, set[str]]) -> None:
    assert selectors('sum by (job) (rate(no_such_total{job="x"}[5m])) > 0 and up == 1') == [
        ("no_such_total", [("job", "x")]),
        ("up", []),
    ]
    assert "no_such_total" not in told
    assert grouped("sum by (le, route) (x) > on (campaign) y") == {"route", "campaign"}


def test_every_rule_says_how_grave_it_is_and_where_to_read_on() -> None:
    headings = [line[4:] for line in GUIDE.splitlines() if line.startswith("### ")]
    assert [rule["alert"] for rule in RULES] == headings, "in the same order"
    for rule in RULES:
        assert rule["labels"]["severity"] in SEVERITIES, rule["alert"]
        assert re.fullmatch(r"[0-9]+[mhd]", rule["for"]), rule["alert"]
        assert rule["annotations"]["runbook"] == f"docs/monitoring.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_summaries_name_only_labels_that_an_alert_keeps() -> None:
    for rule in RULES:
        used = set(re.findall(r"\$labels\.([a-z]+)", rule["annotations"]["summary"]))
        names = {name for name, _ in selectors(rule["expr"])}
        kept = grouped(rule["expr"]) or {"campaign", "kind", "job", "route"}
        assert used <= kept, (rule["alert"], names)


def test_every_chapter_of_the_guide_says_what_to_do() -> None:
    chapters = dict(re.findall(r"^### (\w+)\n\n(.+?)(?=\n### |\Z)", GUIDE, flags=re.DOTALL | re.MULTILINE))
    assert {name: len(words.split()) > 15 for name, words in chapters.items()} == {
        rule["alert"]: True for rule in RULES
    }
