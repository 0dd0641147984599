"""Only proxies that a setting vouches for say who asks, and over what."""

from __future__ import annotations

import dataclasses

from postcards.web.app import create_app
from tests.plugins.cast import House

SAYS_SO = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org"}


def seen(house: House, proxies: int, says: dict[str, str] = SAYS_SO) -> tuple[str, bool, str]:
    """Address, security and host of a request as the app sees them."""
    settings = dataclasses.replace(house.kit.settings, trusted_proxies=proxies)
    app = create_app(dataclasses.replace(house.kit, settings=settings))
    told: list[tuple[str, bool, str]] = []

    @app.before_request
    def _look() -> None:
        from flask import request

        told.append((request.remote_addr or "", request.is_secure, request.host))

    answer = app.test_client().get("/sign-in", headers=says)
    assert ("Strict-Transport-Security" in answer.headers) is told[0][1]
    return told[0]


def test_nobody_is_believed_unless_a_setting_says_so(house: House) -> None:
    assert seen(house, 0) == ("127.0.0.1", False, "localhost")


def test_the_proxy_before_us_is_believed_and_not_what_it_was_told(house: House) -> None:
    assert seen(house, 1) == ("198.51.100.7", True, "example.org")
    forged = SAYS_SO | {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    assert seen(house, 1, forged)[0] == "198.51.100.7"
    assert seen(house, 2, forged | {"X-Forwarded-Proto": "https, https"})[0] == "203.0.113.9"
