"""`up`: the servers, the web, the worker and beat as one house that starts, lives and ends together."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from postcards.config import Settings
from postcards.embedded import children as made
from postcards.embedded.children import Child, ChildPart
from postcards.embedded.holding import Holding, HomeTaken, RunningHome, hold_servers
from postcards.embedded.home import make_home
from postcards.embedded.part import DidNotStart, Part
from postcards.embedded.process import keep_short
from postcards.embedded.servers import Servers, started
from postcards.errors import Denied, Refusal
from postcards.logs import event_of

#: Pauses before a part is started again, in seconds: at once for an accident, slower for a sick one.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
#: An essential part that fails this often without being well in between ends everything.
GIVE_UP = 4
#: A part that has run this long, in seconds, is well again.
WELL_AFTER = 60.0
#: How often we look at the parts, in seconds.
LOOK_EVERY = 0.2
#: How often we look whether a log has grown too long, in seconds; at debug a busy web writes a megabyte in that time.
LOOK_AT_LOGS_EVERY = 15.0
#: How long `up` waits for a command that runs the servers of this HOME, in seconds.
PATIENCE = 60.0


log = structlog.get_logger()


class PortTaken(Denied):
    """The address cannot be listened on."""

    code = "port_taken"


class _AskedToStop(BaseException):
    """A signal came. It unwinds what was started, in order, from wherever we are."""


def run_up(
    settings: Settings,
    *,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None = None,
    worker: bool = True,
    prepare: Callable[[Servers], None],
    on_ready: Callable[[RunningHome], None],
    child_env: Mapping[str, str] | None = None,
) -> int:
    """This will serve until a signal asks to stop, and return 0.

    `prepare` runs when the servers answer and before anything else starts (migrations, the default
    campaign); `on_ready` when the web answers. Raises refusals for a person: `HomeTaken` when an `up` of
    this HOME runs already, `PortTaken`, `Invalid` for the TLS files, `DidNotStart` with the last words.
    """
    make_home(settings.home)
    files = made.usable_tls(settings.home, *tls) if tls else None

    def children(servers: Servers) -> Sequence[Child]:
        env = made.environment(settings, servers, child_env or {})
        web = made.web_child(settings, env, host=host, port=port, tls=files)
        if not worker:
            return [web]
        return [web, made.worker_child(settings, env), made.beat_child(settings, env)]

    return supervise(settings, host=host, port=port, https=tls is not None, prepare=prepare,
                     on_ready=on_ready, children=children)  # fmt: skip


def supervise(
    settings: Settings,
    *,
    host: str,
    port: int,
    https: bool = False,
    prepare: Callable[[Servers], None],
    on_ready: Callable[[RunningHome], None],
    children: Callable[[Servers], Sequence[Child]],
    say: Callable[[str], None] | None = None,
) -> int:
    """This will run those children on the servers of HOME, the first of them the one that faces people.

    It is waited for, and stopped before the others; the database is stopped last. `say` takes what
    happens meanwhile, a line at a time (standard error when not given).
    """
    say = say or _to_stderr
    shown = f"[{host}]" if ":" in host else host
    note = RunningHome(os.getpid(), "", "", address=f"http{'s' * https}://{shown}:{port}", port=port)
    home = settings.home
    try:
        with _stop_on_signals() as signals, _hold(home, say) as holding:
            holding.tell(note)
            check_port(host, port)
            own_database, own_broker = not settings.database_url, not settings.broker_url
            with started(home, database=own_database, broker=own_broker, durable=True) as own:
                urls = iter(own)
                servers = Servers(
                    next(urls).url if own_database else settings.database_url,
                    next(urls).url if own_broker else settings.broker_url,
                )
                prepare(servers)
                note = replace(
                    note, database_url=servers.database_url, broker_url=servers.broker_url, ready=True
                )
                face, *others = (ChildPart(home, child) for child in children(servers))
                with _stopping(others), _stopping([face]):
                    for part in (face, *others):
                        part.start()
                    holding.tell(note)  # from here on other commands use our servers
                    face.wait()
                    on_ready(note)
                    _keep_alive([*own, face, *others], say, signals)
    except _AskedToStop:
        return 0
    return 0


@dataclass
class _Watch:
    """One part, and how it fares."""

    part: Part
    fails: int = 0
    since: float = field(default_factory=time.monotonic)
    #: When it is to be started again; None while it runs.
    due: float | None = None

    def look(self, now: float, say: Callable[[str], None]) -> None:
        """This will start the part again when it ended and its pause is over; raises `DidNotStart`."""
        if self.due is not None:
            if now >= self.due:
                self._start_again(now, say)
        elif (status := self.part.poll()) is not None:
            last = self.part.process.last_lines(1) if self.part.process else []
            words = f", {event_of(last[0])}" if last else ""
            self._failed(now, say, f"The {self.part.name} ended by itself (status {status}{words})")
        elif self.fails and now - self.since > WELL_AFTER:
            self.fails = 0

    def _start_again(self, now: float, say: Callable[[str], None]) -> None:
        self.due, self.since = None, now
        try:
            self.part.start()
        except Refusal as refusal:
            self._failed(now, say, refusal.message)

    def _failed(self, now: float, say: Callable[[str], None], what: str) -> None:
        self.part.stop()  # what it left behind
        self.fails += 1
        essential = not isinstance(self.part, ChildPart) or self.part.child.essential
        if essential and self.fails >= GIVE_UP:
            raise DidNotStart(
                f"The {self.part.name} ended {self.fails} times, so everything was stopped. "
                f"{self.part.last_words()}"
            )
        pause = PAUSES[min(self.fails, len(PAUSES)) - 1]
        self.due = now + pause
        say(f"{what}; starting it again in {pause:g} s.")


@dataclass
class _Signals:
    """Whether a signal came: what it raises is lost when it meets a destructor, so this is looked at too."""

    came: bool = False


def _keep_alive(parts: Sequence[Part], say: Callable[[str], None], signals: _Signals) -> None:
    watches = [_Watch(part) for part in parts]
    next_look = 0.0
    while not signals.came:
        if time.monotonic() > next_look:
            next_look = time.monotonic() + LOOK_AT_LOGS_EVERY
            for part in parts:
                if part.process is not None:
                    keep_short(part.process.log)
        for watch in watches:
            watch.look(time.monotonic(), say)
        time.sleep(LOOK_EVERY)


def _to_stderr(line: str) -> None:
    """Plain words for a person at the terminal; a line of the log for whoever reads it later."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    else:
        log.warning("up", words=line)


