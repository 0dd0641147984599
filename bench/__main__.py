"""`python -m bench [registering|service|recipient|sealing|desk|paper|printing …]`: measures, and prints one table."""

from __future__ import annotations

import sys

from bench import drawing, looking, printing, registering
from bench.report import table

PARTS = {
    "registering": registering.over_http,
    "service": registering.as_service,
    "recipient": looking.recipients_page,
    "sealing": looking.sealing,
    "desk": looking.desk,
    "paper": drawing.paper,
    "printing": printing.print_runs,
}


def main() -> None:
    """This will measure the parts that were named, or all of them."""
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"There is no measurement called {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
    print(table([figure for name in wanted for figure in PARTS[name]()]))


if __name__ == "__main__":
    main()
