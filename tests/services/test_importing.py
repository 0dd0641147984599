"""Loading a table: each good row one card, once, whatever happens; refused rows come back as a table of their own."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from postcards.errors import Invalid
from postcards.gateways.tables import Table, open_table
from postcards.models import Person
from postcards.paper.entry import check_entry
from postcards.queries import campaigns as campaign_queries
from postcards.rules.import_columns import read_headings
from postcards.services import campaigns, import_reports, people
from postcards.services.checking import check_books
from postcards.services.importing import Counts, Import, Outcome
from postcards.vault import Vault
from tests.plugins.cast import House, Town

HEADINGS = ["sender name", "sender e-mail", "recipient name", "street", "postcode", "town", "country", "arrival notice",
            "consent"]  # fmt: skip


def row(recipient: str = "Jonas", **changes: str) -> list[str]:
    cells = dict(zip(HEADINGS, ["Ona", "ona@example.org", recipient, "Hauptstraße 5", "10115", "Berlin", "Germany",
                                "yes", "2026-1"], strict=True))  # fmt: skip
    return list((cells | {name.replace("_", " "): cell for name, cell in changes.items()}).values())


def table(*rows: list[str], headings: list[str] | None = None) -> Table:
    out = io.StringIO()
    csv.writer(out).writerows([headings or HEADINGS, *rows])
    return open_table(io.BytesIO(out.getvalue().encode()))


def job_of(house: House, town: Town, source: Table, *, vault: Vault, consent: str | None = None) -> Import:
    with house.begin() as session:
        campaign = campaign_queries.get(session, town.id)
    return Import(
        house.begin,
        campaign=campaign,
        edition=town.edition,
        columns=read_headings(source.headings, consent_declared=consent is not None),
        consent=consent,
        vault=vault,
        print_check=check_entry,
        by="staff:1",
        clock=lambda: house.at,
    )


def load(
    house: House, town: Town, source: Table, *, dry: bool = False, consent: str | None = None, after: int = 0
) -> list[Outcome]:
    job = job_of(house, town, source, vault=house.kit.vault, consent=consent)
    outcomes = (
        job.look_at(source.rows()) if dry else job.register(source.rows(), after=after, pause=lambda _: None)
    )
    done = list(outcomes)
    counts = Counts()
    for outcome in done:
        counts.add(outcome)
    with house.begin() as session:
        job.note(session, counts, at=house.at)
    return done


def results(outcomes: list[Outcome]) -> dict[str, int]:
    return dict(Counter(outcome.result for outcome in outcomes))


def report_of(source: Table, outcomes: list[Outcome]) -> bytes:
    columns = read_headings(source.headings, consent_declared=True)
    lines = [import_reports.line_of(one, source.delimiter) for one in outcomes if one.result == "refused"]
    return b"".join([import_reports.first_line(columns, source.delimiter), *lines])


def cards(house: House, town: Town) -> int:
    with house.begin() as session:
        return int(
            session.scalar(text("SELECT count(*) FROM card WHERE campaign_id = :id"), {"id": town.id}) or 0
        )


def test_good_rows_become_cards_and_bad_ones_are_named(house: House, vilnius: Town) -> None:
    source = table(
        row(), row("Antanas", country="Lietuva"), row("Marie", country="Nowhere", sender_name=" "), row("Eva")
    )
    done = load(house, vilnius, source)
    assert [(one.row.line, one.result, one.number) for one in done] == [
        (2, "registered", 1), (3, "refused", None), (4, "refused", None), (5, "registered", 2),
    ]  # fmt: skip
    assert next((f.field, f.code) for f in done[1].faults) == ("recipient.country", "origin_country")
    assert [(f.field, f.code) for f in done[2].faults] == [
        ("recipient.country", "country"),
        ("sender.name", "blank"),
    ]
    with house.begin() as session:
        [first, _] = session.scalars(text("SELECT id FROM card ORDER BY number"))
        person = session.get_one(Person, first)
        recipient = people.open_recipient(house.kit.vault, person)
        assert (recipient.name, recipient.address.country, recipient.address.city) == (
            "Jonas",
            "DE",
            "Berlin",
        )
        found = session.execute(
            text("SELECT kiosk_id, venue_slug, arrival_notice, consent_version FROM card")
        ).first()
        assert found is not None
        assert tuple(found) == (None, None, True, "2026-1")
        said = session.execute(
            text("SELECT \"by\", detail FROM journal WHERE action = 'cards.imported'")
        ).one()
        assert tuple(said) == ("staff:1", {"cards": 2, "there": 0, "refused": 2})
        assert (
            check_books(session, files=house.kit.sealed_files, vault=house.kit.vault, campaign_id=vilnius.id)
            == []
        )


def test_the_same_table_twice_changes_nothing(house: House, vilnius: Town) -> None:
    rows = [row(), row(), row("Eva"), row("Marie", country="Nowhere")]
    assert results(load(house, vilnius, table(*rows))) == {"registered": 3, "refused": 1}
    again = load(house, vilnius, table(*rows))
    assert results(again) == {"there": 3, "refused": 1}
    assert [one.number for one in again] == [1, 2, 3, None]
    other_way = [HEADINGS[-1], *HEADINGS[:-1]]
    turned = table(*([cells[-1], *cells[:-1]] for cells in reversed(rows)), headings=other_way)
    assert results(load(house, vilnius, turned)) == {"there": 3, "refused": 1}
    assert cards(house, vilnius) == 3


def test_another_campaign_s_same_table_makes_cards_of_its_own(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    assert results(load(house, vilnius, table(row()))) == {"registered": 1}
    version = bucharest.edition.consent[0].version
    assert results(load(house, bucharest, table(row(consent=version)))) == {"registered": 1}


def test_a_dry_run_foretells_and_registers_nothing(house: House, vilnius: Town) -> None:
    load(house, vilnius, table(row()))
    source = table(row(), row("Eva"), row("Marie", postcode="1"), *(row(f"N {n}") for n in range(20)))
    before = load(house, vilnius, source, dry=True)
    assert cards(house, vilnius) == 1
    assert results(before) == {"there": 1, "good": 19, "refused": 3}
    assert [one.faults[0].code for one in before if one.result == "refused"] == [
        "postal_code",
        "cap_reached",
        "cap_reached",
    ]
    done = load(house, vilnius, source)
    foretold = ["registered" if one.result == "good" else one.result for one in before]
    assert [one.result for one in done] == foretold
    assert next(one.faults for one in done if one.faults) == before[2].faults


def test_a_mended_report_is_loaded_again(house: House, vilnius: Town) -> None:
    source = table(row("=Jonas"), row("Marie", country="Germny", street="- 5"), row("Eva", town=""))
    done = load(house, vilnius, source)
    assert results(done) == {"registered": 1, "refused": 2}
    report = report_of(source, done)
    text_of = report.decode("utf-8-sig")
    assert "'- 5" in text_of
    mended = open_table(io.BytesIO(report.replace(b"Germny", b"Germany")))
    again = load(house, vilnius, mended)
    assert [(one.row.line, one.result) for one in again] == [(2, "registered"), (3, "refused")]
    with house.begin() as session:
        newest = session.scalars(text("SELECT id FROM card ORDER BY number DESC LIMIT 1")).one()
        lines = people.open_recipient(house.kit.vault, session.get_one(Person, newest)).address.lines
    assert lines == ("- 5",)
    assert results(load(house, vilnius, open_table(io.BytesIO(report_of(mended, again))))) == {"refused": 1}
    assert cards(house, vilnius) == 2


def test_a_nul_far_down_in_a_table_is_refused_by_its_cell_and_can_be_mended(
    house: House, vilnius: Town
) -> None:
    """Behind the beginning, by which a file is known for text, it stands in a cell like any other sign."""
    good = [row(f"N {n}") for n in range(12)]
    source = table(*good, row("Jo\x00nas"))
    done = load(house, vilnius, source)
    assert results(done) == {"registered": 12, "refused": 1}
    assert [(f.field, f.code) for f in done[-1].faults] == [("recipient.name", "control_character")]
    report = report_of(source, done)
    assert b"recipient.name,control_character" in report
    assert b"Jo\x00nas" in report
    again = load(house, vilnius, open_table(io.BytesIO(report.replace(b"\x00", b""))))
    assert results(again) == {"registered": 1}
    assert cards(house, vilnius) == 13


def test_a_second_same_row_that_met_the_cap_is_not_taken_for_the_first(house: House) -> None:
    small = house.open_campaign("vilnius", cap=1)
    source = table(row(), row())
    done = load(house, small, source)
    assert [(one.result, one.copy) for one in done] == [("registered", 1), ("refused", 2)]
    assert done[1].faults[0].code == "cap_reached"
    with house.begin() as session:
        campaigns.set_cap(session, slug=small.slug, cap=2, by="test", at=house.at)
    again = load(house, small, open_table(io.BytesIO(report_of(source, done))))
    assert [one.result for one in again] == ["registered"]
    assert results(load(house, small, source)) == {"there": 2}


def test_a_closed_campaign_takes_nothing_and_knows_its_own(house: House, vilnius: Town) -> None:
    load(house, vilnius, table(row()))
    with house.begin() as session:
        campaigns.set_status(session, slug=vilnius.slug, status="closed", by="test", at=house.at)
    for dry in (True, False):
        done = load(house, vilnius, table(row(), row("Eva")), dry=dry)
        assert [(one.result, [f.code for f in one.faults]) for one in done] == [
            ("there", []), ("refused", ["campaign_closed"]),
        ]  # fmt: skip


def test_the_consent_may_be_declared_for_the_file(house: House, vilnius: Town) -> None:
    without = table(row()[:-1], headings=HEADINGS[:-1])
    assert results(load(house, vilnius, without, consent="2026-1")) == {"registered": 1}
    with pytest.raises(Invalid, match="“1999” is no consent text"):
        load(house, vilnius, without, consent="1999")


def test_it_goes_on_behind_the_line_it_came_to(house: House, vilnius: Town) -> None:
    source = table(row(), row(), row("Eva"))
    assert [one.row.line for one in load(house, vilnius, source, after=2)] == [3, 4]
    assert results(load(house, vilnius, source)) == {"registered": 1, "there": 2}


def test_nobody_learns_from_an_id_whom_a_card_is_for(house: House, vilnius: Town) -> None:
    """The id of a row is keyed: without the house's key the row's words do not lead to it."""
    ours = job_of(house, vilnius, table(row()), vault=house.kit.vault)
    theirs = job_of(
        house, vilnius, table(row()), vault=Vault(master_key=bytes(32), keys_file=Path("none.json"))
    )
    assert ours._id(b"the same row") == ours._id(b"the same row") != theirs._id(b"the same row")


def test_a_row_waits_for_a_database_that_is_away(house: House, vilnius: Town) -> None:
    source = table(row())
    with house.kit.engine.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE stamp IN ACCESS EXCLUSIVE MODE")
        job = job_of(house, vilnius, source, vault=house.kit.vault)
        done = list(job.register(source.rows(), pause=lambda _: holder.rollback()))
    assert [one.result for one in done] == ["registered"]
