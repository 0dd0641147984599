"""The desk: where organisers see how a campaign stands and settle what only a person can settle."""

from postcards.web.desk import (
    cards,
    imports,
    journal,
    kiosks,
    mail,
    manifests,
    overview,
    print_log,
    print_run,
    print_runs,
    printers,
    stock,
)
from postcards.web.desk.room import blueprint

#: The modules that register their views on the blueprint.
rooms = (
    overview,
    cards,
    imports,
    print_runs,
    print_run,
    printers,
    print_log,
    manifests,
    kiosks,
    stock,
    mail,
    journal,
)

blueprints = (blueprint,)