def check_port(host: str, port: int) -> None:
    """This will raise `PortTaken` when we cannot listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last `up` has just ended
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {port} on {host} is taken by another program; choose one with --port.",
            errno.EACCES: f"Port {port} needs more rights than we have; choose one above 1023 with --port.",
        }
        reason = reasons.get(error.errno or 0, f"We cannot listen on {host}: {error.strerror or error}.")
        raise PortTaken(reason) from error


@contextlib.contextmanager
def _stopping(parts: Sequence[Part]) -> Iterator[None]:
    """This will stop these parts at the end of the block, all at the same time."""
    try:
        yield
    finally:
        for part in parts:
            if part.process is not None:
                part.process.ask_to_stop()
        for part in parts:
            part.stop()


@contextlib.contextmanager
def _hold(home: Path, say: Callable[[str], None]) -> Iterator[Holding]:
    """This will take HOME for us; an `up` that has it is a refusal, a mere command is waited for."""
    until = time.monotonic() + PATIENCE
    told = False
    while True:
        try:
            holding = hold_servers(home)
            break
        except HomeTaken as taken:
            if time.monotonic() > until or (taken.holder is not None and taken.holder.address):
                raise
            if taken.holder is not None and not told:
                say(f"Another command (process {taken.holder.pid}) uses {home}; waiting for it.")
                told = True
            time.sleep(0.5)
    try:
        yield holding
    finally:
        holding.release()


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[_Signals]:
    """The first signal unwinds us; more of them change nothing, for we are stopping already."""
    signals = _Signals()

    def stop(*_: object) -> None:
        if not signals.came:
            signals.came = True
            raise _AskedToStop

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` asks us to stay
        numbers.append(signal.SIGHUP)
    before = [(number, signal.signal(number, stop)) for number in numbers]
    try:
        yield signals
    finally:
        for number, handler in before:
            signal.signal(number, handler)
