"""One of the processes that make up a running house: how it starts, when it is ready, how it ends."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from postcards.embedded.process import Process
from postcards.errors import Unavailable


class DidNotStart(Unavailable):
    """A part did not come up, or did not stay up; its last words are in the message."""

    code = "did_not_start"


class Part(ABC):
    """Subclasses say how to `launch` the process and when it `is_ready`; the rest is the same for all."""

    #: What people call it in a sentence.
    name: str
    #: How long it may take to be ready, in seconds.
    start_seconds: float = 60.0

    process: Process | None = None

    @abstractmethod
    def launch(self) -> Process:
        """This will start the process and return before it is ready."""

    def is_ready(self) -> bool:
        """This will say whether it does its work now."""
        return True

    def is_hopeless(self) -> bool:
        """This will say whether it will never be ready, though it runs."""
        return False

    def start(self) -> None:
        """This will start it, without waiting until it is ready."""
        self.process = self.launch()

    def wait(self) -> None:
        """This will return when it is ready, or stop it and raise `DidNotStart` with its last words."""
        until = time.monotonic() + self.start_seconds
        while self.poll() is None and not self.is_hopeless() and time.monotonic() < until:
            if self.is_ready():
                return
            time.sleep(0.02)
        self.stop()
        raise DidNotStart(f"The {self.name} did not start. {self.last_words()}")

    def poll(self) -> int | None:
        """This will return None while the process runs, else its exit status."""
        return self.process.poll() if self.process else 0

    def stop(self) -> None:
        """This will end the process, politely first. Again, or before a start, is harmless."""
        if self.process is not None:
            self.process.stop()

    def last_words(self) -> str:
        """This will return the end of its log, for the person who has to find out."""
        lines = self.process.last_lines() if self.process else []
        if not lines or self.process is None:
            return "It said nothing."
        return f"The end of {self.process.log}:\n" + "\n".join(f"  {line}" for line in lines)
