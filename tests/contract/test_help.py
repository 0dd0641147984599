"""Every command says what it does, with --help and -h; wrong usage ends with 2."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from postcards.cli.root import cli


def _commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None, (*path, name)
                yield from _commands(found, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(*found, id=" ".join(found[0]) or "postcards") for found in _commands(cli)],
)
def test_help_is_everywhere(path: tuple[str, ...], command: click.Command) -> None:
    for option in ("--help", "-h") if not path else ("--help",):
        done = CliRunner().invoke(cli, [*path, option])
        assert done.exit_code == 0, done.output
        assert done.output.startswith("Usage: "), done.output
        assert command.help, path


@pytest.mark.parametrize(
    "arguments",
    [
        *("campaign", "nonsense", "kiosk retire 7", "kiosk add vilnius --venue town-hall", "campaign open"),
        *("print vilnius --sheet a0 --out x.pdf", "print vilnius --sheet a6", "manifest seal", "up --port 0"),
        *("staff add vilnius a@example.org --role king", "staff add --role printer", "check --jsom"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: str) -> None:
    done = CliRunner().invoke(cli, arguments.split())
    assert done.exit_code == 2, done.output
    assert "Usage: " in done.output
