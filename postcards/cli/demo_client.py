"""How the demo acts: over HTTP as devices and people do, and by commands as an operator does."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postcards.errors import Denied

#: Seconds that one answer and one command may take.
ANSWER_WITHIN, COMMAND_WITHIN = 30.0, 120.0


class DemoFailed(Denied):
    """Something was not as it should be."""

    code = "demo_failed"


def expect(sure: bool, otherwise: str) -> None:
    """This will raise `DemoFailed` with those words unless it is so."""
    if not sure:
        raise DemoFailed(otherwise)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes
    media_type: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal, "" when there is none."""
        return str(self.json.get("code", "")) if "json" in self.media_type else ""


class Client:
    """Speaks to one server, as the bearer of one token or as nobody."""

    # Loopback only: the machine's proxy settings are none of our business.
    _opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        self._token = token

    def get(self, path: str, **wanted: Any) -> Answer:
        return self.ask("GET", path, **wanted)

    def post(self, path: str, body: Any = None, **wanted: Any) -> Answer:
        return self.ask("POST", path, body, **wanted)

    def ask(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Answer:
        """This will ask and return the answer; with `status` any other one raises `DemoFailed`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310 - our own http URL
        try:
            with self._opener.open(request, timeout=ANSWER_WITHIN) as reply:
                answer = Answer(reply.status, reply.read(), reply.headers.get_content_type())
        except urllib.error.HTTPError as error:
            with error:
                answer = Answer(error.code, error.read(), error.headers.get_content_type())
        except OSError as error:
            raise DemoFailed(f"{method} {path} had no answer ({error}).") from None
        if status is not None and answer.status != status:
            words = answer.body.decode(errors="replace")[:300]
            raise DemoFailed(
                f"{method} {path} was answered with {answer.status} instead of {status}: {words}"
            )
        return answer

    def is_up(self) -> bool:
        """Whether everything behind the server is ready."""
        try:
            return self.get("/readyz").status == 200
        except DemoFailed:
            return False


class Commands:
    """Runs `postcards …` as an operator does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def run(self, *words: str, json_answer: bool = True) -> Any:
        """This will run the command and return its JSON; raises `DemoFailed` with its own words."""
        found = self.attempt(*words, *(["--json"] if json_answer else []))
        if found.returncode != 0:
            said = (found.stderr or found.stdout).strip()
            raise DemoFailed(f"`postcards {' '.join(words)}` ended with {found.returncode}: {said[-600:]}")
        return json.loads(found.stdout) if json_answer else found.stdout

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """This will run the command, and return how it ended."""
        try:
            return subprocess.run(
                [sys.executable, "-m", "postcards", *words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_WITHIN,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DemoFailed(
                f"`postcards {' '.join(words)}` took longer than {COMMAND_WITHIN:.0f} s."
            ) from None
