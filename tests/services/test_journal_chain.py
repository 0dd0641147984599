"""The journal's chain: nothing is skipped, however late it commits; the links are what anybody can compute."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.rules.journal_chain import BEGINNING, link
from postcards.services import journal, journal_chain
from postcards.services.checking import check_books
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import whole_campaign


def write(session: Session, house: House, subject: str, **more: Any) -> None:
    journal.write(
        session, campaign_id=None, action="test.done", subject=subject, by="staff:1", at=house.at, **more
    )


def seal(house: House, batch: int = 5_000) -> int:
    with house.begin() as session:
        return journal_chain.seal(session, batch=batch)


def chained(house: House) -> list[str]:
    with house.begin() as session:
        return list(
            session.scalars(
                text("SELECT subject FROM journal_link l JOIN journal j ON j.id = l.journal_id ORDER BY seq")
            )
        )


def chain_findings(house: House) -> list[str]:
    with house.kit.snapshot() as session:
        return [one.kind for one in check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)]


def test_every_entry_is_chained_once_in_order(house: House) -> None:
    for n in range(7):
        with house.begin() as session:
            write(
                session, house, f"thing:{n}", detail={"note": "žąsis", "part": 0.1, "deep": [None, {"b": 1}]}
            )
    assert [seal(house, batch=3) for _ in range(4)] == [3, 3, 1, 0]
    assert chained(house) == [f"thing:{n}" for n in range(7)]
    with house.begin() as session:
        head = journal_chain.head(session)
        rows = (
            session.execute(text("SELECT *, tx::text AS tx_text FROM journal ORDER BY id")).mappings().all()
        )
    expected = BEGINNING
    for row in rows:
        expected = link(expected, dict(row) | {"tx": row["tx_text"]})
    assert (head.entries, head.sha256) == (7, expected)
    assert chain_findings(house) == []


def test_an_open_transaction_holds_back_what_could_come_after_it_and_is_never_skipped(house: House) -> None:
    with house.begin() as session:
        write(session, house, "before")
    with house.begin() as slow:
        write(slow, house, "slow")  # has its place in the order from here on
        with house.begin() as session:
            write(session, house, "quick")
        assert seal(house) == 1
        assert chained(house) == ["before"]
        assert chain_findings(house) == []
    assert seal(house) == 2
    assert chained(house) == ["before", "slow", "quick"]
    assert chain_findings(house) == []


def test_one_that_was_rolled_back_holds_up_nothing(house: House) -> None:
    class Changed(Exception):
        pass

    try:
        with house.begin() as session:
            write(session, house, "never")
            raise Changed
    except Changed:
        pass
    with house.begin() as session:
        write(session, house, "after")
    assert seal(house) == 1
    assert chained(house) == ["after"]


def test_many_writers_and_two_sealers_at_once(house: House) -> None:
    done = threading.Event()

    def writer(name: str) -> None:
        for n in range(25):
            with house.begin() as session:
                write(session, house, f"{name}:{n}:a")
                write(session, house, f"{name}:{n}:b")

    def sealer() -> None:
        while not done.is_set():
            seal(house, batch=17)

    writers = [threading.Thread(target=writer, args=(f"w{n}",)) for n in range(6)]
    sealers = [threading.Thread(target=sealer) for _ in range(2)]
    for thread in writers + sealers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    while seal(house):
        pass
    found = chained(house)
    assert len(found) == len(set(found)) == 300
    for name in range(6):  # each writer's own entries stand in the order in which they were written
        own = [subject for subject in found if subject.startswith(f"w{name}:")]
        assert own == [f"w{name}:{n}:{part}" for n in range(25) for part in "ab"]
    assert chain_findings(house) == []


def test_a_copy_in_another_database_goes_on_with_the_chain(house: House) -> None:
    """There transactions are counted anew: entries that came along are younger than anything that runs."""
    with house.begin() as session:
        for n in range(4):
            session.execute(
                text(
                    "INSERT INTO journal (at, by, action, subject, tx) VALUES (:at, 'x', 'test.done', :subject, :tx)"
                ),
                {"at": house.at, "subject": f"old:{n}", "tx": str(10**12 + n)},
            )
        row = (
            session.execute(text("SELECT *, tx::text AS tx_text FROM journal ORDER BY id LIMIT 1"))
            .mappings()
            .one()
        )
        session.execute(
            text("INSERT INTO journal_link VALUES (1, :id, :sha256)"),
            {"id": row["id"], "sha256": link(BEGINNING, dict(row) | {"tx": row["tx_text"]})},
        )
    assert seal(house, batch=2) == 2
    with house.begin() as session:
        write(session, house, "new:0")
    assert seal(house) == 2
    with house.begin() as session:
        write(session, house, "new:1")
    assert seal(house) == 1
    assert chained(house) == ["old:0", "old:1", "old:2", "old:3", "new:0", "new:1"]
    assert chain_findings(house) == []


def test_a_manifest_says_where_the_chain_ended(house: House, vilnius: Town) -> None:
    whole_campaign(vilnius)
    with house.begin() as session:
        headers = session.scalars(text("SELECT header FROM manifest ORDER BY number, version")).all()
        kept = {row.seq: row.sha256.hex() for row in session.execute(text("SELECT * FROM journal_link"))}
    first, *later = (header["journal_head"] for header in headers)
    assert first == {"entries": 0, "sha256": "00" * 32}
    assert len(later) == 2
    assert all(head["entries"] == max(kept) and head["sha256"] == kept[head["entries"]] for head in later)


def test_who_rewrites_the_whole_chain_is_betrayed_by_the_manifests(house: House, vilnius: Town) -> None:
    whole_campaign(vilnius)
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE journal SET by = 'staff:9' WHERE id = (SELECT min(id) FROM journal)"))
        session.execute(text("DELETE FROM journal_link"))
    while seal(house):
        pass
    assert set(chain_findings(house)) == {"journal_anchor_broken"}
