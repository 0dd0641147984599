"""How often one may knock: generous for kiosks, modest for strangers, and never slow when the broker is.

A kiosk has a bucket in each process, so that registering pays no round trip for it. Strangers are counted in
Valkey by all processes together; while it is away or silent, each process counts for itself and says so in the log.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import redis
import structlog
from flask import Flask, current_app
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from postcards.errors import TooOften, says
from postcards.web.addresses import caller_mark, code_mark

#: A second, of one kiosk in one process, and so many at once: far above the 50 that the API promises never to refuse,
#: for a kiosk's token may stand for a whole venue's import. It stops a program that has run wild, and nobody else.
KIOSK_RATE, KIOSK_AT_ONCE = 2_000.0, 5_000.0
#: Wrong pairing codes from one address: twice the promise, and good ones are not counted.
WRONG_PAIRING = RateLimitItemPerMinute(60)
#: A post office's counter or a school shares one address; one card's page is pressed by a hand.
ARRIVALS_FROM = RateLimitItemPerMinute(600)
ARRIVALS_OF_CARD = RateLimitItemPerMinute(30)
#: Passwords and links tried from one address; the growing pauses (services/sign_in_pauses.py) come long before.
SIGN_INS_FROM = RateLimitItemPerMinute(120)

#: Seconds that a silent broker may hold a request up, and how long we then leave it alone.
BROKER_WITHIN = 0.25
LEFT_ALONE = 15.0

#: Kiosks that a process remembers; the largest campaign has hundreds.
KEYS_KEPT = 10_000

TOO_OFTEN = says("That was too often. Please wait a moment and try again.")

log = structlog.get_logger()


class Buckets:
    """A bucket of tokens for each key, filled at `rate` a second up to `most`; in this process, without waiting."""

    def __init__(self, rate: float, most: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._kept: dict[Hashable, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> None:
        """This will take a token of `key`, or raise `TooOften`."""
        with self._lock:
            now = self._clock()
            tokens, seen = self._kept.get(key, (self._most, now))
            tokens = min(self._most, tokens + (now - seen) * self._rate)
            self._kept[key] = (max(tokens - 1, 0.0) if tokens < 1 else tokens - 1, now)
            if len(self._kept) > KEYS_KEPT:
                self._kept.clear()  # a full bucket for everybody: never a refusal that was not earned
        if tokens < 1:
            raise TooOften(TOO_OFTEN, retry_after=1)


class Counter:
    """Counts knocks by key; in Valkey or Redis when `broker_url` is one, else in this process."""

    def __init__(self, broker_url: str) -> None:
        self.kiosks = Buckets(KIOSK_RATE, KIOSK_AT_ONCE)
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._together = _shared(broker_url)
        self._quiet_until = 0.0

    def take(self, limit: RateLimitItem, *key: str) -> None:
        """This will count one knock, or raise `TooOften` with the seconds to wait."""
        if not self._ask(lambda counter: counter.hit(limit, *key)):
            self._refuse(limit, *key)

    def look(self, limit: RateLimitItem, *key: str) -> None:
        """This will raise `TooOften` when there were too many already, and count nothing."""
        if not self._ask(lambda counter: counter.test(limit, *key)):
            self._refuse(limit, *key)

    def _refuse(self, limit: RateLimitItem, *key: str) -> None:
        reset = self._ask(lambda counter: counter.get_window_stats(limit, *key).reset_time)
        wait = min(max(1, math.ceil(reset - time.time())), limit.get_expiry())
        raise TooOften(TOO_OFTEN, retry_after=wait)

    def _ask(self, question: Callable[[FixedWindowRateLimiter], Any]) -> Any:
        if self._together is None or time.monotonic() < self._quiet_until:
            return question(self._here)
        try:
            return question(self._together)
        except (redis.RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + LEFT_ALONE
            log.warning("rate limits are counted by each process", reason=type(error).__name__)
            return question(self._here)


def _shared(broker_url: str) -> FixedWindowRateLimiter | None:
    if not broker_url.startswith(("redis://", "rediss://", "redis+socket://")):
        return None
    url = f"redis+unix://{urlsplit(broker_url).path}" if broker_url.startswith("redis+socket") else broker_url
    options: dict[str, Any] = {
        "socket_timeout": BROKER_WITHIN,
        "socket_connect_timeout": BROKER_WITHIN,
        "retry": Retry(NoBackoff(), 0),
    }
    return FixedWindowRateLimiter(RedisStorage(url, key_prefix="postcards-limits", **options))


def register(app: Flask, broker_url: str) -> None:
    """This will give the app its counter."""
    app.extensions["knocks"] = Counter(broker_url)


def knocks() -> Counter:
    """This will give the counter of this process."""
    counter: Counter = current_app.extensions["knocks"]
    return counter


def limited(
    limit: RateLimitItem, name: str, *, by: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """This will limit a view by the caller's address, or by the code in its path argument `by`."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def knock(*args: Any, **kwargs: Any) -> Any:
            mark = code_mark(str(kwargs[by])) if by else caller_mark()
            knocks().take(limit, name, mark.hex())
            return view(*args, **kwargs)

        return knock

    return around
