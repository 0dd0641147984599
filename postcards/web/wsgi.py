"""The app as a WSGI server wants it: made from the environment."""

from __future__ import annotations

from flask import Flask

from postcards import config, jobs
from postcards.kit import assemble
from postcards.web.app import create_app


def make() -> Flask:
    """This will make the app of this process, with its messages going to the broker."""
    settings = config.load()
    jobs.connect(settings.broker_url)
    return create_app(assemble(settings, name="postcards-web"))


app = make()
