"""`postcards up`, and the single parts for compose: `serve`, `worker`, `beat`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from postcards import config, db, embedded, logs
from postcards.cli.edge import public_url_is_given, reachable
from postcards.cli.welcome import Welcome
from postcards.embedded import Servers
from postcards.embedded.children import web_arguments
from postcards.embedded.supervisor import run_up
from postcards.kit import assemble


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--tls", nargs=2, type=click.Path(path_type=Path), help="CERT KEY: serve HTTPS with these files."
)
@click.option("--no-worker", is_flag=True, help="Web only: no background worker, no scheduler.")
@click.option("--demo", is_flag=True, help="Fill an empty database with 2,500 lifelike cards at every stage.")
def up(host: str, port: int, tls: tuple[Path, Path] | None, no_worker: bool, demo: bool) -> None:
    """Serve everything from this machine: database, broker, web, worker and scheduler."""
    settings = embedded.with_secrets(config.load())
    logs.configure("up", level=settings.log_level)
    if not public_url_is_given():
        shown = f"[{host}]" if ":" in host else host
        settings = replace(settings, public_url=reachable(f"http{'s' if tls else ''}://{shown}:{port}"))
        os.environ["POSTCARDS_PUBLIC_URL"] = settings.public_url
    welcome = Welcome(settings)

    def prepare(servers: Servers) -> None:
        db.upgrade(servers.database_url)
        kit = assemble(
            replace(settings, database_url=servers.database_url, broker_url=servers.broker_url),
            name="postcards-up",
            pool_size=4,
        )
        try:
            welcome.prepare(kit, demo=demo)
        finally:
            kit.close()

    child_env = {"POSTCARDS_EXPECT_BEAT": "no"} if no_worker else {}
    sys.exit(
        run_up(
            settings,
            host=host,
            port=port,
            tls=tls,
            worker=not no_worker,
            prepare=prepare,
            on_ready=lambda _: welcome.show(),
            child_env=child_env,
        )
    )


@click.command(hidden=True)
@click.option("--host", default="0.0.0.0")  # noqa: S104 - inside a container, behind the proxy
@click.option("--port", default=8000, type=int)
def serve(host: str, port: int) -> None:
    """The web alone, for containers: its settings are given."""
    settings = config.load()
    _become(*web_arguments(settings, host=host, port=port))


@click.command(hidden=True)
def worker() -> None:
    """A worker alone, for containers."""
    _become(
        *("celery", "--quiet", "-A", "workers.app", "worker"),
        *("--without-gossip", "--without-mingle", "--loglevel", "info"),
    )


@click.command(hidden=True)
def beat() -> None:
    """The scheduler alone, for containers; its notes go to /tmp, for nothing hangs on them."""
    _become(
        *("celery", "--quiet", "-A", "workers.app", "beat"),
        *("--pidfile", "", "--schedule", "/tmp/beat-schedule"),  # noqa: S108
    )


def _become(module: str, *arguments: str) -> None:
    config.load()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606
