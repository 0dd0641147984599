"""`postcards import …`: cards out of a table; good rows in, bad rows listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from postcards.cli.edge import BY, answer, as_json, now, tools
from postcards.errors import Invalid, Unavailable
from postcards.gateways.tables import Table, open_table
from postcards.kit import Kit
from postcards.paper.entry import check_entry
from postcards.queries import campaigns as queries
from postcards.rules.import_columns import Columns, read_headings
from postcards.services import campaigns, import_reports
from postcards.services.importing import Counts, Import, Outcome

#: Refused rows that the screen lists; the report has all of them.
LISTED = 20
#: Refused rows that an answer in JSON lists.
LISTED_IN_JSON = 1000


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row, and register nothing.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write the refused rows here, to mend and load."
)
@click.option(
    "--consent", metavar="VERSION", help="All senders in FILE agreed to this version of the consent."
)
@as_json
def import_(
    slug: str, file: Path, dry_run: bool, report: Path | None, consent: str | None, as_json: bool
) -> None:
    """Register a card of SLUG for each row of FILE, a CSV (UTF-8) or XLSX.

    Columns are found by their headings, in any of our languages: sender name, sender e-mail, recipient name, street
    line 1, 2 …, postcode, town, region, country (its name or two letters), message, language, arrival notice, consent
    version, volunteer.

    The same file twice changes nothing. Refused rows are listed with line, field and reason; with --report they are
    written to a CSV that can be mended and loaded again.

    Exit 0: the file was read, and what was refused is listed. Exit 1: the file cannot be read, or every row was
    refused. Exit 2: wrong usage.
    """
    if report is not None and report.exists() and file.exists() and report.samefile(file):
        raise click.UsageError("--report would overwrite the file that is loaded. Give it another name.")
    with _opened(file) as source:
        table = open_table(source)
        columns = read_headings(table.headings, consent_declared=consent is not None)
        rows = sum(1 for _ in table.rows())  # the whole file can be read, before the first card is made
        with tools() as kit:
            done = _run(
                kit, slug, table, columns, rows=rows, consent=consent, dry_run=dry_run, report=report,
                keep=LISTED_IN_JSON if as_json else LISTED,
            )  # fmt: skip
    counts, refused = done
    if as_json:
        answer(_as_data(file, report, counts, refused, dry_run=dry_run))
    else:
        _say(counts, refused, report, dry_run=dry_run)
    if counts.nothing_went_in:
        raise Invalid(f"No row of {file} could become a card ({counts.refused} refused).", code="import")


def _run(
    kit: Kit,
    slug: str,
    table: Table,
    columns: Columns,
    *,
    rows: int,
    consent: str | None,
    dry_run: bool,
    report: Path | None,
    keep: int,
) -> tuple[Counts, list[Outcome]]:
    with kit.begin() as session:
        campaign = queries.get(session, campaigns.find(session, slug=slug).id)
        edition = queries.edition(session, campaign.id)
    job = Import(
        kit.begin, campaign=campaign, edition=edition, columns=columns, consent=consent, vault=kit.vault,
        print_check=check_entry, by=BY, clock=now,
    )  # fmt: skip
    counts = Counts()
    refused: list[Outcome] = []
    outcomes = job.look_at(table.rows()) if dry_run else job.register(table.rows())
    try:
        with report.open("wb") if report is not None else nullcontext() as out, _progress(rows) as step:
            if out is not None:
                out.write(import_reports.first_line(columns, table.delimiter))
            for outcome in outcomes:
                counts.add(outcome)
                step()
                if outcome.result == "refused":
                    if len(refused) < keep:
                        refused.append(outcome)
                    if out is not None:
                        out.write(import_reports.line_of(outcome, table.delimiter))
    except OSError as error:
        raise Invalid(f"The report {report} cannot be written ({error.strerror}).") from None
    finally:
        with suppress(Unavailable), kit.begin() as session:
            job.note(session, counts, at=now())
    return counts, refused


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except OSError as error:
        raise Invalid(f"{file} cannot be read ({error.strerror}).") from None
    with source:
        yield source


@contextmanager
def _progress(rows: int) -> Iterator[Any]:
    """A bar where somebody watches; nothing in a log."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Rows", total=rows)
        yield lambda: bar.advance(task)


def _say(counts: Counts, refused: list[Outcome], report: Path | None, *, dry_run: bool) -> None:
    for outcome in refused:
        for fault in outcome.faults:
            click.echo(f"line {outcome.row.line}: {fault.field}: {fault.message}")
    if counts.refused > len(refused):
        more = counts.refused - len(refused)
        click.echo(f"… and {more} more refused rows{'' if report else '; --report OUT.csv lists them all'}.")
    if dry_run:
        done = f"{counts.good} of {counts.rows} rows can become cards; nothing was registered"
    else:
        done = f"{counts.registered} of {counts.rows} rows became cards"
    there = f"; {counts.there} were there already" if counts.there else ""
    wrong = f"; {counts.refused} refused" if counts.refused else ""
    where = f", written to {report}" if report and counts.refused else ""
    click.echo(f"{done}{there}{wrong}{where}.")


def _as_data(
    file: Path, report: Path | None, counts: Counts, refused: list[Outcome], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "file": str(file),
        "dry_run": dry_run,
        "rows": counts.rows,
        "registered": counts.registered,
        "there": counts.there,
        "good": counts.good if dry_run else counts.registered + counts.there,
        "refused": counts.refused,
        "report": str(report) if report else None,
        "errors": [
            {"line": outcome.row.line, "field": fault.field, "code": fault.code, "reason": fault.message}
            for outcome in refused
            for fault in outcome.faults
        ],
    }
