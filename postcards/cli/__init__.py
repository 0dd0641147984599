"""`postcards …`: an edge like the web. Exit 0 done, 1 refused with one clear line, 2 wrong usage."""

from __future__ import annotations

import sys

import click

from postcards.cli.root import cli
from postcards.errors import Invalid, Refusal


def main() -> None:
    """This will run the command line, and say a refusal in one clear line on standard error."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Refusal as refusal:
        click.echo(f"postcards: {refusal.message}", err=True)
        if isinstance(refusal, Invalid):
            for fault in refusal.faults:
                if fault.message not in refusal.message:
                    click.echo(f"  {fault.field}: {fault.message}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
