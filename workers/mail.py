"""The task that sends the mail that waits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from postcards import jobs
from postcards.gateways.mail import Mailer, open_mailer
from postcards.rules.letter import Words
from postcards.services import mailing
from postcards.services.mailing import Notice
from postcards.web.letters import composer
from workers.app import app, clock, kit, me


@cache
def _tools() -> tuple[Mailer, Callable[[Notice], Words]]:
    """The mailer and the templates of this process, made on first use."""
    settings = kit().settings
    return open_mailer(settings), composer(settings.public_url)


@app.task(name=jobs.SEND_MAIL)
def send_mail() -> None:
    """Send what is due; a row that could not leave says itself when it wants to be tried again."""
    mailer, compose = _tools()
    mailing.deliver_waiting(
        kit().begin, vault=kit().vault, mailer=mailer, compose=compose, worker=me(), clock=clock
    )
