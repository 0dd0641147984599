"""`postcards …`: an edge like the web. Exit 0 done, 1 refused with one clear line, 2 wrong usage."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from postcards.cli.root import cli
from postcards.errors import Fault, Invalid, Refusal


def main() -> None:
    """This will run the command line, and say a refusal in one clear line on standard error."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Refusal as refusal:
        _refuse(str(refusal), refusal.faults if isinstance(refusal, Invalid) else ())
    except UnicodeEncodeError:
        _refuse("What was typed is not UTF-8 text.")
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(f"{error.filename}: {error.strerror}.")


def _refuse(message: str, faults: Sequence[Fault] = ()) -> NoReturn:
    """One line, whatever there is to say: scripts show their people just that."""
    told = [f"{fault.field}: {fault.message}" for fault in faults if fault.message not in message]
    click.echo("postcards: " + " ".join(" ".join([message, *told]).split()), err=True)
    sys.exit(1)
