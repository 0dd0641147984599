"""A small house under the supervisor, run as a script: `house.py HOME PORT KIND`; says what happens."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path

from postcards import config, embedded
from postcards.embedded.children import Child, answers
from postcards.embedded.supervisor import supervise
from postcards.errors import Refusal

#: Answers every request, and ends by itself when it is told to.
WEB = """
import http.server, os, sys
class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        self.send_response(200); self.end_headers(); self.wfile.write(str(os.getpid()).encode())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Web).serve_forever()
"""
#: Leaves a child of its own behind and is deaf to polite signals.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def say(word: str, what: embedded.Servers | embedded.RunningHome) -> None:
    sys.stdout.write(f"{word} {json.dumps(dataclasses.asdict(what))}\n")
    sys.stdout.flush()


def main() -> int:
    """This will run the house until a signal comes, and say READY when it stands."""
    home, port, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # Never as inherited: the tests themselves may run under `nohup`.
    signal.signal(signal.SIGHUP, signal.SIG_IGN if kind == "under nohup" else signal.SIG_DFL)
    settings = config.load({"POSTCARDS_HOME": str(home)})
    env = dict(os.environ)

    def child(name: str, code: str, *words: str, **more: object) -> Child:
        return Child(name=name, argv=(sys.executable, "-c", code, *words), env=env, **more)  # type: ignore[arg-type]

    def children(servers: embedded.Servers) -> list[Child]:
        code = "raise SystemExit('the paper is out')" if kind == "broken" else WEB
        web = child(
            "web", code, str(port), ready=lambda: answers("127.0.0.1", port, "/", tls=False), grace=2.0
        )
        return [web, child("worker", STUBBORN, str(home / "stubborn"), essential=False, grace=1.0)]

    def prepare(servers: embedded.Servers) -> None:
        say("PREPARED", servers)

    def ready(note: embedded.RunningHome) -> None:
        say("READY", note)

    try:
        return supervise(
            settings, host="127.0.0.1", port=port, prepare=prepare, on_ready=ready, children=children
        )
    except Refusal as refusal:
        sys.stderr.write(refusal.message + "\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
