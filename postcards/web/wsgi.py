"""The app as a WSGI server wants it: made from the environment."""

from __future__ import annotations

from flask import Flask

from postcards import config, jobs, logs
from postcards.kit import assemble
from postcards.web.app import create_app
from postcards.web.watching import measures_of


def make() -> Flask:
    """This will make the app of this process: it writes its log, tells its figures, sends jobs to the broker."""
    settings = config.load()
    logs.configure("web", level=settings.log_level)
    jobs.connect(settings.broker_url)
    made = create_app(assemble(settings, name="postcards-web"))
    measures_of(made).tell_always()
    return made


app = make()
