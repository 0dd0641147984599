"""The stranger outside who remembers every secret it was given, so that the logs can be looked through for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from tests.contract.outside import Done, Outside

#: Codes, tokens and links where the API or a command gives them, and the one-time links of the screen.
_GIVEN = re.compile(r'"(?:tracking_code|slip_code|token|pairing_code)":\s*"([^"]+)"|/sign-in/([\w-]{16,})')
#: What the stranger sends of people: on cards, at the sign-in, and in commands.
PEOPLE = (
    *("Ona P", "Petrait", "ona@example", "Rūta", "Hauptstra", "10115", "Didžioji g", "01128"),
    *("Donaudampfschiff", "Nguyễn", "O'Neil", "Ξένια", "=cmd()", "evil.example", "root:"),
    *("organiser@example", "partner@example", "auditor@example", "correct horse battery"),
)


@dataclass
class Remembering(Outside):
    """Whoever asks by way of this, the secrets of the answers are kept: codes, tokens, cookies, links."""

    secrets: set[str] = field(default_factory=set)

    def look_at(self, answer: httpx.Response) -> None:
        super().look_at(answer)
        self.secrets |= {cookie for cookie in answer.cookies.values() if len(cookie) >= 16}
        if "json" in answer.headers.get("Content-Type", ""):
            self._keep(answer.text)

    def run(self, *arguments: str, code: int = 0, stdin: str | None = None) -> Done:
        done = super().run(*arguments, code=code, stdin=stdin)
        self._keep(done.out)
        return done

    def read_screen(self) -> None:
        """This will keep the links that `up` shows."""
        self._keep(self.up.screen)

    def _keep(self, text: str) -> None:
        self.secrets |= {given for pair in _GIVEN.findall(text) for given in pair if given}
