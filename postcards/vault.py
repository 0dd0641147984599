"""People's data leaves memory only encrypted, with keys that are kept outside the database and its backups.

A data key belongs to one campaign. Data keys stand in their own file, each wrapped by the master key; destroying a
key there makes every copy of the data unreadable, in backups too.
"""

from __future__ import annotations

import base64
import datetime as dt
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from postcards.errors import NotFound, Unavailable, says

#: AES-GCM nonce, bytes (NIST SP 800-38D, 5.2.1.1).
NONCE = 12


class KeyMissing(NotFound):
    """The data key is not in the keys file: destroyed by retention, or the wrong file."""

    code = "key_missing"


#: What a visitor or the desk hears when keys are not in order: not where they lie, and what to do is the operator's.
_NOT_JUST_NOW = says(
    "Names and addresses cannot be read just now. Whoever runs the house has to look at its keys."
)


class WrongMasterKey(KeyMissing):
    """The keys file was written with another master key. As text it is `remedy`, for operators; `message` is not."""

    code = "wrong_master_key"

    def __init__(self, remedy: str) -> None:
        super().__init__(_NOT_JUST_NOW)
        self.remedy = remedy

    def __str__(self) -> str:
        return self.remedy


class KeysDamaged(Unavailable):
    """The keys file cannot be read. Whoever comes may come again: it can be brought back.

    As text it is `remedy`, for operators; `message` is for everybody.
    """

    code = "keys_damaged"

    def __init__(self, remedy: str) -> None:
        super().__init__(_NOT_JUST_NOW)
        self.remedy = remedy

    def __str__(self) -> str:
        return self.remedy


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key in the keys file. `retired_at` is when a newer one took its place; None while it is in force."""

    id: str
    campaign: str
    retired_at: dt.datetime | None


class Vault:
    """Seals and opens people's data, and makes blind indexes of it.

    `master_key` is 32 bytes. `keys_file` is JSON, made when the first key is; when it cannot be read, whatever needs
    it raises `KeysDamaged`.
    """

    def __init__(self, *, master_key: bytes, keys_file: Path) -> None:
        if len(master_key) != 32:
            raise ValueError("the master key has 32 bytes")
        self._wrapping = AESGCM(_subkey(master_key, "wrap data keys"))
        self._own = AESGCM(_subkey(master_key, "secrets of the house"))
        self._indexing = _subkey(master_key, "blind indexes")
        self._bodies = _subkey(master_key, "request bodies")
        self._keys_file = keys_file
        self._keys: dict[str, AESGCM] = {}
        self._lock = threading.Lock()

    def new_key(self, *, campaign: str) -> str:
        """This will make a data key for `campaign` (its slug), keep it wrapped, and give its id.

        Raises `WrongMasterKey` rather than write it beside keys that another master key has wrapped.
        """
        key_id = secrets.token_hex(8)
        key = AESGCM.generate_key(bit_length=256)
        nonce = os.urandom(NONCE)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, key_id.encode())
        with self._locked_file() as (entries, save):
            for known, entry in entries.items():
                self._unwrapped(known, entry)
            entries[key_id] = {"campaign": campaign, "wrapped": base64.b64encode(wrapped).decode()}
            save(entries)
        self._keys[key_id] = AESGCM(key)
        return key_id

    def key_ids(self) -> set[str]:
        """This will give the ids of the data keys that the keys file holds now: none while there is no file, though a
        living process still opens and seals with what it has read before. Raises `KeysDamaged`, `WrongMasterKey`.
        """
        with self._lock:
            return self._load()

    def data_keys(self) -> list[DataKey]:
        """This will list the keys of the keys file, the oldest first."""
        with self._locked_file() as (entries, _):
            return [
                DataKey(key_id, entry["campaign"], _moment(entry.get("retired_at")))
                for key_id, entry in entries.items()
            ]

    def retire(self, key_id: str, *, at: dt.datetime) -> None:
        """This will note that a key is no longer in force; it still opens what it sealed."""
        with self._locked_file() as (entries, save):
            if key_id in entries and "retired_at" not in entries[key_id]:
                entries[key_id]["retired_at"] = at.isoformat()
                save(entries)

    def destroy(self, key_id: str) -> None:
        """This will take a key out of the file for ever. What it sealed is gone with it, in every copy."""
        with self._locked_file() as (entries, save):
            entries.pop(key_id, None)
            save(entries)
        self._keys.pop(key_id, None)

    def wrapped_keys(self) -> dict[str, dict[str, str]]:
        """This will give the entries of the keys file as they are: the keys in them are wrapped."""
        with self._locked_file() as (entries, _):
            return entries

    def adopt(self, brought: dict[str, dict[str, str]]) -> list[str]:
        """This will add entries of `wrapped_keys` that are not here, and tell their ids. Raises `WrongMasterKey`."""
        for key_id, entry in brought.items():
            self._unwrapped(key_id, entry)
        with self._locked_file() as (entries, save):
            new = [key_id for key_id in brought if key_id not in entries]
            save(entries | {key_id: brought[key_id] for key_id in new})
        return new

    def seal(self, key_id: str, plain: bytes, *, about: str) -> bytes:
        """This will encrypt `plain`; `about` (such as "card-id/recipient") is needed to open it again."""
        nonce = os.urandom(NONCE)
        return nonce + self._key(key_id).encrypt(nonce, plain, about.encode())

    def open(self, key_id: str, sealed: bytes, *, about: str) -> bytes:
        """This will decrypt what `seal` made. Raises `KeyMissing`; `ValueError` when it was altered."""
        try:
            return self._key(key_id).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
        except InvalidTag as error:
            raise ValueError(f"sealed data about {about.partition('/')[2]} was altered or moved") from error

    def seal_own(self, plain: bytes, *, about: str) -> bytes:
        """This will encrypt what belongs to the house and to no campaign, such as the secret of a second factor."""
        nonce = os.urandom(NONCE)
        return nonce + self._own.encrypt(nonce, plain, about.encode())

    def open_own(self, sealed: bytes, *, about: str) -> bytes:
        """This will decrypt what `seal_own` made. Raises `ValueError` when it was altered or moved."""
        try:
            return self._own.decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
        except InvalidTag as error:
            raise ValueError("sealed data of the house was altered or moved") from error

    def blind_index(self, kind: str, text: str) -> bytes:
        """This will give 32 bytes by which equal texts of a kind (such as "email") find each other."""
        return hmac.digest(self._indexing, f"{kind}\0{text}".encode(), "sha256")

    def body_mark(self, body: bytes) -> bytes:
        """This will give 32 bytes that tell whether two request bodies are equal, and nothing else."""
        return hmac.digest(self._bodies, body, "sha256")

    def _key(self, key_id: str) -> AESGCM:
        found = self._keys.get(key_id)
        if found is None:
            with self._lock:
                self._load()
            found = self._keys.get(key_id)
        if found is None:
            raise KeyMissing("The key to this data is gone, so nobody can read it any more.")
        return found

    def _load(self) -> set[str]:
        """Reads what the file holds. When it is gone, what was read before stays: nobody destroyed it."""
        if not self._keys_file.exists():
            return set()
        keys = {}
        for key_id, entry in self._entries().items():
            keys[key_id] = self._unwrapped(key_id, entry)
        self._keys = keys
        return set(keys)

    def _unwrapped(self, key_id: str, entry: dict[str, str]) -> AESGCM:
        try:
            wrapped = base64.b64decode(entry["wrapped"])
            return AESGCM(self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], key_id.encode()))
        except InvalidTag as error:
            raise WrongMasterKey(
                remedy=f"{self._keys_file} does not open with this master key: one of the two is another house's. "
                "`postcards keys recover FILE` brings the right one back from your escrow file."
            ) from error
        except ValueError as error:  # letters of no base64, or too few
            raise self._damaged() from error

    @contextmanager
    def _locked_file(self) -> Iterator[tuple[dict[str, dict[str, str]], _Save]]:
        self._keys_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._keys_file.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._entries(), _Save(self._keys_file)

    def _entries(self) -> dict[str, dict[str, str]]:
        """What stands in the keys file, each entry with the words that it needs; nothing when there is no file."""
        if not self._keys_file.exists():
            return {}
        try:
            entries: dict[str, dict[str, str]] = json.loads(self._keys_file.read_text(encoding="utf-8"))
            whole = all(
                isinstance(entry[word], str) for entry in entries.values() for word in ("campaign", "wrapped")
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._damaged() from error
        if not whole:
            raise self._damaged()
        return entries

    def _damaged(self) -> KeysDamaged:
        return KeysDamaged(
            remedy=f"{self._keys_file} is damaged, so the data keys in it cannot be read. Move it aside, put your "
            "newest copy in its place or run `postcards keys recover FILE` with your escrow file, then "
            "`postcards check`."
        )


class _Save:
    """Writes the keys file whole or not at all, mode 0600; it is on the disk when this returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, entries: dict[str, dict[str, str]]) -> None:
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(entries, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename lasts only when its folder is on the disk too
        finally:
            os.close(folder)


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def token_hash(token: str) -> bytes:
    """This will give what we keep of a bearer token (long and random, so one SHA-256 is enough)."""
    return hashlib.sha256(token.encode()).digest()


def _subkey(master_key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"postcards/" + purpose.encode()).derive(
        master_key
    )
