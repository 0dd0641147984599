"""Backup and restore: database and files of one instant in one file; the data keys travel on their own."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, create_engine, inspect, text

from postcards import db, embedded
from postcards.cli.edge import BY, now
from postcards.config import Settings
from postcards.errors import Denied, Invalid, NotFound, Unavailable
from postcards.gateways import backup_file, postgres_tools
from postcards.gateways.backup_file import DATABASE, FILES, PIECE
from postcards.gateways.erasure_ledger import NAME as LEDGER
from postcards.gateways.erasure_ledger import ErasureLedger, Line
from postcards.gateways.files import FileMissing, open_store
from postcards.gateways.outbox import Outbox
from postcards.kit import Kit, assemble, worker_name
from postcards.models import Base
from postcards.queries import backup_contents, data_keys
from postcards.queries import campaigns as campaign_queries
from postcards.services import (
    cut_offs,
    erasure_replay,
    journal,
    journal_chain,
    overs,
    retention,
    staff_leaving,
)
from postcards.services.checking import Finding, check_books
from postcards.services.erasure_replay import Replayed
from postcards.vault import KeyMissing, KeysDamaged, Vault


class NotEmpty(Denied):
    """The database to restore into is in use."""

    code = "not_empty"


def make_backup(kit: Kit, path: Path) -> dict[str, Any]:
    """This will write the backup and return its manifest; a live system may go on meanwhile.

    Raises `BackupThere`, `ToolFailed`; `Unavailable` when retention took a file away meanwhile.
    """
    with backup_file.writing(path) as made, tempfile.TemporaryFile(dir=path.parent) as dumped:
        with kit.snapshot() as session:
            for bound in ("transaction_timeout", "idle_in_transaction_session_timeout"):
                session.execute(text(f"SET LOCAL {bound} = 0"))  # the instant is kept while pg_dump reads
            snapshot = session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            made.manifest = {
                "made_at": now().isoformat(timespec="seconds"),
                "version": metadata.version("far-is-close"),
                "revision": session.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
                "postgresql": session.execute(text("SHOW server_version")).scalar_one(),
                "campaigns": backup_contents.campaigns(session),
                "counts": backup_contents.counts(session),
                "journal_head": journal_chain.head(session).as_json(),
                "data_keys": backup_contents.keys_in_use(session),
            }
            keys = backup_contents.file_keys(session)
            postgres_tools.dump(
                _tool("pg_dump"), url=kit.settings.database_url, snapshot=snapshot, out=dumped
            )
        size = dumped.seek(0, 2)
        dumped.seek(0)
        made.add(DATABASE, size, _pieces(dumped))
        for key in keys:
            try:
                made.add(FILES + key, kit.files.size(key), kit.files.stream(key))
            except FileMissing as missing:
                raise Unavailable(
                    f"The file {key} is not in the storage (any more). If retention took it just now, make the "
                    "backup again; else `postcards check` tells more.",
                    code="file_missing",
                ) from missing
    with kit.begin() as session:  # whoever takes everything away is written down for it
        journal.write(
            session,
            campaign_id=None,
            action="database.backed_up",
            subject="database",
            detail={"cards": made.manifest["counts"]["cards"], "files": len(keys)},
            by=BY,
            at=now(),
        )
    return made.manifest | {"members": made.members}


def load_backup(
    settings: Settings, path: Path, *, ledgers: Sequence[Path] = ()
) -> tuple[dict[str, Any], Replayed]:
    """This will bring a backup back into the empty database and storage of `settings`, without those who were erased
    since; returns its manifest, and what the ledger did.

    `ledgers` are copies of the ledger of erasures besides the one that lies beside the keys. First all is read
    through and proved whole. The database comes last and in one transaction, so what was broken off can be begun
    again. Nobody stays signed in: somebody may have been shut out since. Nothing is sealed for a cut-off that has
    passed: the Post may have its list. Raises `BackupDamaged`, `LedgerDamaged`,
    `NotEmpty`, `Invalid` for one of a newer version.
    """
    manifest, lines = looked_through(settings, path, ledgers=ledgers)
    ledger = ledger_of(settings)
    engine = create_engine(settings.database_url)
    try:
        _empty(engine)
        store = open_store(settings)
        for name, pieces in backup_file.members(path):
            if name.startswith(FILES):
                store.put(name.removeprefix(FILES), pieces)
        for name, pieces in backup_file.members(path):
            if name == DATABASE:
                postgres_tools.restore(_tool("pg_restore"), url=settings.database_url, pieces=pieces)
        db.upgrade(settings.database_url)
    finally:
        engine.dispose()
    engine = db.make_engine(settings.database_url, pool_size=1)
    try:
        with db.transaction(engine) as session:
            retention.free_turns(session)
            staff_leaving.sign_everybody_out(session, at=now())
            replayed = erasure_replay.replay(
                session, lines=lines, files=store, outbox=Outbox(settings.home / "outbox"), by=BY, at=now()
            )
            erased = overs.ledger_lines(session)
            cut_offs.pass_over(session, by=BY, at=now())
            journal.write(
                session,
                campaign_id=None,
                action="database.restored",
                subject="database",
                detail={
                    "made_at": manifest["made_at"],
                    "sha256": manifest["sha256"],
                    "erased_again": replayed.again,
                },
                by=BY,
                at=now(),
            )
        chained = 1
        while chained:
            with db.transaction(engine) as session:
                chained = journal_chain.seal(session, alone=True)
    finally:
        engine.dispose()
    if lines or erased:
        ledger.add([*lines, *erased])
    return manifest, replayed


def looked_through(
    settings: Settings, path: Path, *, ledgers: Sequence[Path] = ()
) -> tuple[dict[str, Any], list[Line]]:
    """This will read a backup and the ledgers through, and give its manifest and their lines; nothing is written.

    Raises `BackupDamaged`, `LedgerDamaged`, `NotFound`, `Invalid` for a backup of a newer version.
    """
    lines = ledger_of(settings).read() + [line for copy in ledgers for line in read_copy(copy)]
    manifest = backup_file.verified(path)
    if manifest["revision"] not in db.revisions():
        raise Invalid(
            f"This backup was made by a newer version ({manifest['version']}). Install that, then restore.",
            code="newer_version",
        )
    return manifest, lines


def ledger_of(settings: Settings) -> ErasureLedger:
    """This will give the ledger of erasures that lies beside the keys."""
    return ErasureLedger(settings.keys_file.parent / LEDGER)


def read_copy(path: Path) -> list[dict[str, Any]]:
    """This will read a copy of a ledger that lies elsewhere. Raises `NotFound`, `LedgerDamaged`."""
    copy = ErasureLedger(path)
    if not copy.exists:
        raise NotFound(f"{path} is not there.")
    return copy.read()


def catch_up(kit: Kit) -> None:
    """This will take away what came back with a backup though its time is over."""
    with kit.begin() as session:
        listed = [each.id for each in campaign_queries.every(session) if each.status != "draft"]
    for campaign_id in listed:
        retention.run(
            kit.begin,
            campaign_id=campaign_id,
            tools=kit.forgetting(),
            worker=worker_name(BY),
            by=BY,
            clock=now,
        )


def missing_keys(settings: Settings, manifest: dict[str, Any]) -> list[str]:
    """This will list the data keys that the restored backup needs and that are not at hand, with their campaigns.

    A campaign that is over needs none: its keys may have been destroyed since, as they should be.
    """
    needed: dict[str, list[str]] = manifest["data_keys"]
    have: set[str] = set()
    if settings.master_key:
        vault = Vault(master_key=bytes.fromhex(settings.master_key), keys_file=settings.keys_file)
        try:
            have = vault.key_ids()
        except (KeyMissing, KeysDamaged):  # of another master key, or damaged: it opens nothing here
            have = set()
    missing = {key_id: slugs for key_id, slugs in needed.items() if key_id not in have}
    if not missing:
        return []
    engine = db.make_engine(settings.database_url, pool_size=1)
    try:
        with db.snapshot(engine) as session:
            over = data_keys.over(session, at=now())
    finally:
        engine.dispose()
    return [f"{key_id} ({', '.join(slugs)})" for key_id, slugs in missing.items() if set(slugs) - over]


def with_master_key(settings: Settings) -> Settings:
    """This will read MASTER_KEY from HOME when it lies there; none is made, for a new one would open nothing."""
    place = settings.home / "MASTER_KEY"
    if settings.master_key or not place.is_file():
        return settings
    return replace(settings, master_key=place.read_text(encoding="ascii", errors="replace").strip())


def proved(settings: Settings) -> list[Finding]:
    """This will take away what is over by now, and prove the books of what was restored.

    A house whose campaigns are all over needs no MASTER_KEY for that; one of no use stands in for it.
    """
    stand_in = replace(
        settings,
        secret_key=settings.secret_key or "-",
        master_key=settings.master_key or secrets.token_hex(32),
    )
    kit = assemble(stand_in, name="postcards-cli", pool_size=1)
    try:
        catch_up(kit)
        with kit.snapshot() as session:
            return check_books(session, files=kit.sealed_files, vault=kit.vault, ledger=kit.ledger, at=now())
    finally:
        kit.close()


def _empty(engine: Engine) -> None:
    """Makes room where nothing is: our own empty tables go; anything else is refused."""
    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names())
        ours = set(Base.metadata.tables) | {"alembic_version"}
        if strange := sorted(tables - ours):
            raise NotEmpty(f"This database holds something else (the table {strange[0]}). Name an empty one.")
        slugs = []
        if "campaign" in tables:
            slugs = list(connection.execute(text("SELECT slug FROM campaign ORDER BY slug")).scalars())
        if slugs:
            raise NotEmpty(
                f"There are campaigns here already ({', '.join(slugs)}), and nothing was changed. Restore into an "
                "empty database: set POSTCARDS_HOME to a new folder, or POSTCARDS_DATABASE_URL to an empty database."
            )
        if tables:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


def _tool(name: str) -> Path:
    """The wheel's own tool, as new as the newest server we know; without the wheel the machine's."""
    try:
        return embedded.postgres_program(name)
    except embedded.NotInstalled:
        found = shutil.which(name)
        if found is None:
            raise
        return Path(found)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
