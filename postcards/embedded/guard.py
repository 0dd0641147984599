"""Run one command and end it when the process that asked for it ends, however that one ended.

This file is run as a script by `process.py` and uses the standard library alone, so that it starts in
milliseconds. It stands between the one who asked (its parent) and the command:

- its standard input is a pipe that only the parent holds: end of file means stop, or that the parent is gone;
- it also looks whether its parent is still the same, for the case that a fork of the parent keeps the pipe;
- on Linux the command gets a parent-death signal as well, set after the change of user (which clears it),
  for the case that the guard itself is killed. The guard has one thread, so the signal means the process.

It leads its own process group, so a terminal's Ctrl-C reaches the parent alone, who stops things in order.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

#: prctl(2): the signal a process gets when its parent ends.
PR_SET_PDEATHSIG = 1
#: How often we look at our parent, in seconds. The pipe tells us at once in nearly all cases.
LOOK_EVERY = 0.5


def main() -> int:
    """This will run the command given after `--`, and return its exit status (128 + n for signal n)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--stop-signal", type=int, required=True)
    parser.add_argument("--grace", type=float, required=True)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("--keep", type=int, nargs="*", default=[])
    cut = sys.argv.index("--")
    told, argv = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    asked_to_stop = False

    def stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGCHLD, lambda *_: None)

    me = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def bind_to_guard() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, told.stop_signal, 0, 0, 0)
        if os.getppid() != me:  # we were killed between the fork and the line above
            os._exit(1)

    switch = {} if told.user is None else {"user": told.user, "group": told.group, "extra_groups": []}
    command = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        pass_fds=told.keep,
        preexec_fn=bind_to_guard,  # noqa: PLW1509 - this process has one thread
        **switch,
    )

    deadline: float | None = None
    listening = [0, woken]
    while (status := command.poll()) is None:
        wait = LOOK_EVERY if deadline is None else max(0.0, min(LOOK_EVERY, deadline - time.monotonic()))
        for ready in select.select(listening, [], [], wait)[0]:
            if ready == woken:
                os.read(woken, 512)
            elif not os.read(0, 512):
                listening.remove(0)
                asked_to_stop = True
        if os.getppid() != told.parent:
            asked_to_stop = True
        if asked_to_stop and deadline is None:
            deadline = time.monotonic() + told.grace
            command.send_signal(told.stop_signal)
        if deadline is not None and time.monotonic() >= deadline and command.poll() is None:
            command.kill()
            command.wait()
    if asked_to_stop:
        os.killpg(0, signal.SIGKILL)  # what the command left behind in our group, and ourselves
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
