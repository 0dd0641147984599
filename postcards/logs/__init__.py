"""What programs write down for those who keep the house running: codes and ids, times and outcomes, never people.

`configure` sets a process up, `context` carries the id of the request that something is done for, `trace` tells
where a surprise came from without its words, which may quote what people typed.
"""

from postcards.logs.context import asked_by, begin, end, new_request_id, well_formed
from postcards.logs.lines import FIELDS, PLACES, WEB_SERVER, configure, event_of
from postcards.logs.trace import trace

__all__ = [
    "FIELDS",
    "PLACES",
    "WEB_SERVER",
    "asked_by",
    "begin",
    "configure",
    "end",
    "event_of",
    "new_request_id",
    "trace",
    "well_formed",
]
