"""Key escrow: the keys of a house in one small file that opens with a passphrase, to be kept far from the data."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from postcards.errors import Denied, Fault, Invalid, NotFound

FORMAT = "far-is-close keys 1"
#: scrypt's cost: 128 MiB and about half a second a try (OWASP, "Password Storage": N = 2^17, r = 8, p = 1).
COST = {"n": 2**17, "r": 8, "p": 1}
#: Characters of a passphrase: it is all that guards the file from whoever finds it.
SHORTEST = 16
NONCE = 12


class EscrowUnreadable(Invalid):
    """Another passphrase, or not our file."""

    code = "escrow_unreadable"


def write(path: Path, keys: dict[str, Any], *, passphrase: str) -> None:
    """This will write the escrow file (mode 0600), never in another's place. Raises `Invalid`, `Denied`."""
    if len(passphrase) < SHORTEST:
        message = f"The passphrase needs at least {SHORTEST} characters; five random words are good."
        raise Invalid(message, faults=[Fault("passphrase", "short", message)])
    salt, nonce = os.urandom(16), os.urandom(NONCE)
    head = {"format": FORMAT, "kdf": "scrypt", **COST}
    sealed = _cipher(passphrase, salt, COST).encrypt(nonce, json.dumps(keys).encode(), _bound(head))
    body = head | {"salt": _text(salt), "nonce": _text(nonce), "sealed": _text(sealed)}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Denied(f"{path} is there already. Name a new file.", code="escrow_exists") from error
    except OSError as error:
        raise Denied(f"{path} cannot be written: {error.strerror}.", code="escrow_folder") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(body, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, *, passphrase: str) -> dict[str, Any]:
    """This will open an escrow file. Raises `NotFound`, `EscrowUnreadable`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.", code="escrow_missing") from error
    except UnicodeDecodeError as error:
        raise EscrowUnreadable(f"{path.name} is no file of keys.") from error
    try:
        body = json.loads(text)
        head = {name: body[name] for name in ("format", "kdf", *COST)}
        if head != {"format": FORMAT, "kdf": "scrypt", **COST}:
            raise EscrowUnreadable(f"{path.name} is no file of keys that this version knows.")
        salt, nonce, sealed = (base64.b64decode(body[name]) for name in ("salt", "nonce", "sealed"))
    except (ValueError, KeyError, TypeError) as error:
        raise EscrowUnreadable(f"{path.name} is no file of keys.") from error
    try:
        plain = _cipher(passphrase, salt, COST).decrypt(nonce, sealed, _bound(head))
    except (InvalidTag, ValueError) as error:
        raise EscrowUnreadable(
            f"{path.name} does not open with this passphrase, or it was damaged."
        ) from error
    keys: dict[str, Any] = json.loads(plain)
    return keys


def _cipher(passphrase: str, salt: bytes, cost: dict[str, int]) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode()))


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
