"""The folder of mail that was laid down because there is no server: what lies there, and taking it away again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from postcards.errors import Unavailable


class Outbox:
    """HOME/outbox; each mail is MAIL-ID.eml. Other files in it are not ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mails(self) -> set[uuid.UUID]:
        """This will give the ids of the mails that lie there, finished or not."""
        found = set()
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                stem = path.name.removeprefix(".").removesuffix(".new").removesuffix(".eml")
                with suppress(ValueError):
                    found.add(uuid.UUID(stem))
        return found

    def forget(self, mails: Iterable[uuid.UUID]) -> None:
        """This will take these mails away; nothing happens for those that do not lie there. Raises `Unavailable`."""
        for mail in mails:
            for name in (f"{mail}.eml", f".{mail}.new"):
                try:
                    (self._folder / name).unlink(missing_ok=True)
                except OSError as error:
                    raise Unavailable("The outbox cannot be changed.", code="outbox_away") from error
