"""The command's root; each group is imported only when it is asked for, so that `--help` is quick."""

from __future__ import annotations

from importlib import import_module

import click

#: Command -> the module that holds it, under its own name.
COMMANDS = {
    "up": "serving",
    "serve": "serving",
    "worker": "serving",
    "beat": "serving",
    "db": "database",
    "campaign": "campaign",
    "kiosk": "kiosk",
    "staff": "people",
    "partner": "partner",
    "import": "importing",
    "print": "printing",
    "print-run": "print_runs",
    "print-stock": "print_stock",
    "return-stock": "print_stock",
    "printer": "printers",
    "spoil": "printing",
    "manifest": "manifest",
    "check": "checking",
    "keys": "keys",
    "erase": "privacy",
    "retention": "privacy",
    "demo": "demo",
}


class Lazy(click.Group):
    """Finds a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(
            import_module(f"postcards.cli.{module}"),
            {"print": "print_", "import": "import_"}.get(cmd_name, cmd_name.replace("-", "_")),
        )
        return found


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="far-is-close")
def cli() -> None:
    """Far is Close: postcards from people here to people far away.

    Commands use the `postcards up` that runs on the same POSTCARDS_HOME, else start its database for themselves.
    """
