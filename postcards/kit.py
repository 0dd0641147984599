"""What every edge has at hand: settings, database, vault and files, put together once per process."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from postcards import db
from postcards.config import Settings
from postcards.errors import Fault, Invalid
from postcards.gateways.erasure_ledger import NAME as LEDGER
from postcards.gateways.erasure_ledger import ErasureLedger
from postcards.gateways.files import FileStore, open_store
from postcards.gateways.outbox import Outbox
from postcards.gateways.sealed_files import SealedFiles
from postcards.services.erasure import Tools
from postcards.vault import Vault


@dataclass(frozen=True, slots=True)
class Kit:
    """The tools of one process. `begin()` opens a transaction; `snapshot()` a read-only, unmoving one.

    `at_once` runs statements that are transactions by themselves.
    """

    settings: Settings
    engine: Engine
    reader: Engine
    at_once: db.AtOnce
    vault: Vault
    files: FileStore
    sealed_files: SealedFiles
    outbox: Outbox
    ledger: ErasureLedger

    def begin(self) -> AbstractContextManager[Session]:
        return db.transaction(self.engine)

    def read(self) -> AbstractContextManager[Session]:
        """This will open a session in which every query is its own transaction: one round trip each."""
        return db.reading(self.reader)

    def snapshot(self) -> AbstractContextManager[Session]:
        return db.snapshot(self.engine)

    def forgetting(self) -> Tools:
        """This will give what an erasure and a night's retention reach."""
        return Tools(self.vault, self.files, self.outbox, self.ledger.add)

    def close(self) -> None:
        self.at_once.close()
        self.engine.dispose()


def assemble(settings: Settings, *, name: str, pool_size: int = 10) -> Kit:
    """This will put the tools together. Raises `Invalid` naming every setting that is still missing."""
    faults = [
        Fault(f"POSTCARDS_{field.upper()}", "missing", "is not set")
        for field in ("database_url", "master_key", "secret_key")
        if not getattr(settings, field)
    ]
    if faults:
        words = "; ".join(f"{fault.field} {fault.message}" for fault in faults)
        raise Invalid(f"{words}. `postcards up` sets them by itself.", faults=faults)
    engine = db.make_engine(settings.database_url, pool_size=pool_size, name=name)
    vault = Vault(master_key=bytes.fromhex(settings.master_key), keys_file=settings.keys_file)
    files = open_store(settings)
    return Kit(
        settings=settings,
        engine=engine,
        reader=engine.execution_options(isolation_level="AUTOCOMMIT"),
        at_once=db.AtOnce(engine, name=name),
        vault=vault,
        files=files,
        sealed_files=SealedFiles(files, vault),
        outbox=Outbox(settings.home / "outbox"),
        ledger=ErasureLedger(settings.keys_file.parent / LEDGER),
    )


def worker_name(kind: str) -> str:
    """This will give a name for a claim that no other process has, such as "worker-3f9c…"."""
    return f"{kind}-{secrets.token_hex(6)}"
