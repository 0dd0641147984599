"""Backup and restore: database and files of one instant in one file; the data keys travel on their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, create_engine, inspect, text

from postcards import db, embedded
from postcards.cli.edge import BY, now
from postcards.config import Settings
from postcards.errors import Denied, Invalid, Unavailable
from postcards.gateways import backup_file, postgres_tools
from postcards.gateways.backup_file import DATABASE, FILES, PIECE
from postcards.gateways.files import FileMissing, open_store
from postcards.kit import Kit, assemble
from postcards.models import Base
from postcards.queries import backup_contents
from postcards.services import journal, journal_chain
from postcards.services.checking import Finding, check_books
from postcards.vault import KeyMissing, Vault


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


def load_backup(settings: Settings, path: Path) -> dict[str, Any]:
    """This will bring a backup back into the empty database and storage of `settings`; returns its manifest.

    First it is read through and proved whole. The database comes last and in one transaction, so what was broken
    off can be begun again. Raises `BackupDamaged`, `NotEmpty`, `Invalid` for one of a newer version.
    """
    manifest = backup_file.verified(path)
    known = db.revisions()
    if manifest["revision"] not in known:
        raise Invalid(
            f"This backup was made by a newer version ({manifest['version']}). Install that, then restore.",
            code="newer_version",
        )
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
            journal.write(
                session,
                campaign_id=None,
                action="database.restored",
                subject="database",
                detail={"made_at": manifest["made_at"], "sha256": manifest["sha256"]},
                by=BY,
                at=now(),
            )
        chained = 1
        while chained:
            with db.transaction(engine) as session:
                chained = journal_chain.seal(session, alone=True)
    finally:
        engine.dispose()
    return manifest


def missing_keys(settings: Settings, manifest: dict[str, Any]) -> list[str]:
    """This will list the data keys that the backup needs and that are not at hand, with their campaigns."""
    needed: dict[str, list[str]] = manifest["data_keys"]
    have: set[str] = set()
    if settings.master_key:
        vault = Vault(master_key=bytes.fromhex(settings.master_key), keys_file=settings.keys_file)
        try:
            have = vault.key_ids()
        except KeyMissing:  # the keys file is of another master key: it opens nothing here
            have = set()
    return [f"{key_id} ({', '.join(slugs)})" for key_id, slugs in needed.items() if key_id not in have]


def with_master_key(settings: Settings) -> Settings:
    """This will read MASTER_KEY from HOME when it lies there; none is made, for a new one would open nothing."""
    place = settings.home / "MASTER_KEY"
    if settings.master_key or not place.is_file():
        return settings
    return replace(settings, master_key=place.read_text(encoding="ascii").strip())


def proved(settings: Settings) -> list[Finding]:
    """This will prove the books of what was restored."""
    kit = assemble(
        replace(settings, secret_key=settings.secret_key or "-"), name="postcards-cli", pool_size=1
    )
    try:
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
