"""`python -m postcards` is the command `postcards`."""

from postcards.cli import main

main()
