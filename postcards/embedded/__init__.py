"""PostgreSQL and Valkey out of their wheels, for one machine and for tests; and `up`, which runs it all.

Read `servers.py` first, then `home.py` and `holding.py` (who holds a HOME), `process.py` with `guard.py`
(nothing outlives us), `part.py`, `postgres.py`, `valkey.py`, `wheel.py` (where the binaries are), and last
`children.py` and `supervisor.py`.
"""

from postcards.embedded.holding import HomeTaken, RunningHome, running
from postcards.embedded.home import MasterKeyLost, Secrets, make_secrets, with_secrets
from postcards.embedded.part import DidNotStart
from postcards.embedded.postgres import remove_data
from postcards.embedded.servers import Servers, attach_or_start, servers
from postcards.embedded.wheel import NotInstalled, NotPossible, postgres_program

__all__ = [
    "DidNotStart",
    "HomeTaken",
    "MasterKeyLost",
    "NotInstalled",
    "NotPossible",
    "RunningHome",
    "Secrets",
    "Servers",
    "attach_or_start",
    "make_secrets",
    "postgres_program",
    "remove_data",
    "running",
    "servers",
    "with_secrets",
]
