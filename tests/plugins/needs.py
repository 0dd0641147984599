"""A test that cannot run here is named at the end of the run, and fails the run under CI=true.

`@pytest.mark.needs("browser")`, or asking for the fixture `chromium`, says what a test needs of the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_APPS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
#: Bit of CAP_SYS_ADMIN (capabilities(7)): who has it may mount.
_ADMIN = 1 << 21


def find_chromium() -> str | None:
    """This will return the path of a Chromium or Chrome of this machine, or None."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    return next((str(app) for app in CHROMIUM_APPS if app.exists()), None)


def _pdf_tools() -> bool:
    return bool(shutil.which("pdftotext") and shutil.which("qpdf"))


def _may_mount() -> bool:
    """Whether we may mount a small disk of our own here."""
    status = Path("/proc/self/status")
    if os.geteuid() != 0 or not status.exists() or shutil.which("mount") is None:
        return False
    held = next(line for line in status.read_text().splitlines() if line.startswith("CapEff:"))
    return bool(int(held.split()[1], 16) & _ADMIN)


@dataclass(frozen=True)
class Need:
    """`packages` are the Debian ones that bring it, none when no package does; `how` says what to do."""

    find: Callable[[], object]
    packages: str = ""
    how: str = "`make browser` says how to get it"


#: What a test may need of the machine.
NEEDS = {
    "browser": Need(find_chromium, "chromium"),
    "pdf-tools": Need(_pdf_tools, "poppler-utils qpdf"),
    "mount": Need(
        _may_mount,
        how="only root with CAP_SYS_ADMIN, on Linux, may mount a disk (docker run --cap-add SYS_ADMIN)",
    ),
}
FIXTURE_NEEDS = {"chromium": "browser", "pdf_tools": "pdf-tools"}

_missed = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path, for `playwright.chromium.launch(executable_path=…)`."""
    found = find_chromium()
    assert found is not None, "a test without this browser is taken out before it begins"
    return found


@pytest.fixture(scope="session")
def pdf_tools() -> None:
    """pdftotext and qpdf are on PATH."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(what): what of the machine a test needs: " + ", ".join(NEEDS))
    config.stash[_missed] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = _missing()
    for item in items:
        for what in sorted(_needs_of(item) & missing.keys()):
            item.add_marker(pytest.mark.skip(reason=f"no {what} here; {missing[what].how}"))


def _missing() -> dict[str, Need]:
    return {what: need for what, need in NEEDS.items() if not need.find()}


def _needs_of(item: pytest.Item) -> set[str]:
    named = {what for mark in item.iter_markers("needs") for what in mark.args}
    if unknown := named - NEEDS.keys():
        raise pytest.UsageError(f"{item.nodeid} needs {sorted(unknown)}; known are {sorted(NEEDS)}")
    return named | {
        FIXTURE_NEEDS[name] for name in getattr(item, "fixturenames", ()) if name in FIXTURE_NEEDS
    }


class _Watch:
    """Counts what did not run, by reason."""

    def __init__(self, config: pytest.Config) -> None:
        self.missed = config.stash[_missed]

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.missed[reason.removeprefix("Skipped: ")] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # one of several processes reports to the one that counts
        session.config.pluginmanager.register(_Watch(session.config), "postcards-missed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_missed] and _in_ci() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missed = config.stash[_missed]
    if not missed:
        return
    terminalreporter.section("NOT RUN", red=_in_ci(), yellow=not _in_ci())
    for reason, count in missed.most_common():
        terminalreporter.write_line(f"{count} test{'s' * (count > 1)}: {reason}")
    if _in_ci():
        terminalreporter.write_line("Under CI this fails the run.")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"true", "1", "yes"}


if __name__ == "__main__":  # for the Makefile
    missing = _missing()
    print(*(need.packages for need in missing.values() if need.packages))
    for what, need in missing.items():
        if not need.packages:
            print(f"Tests that need {what} will not run: {need.how}.", file=sys.stderr)
