"""Who may ask what, written down by hand: the doors are held against this table, and it never asks them.

It follows what we promise people: the roles in README.md ("Who uses it") and docs/desk.md, the Post's page in
docs/partner.md, and CONTRACT for kiosks and the Post's system. A new route is written down here too, with a thought
about who needs it.

Callers: the four roles of the staff, "token" (the Post's system), "kiosk", and "half" (somebody whose password or
link was good, and who must set up a second factor before they come in).
"""

from __future__ import annotations

STAFF = {"organiser", "printer", "auditor", "partner"}

#: What an organiser alone does: it reads people's words, moves stamps and lists, or lets a device in.
ORGANISERS = """
POST /desk/c/<slug>/cards/<uuid:card_id>/address
POST /desk/c/<slug>/cards/<uuid:card_id>/erasure
POST /desk/c/<slug>/cards/<uuid:card_id>/release
POST /desk/c/<slug>/cards/<uuid:card_id>/void
GET  /desk/c/<slug>/import/
POST /desk/c/<slug>/import/
POST /desk/c/<slug>/import/cards
GET  /desk/c/<slug>/import/empty.csv
POST /desk/c/<slug>/import/forgetting
GET  /desk/c/<slug>/import/report.csv
GET  /desk/c/<slug>/import/waiting
POST /desk/c/<slug>/kiosks/
GET  /desk/c/<slug>/kiosks/<uuid:kiosk_id>/end
POST /desk/c/<slug>/kiosks/<uuid:kiosk_id>/pairing
POST /desk/c/<slug>/kiosks/<uuid:kiosk_id>/retirement
POST /desk/c/<slug>/kiosks/<uuid:kiosk_id>/revocation
POST /desk/c/<slug>/manifests/sealing
POST /desk/c/<slug>/stock/
POST /desk/c/<slug>/stock/<uuid:stock_id>/again
POST /desk/c/<slug>/stock/<uuid:stock_id>/return
"""

#: What changes a run or a printer, and what shows the cards as they will be on paper.
WHO_PRINTS = """
POST /desk/c/<slug>/print-log/misprints
POST /desk/c/<slug>/print-runs/
POST /desk/c/<slug>/print-runs/first-sheet
POST /desk/c/<slug>/print-runs/<uuid:run_id>/cancellation
GET  /desk/c/<slug>/print-runs/<uuid:run_id>/cover-sheet
POST /desk/c/<slug>/print-runs/<uuid:run_id>/faulty-cards
GET  /desk/c/<slug>/print-runs/<uuid:run_id>/file
POST /desk/c/<slug>/print-runs/<uuid:run_id>/pause
POST /desk/c/<slug>/print-runs/<uuid:run_id>/resumption
POST /desk/c/<slug>/printers/
POST /desk/c/<slug>/printers/removal
"""

#: Looked at without anybody's name on it, by all who come to the desk.
WHOLE_DESK = """
GET  /desk/
GET  /desk/c/<slug>/
GET  /desk/c/<slug>/print-log/
GET  /desk/c/<slug>/print-runs/
GET  /desk/c/<slug>/print-runs/table
GET  /desk/c/<slug>/print-runs/<uuid:run_id>/
GET  /desk/c/<slug>/print-runs/<uuid:run_id>/state
GET  /desk/c/<slug>/printers/
GET  /desk/c/<slug>/printers/calibration/<sheet>.pdf
"""

#: The rest of the desk, to read: no printer needs it for printing.
READERS = """
GET  /desk/c/<slug>/cards/
GET  /desk/c/<slug>/cards/<uuid:card_id>
GET  /desk/c/<slug>/journal/
GET  /desk/c/<slug>/kiosks/
GET  /desk/c/<slug>/mail/
GET  /desk/c/<slug>/manifests/
"""

#: The Post's pages: the Post and the organiser answer, an auditor reads.
POST_READS = """
GET  /partner/
GET  /partner/c/<slug>/
GET  /partner/c/<slug>/manifests/<int:number>
GET  /partner/c/<slug>/manifests/<int:number>/files/<name>
"""
POST_ANSWERS = """
POST /partner/c/<slug>/manifests/<int:number>/receipts
"""

#: The same for the Post's system; who is signed in may ask it too.
SYSTEM_READS = """
GET  /api/v1/partner/manifests
GET  /api/v1/partner/manifests/<int:number>
GET  /api/v1/partner/manifests/<int:number>/files/<name>
"""
SYSTEM_ANSWERS = """
POST /api/v1/partner/manifests/<int:number>/receipts
"""

#: One's own way in.
OWN_SIGN_IN = """
POST /sign-out-everywhere
"""
SECOND_FACTOR = """
GET  /second-factor
POST /second-factor
POST /second-factor/confirmation
POST /second-factor/removal
"""

#: What a kiosk still may when it was retired, in the order of such a device's last hour: it hands in what it holds.
RETIRED_KIOSK = """
GET   /api/v1/kiosk
GET   /api/v1/address-forms/<country>
POST  /api/v1/kiosk/read-back
POST  /api/v1/kiosk/cards
POST  /api/v1/kiosk/batches
GET   /api/v1/kiosk/cards/<uuid:card_id>/postcard.pdf
POST  /api/v1/kiosk/cards/<uuid:card_id>/prints
PATCH /api/v1/kiosk/cards/<uuid:card_id>
POST  /api/v1/kiosk/cards/<uuid:card_id>/void
POST  /api/v1/kiosk/booklets/<uuid:booklet_id>/return
"""
#: What it may no more; nor a card or a line of a batch without a stamp that was lent to it.
KIOSK_IN_USE = """
POST  /api/v1/kiosk/booklets
"""

GROUPS: list[tuple[set[str], str]] = [
    ({"organiser"}, ORGANISERS),
    ({"organiser", "printer"}, WHO_PRINTS),
    ({"organiser", "printer", "auditor"}, WHOLE_DESK),
    ({"organiser", "auditor"}, READERS),
    ({"partner", "organiser", "auditor"}, POST_READS),
    ({"partner", "organiser"}, POST_ANSWERS),
    ({"token", "partner", "organiser", "auditor"}, SYSTEM_READS),
    ({"token", "partner", "organiser"}, SYSTEM_ANSWERS),
    (STAFF, OWN_SIGN_IN),
    (STAFF | {"half"}, SECOND_FACTOR),
    ({"kiosk", "retired kiosk"}, RETIRED_KIOSK),
    ({"kiosk"}, KIOSK_IN_USE),
]


def routes(group: str) -> list[tuple[str, str]]:
    """This will give the methods and rules of a group, in its order."""
    return [(method, rule) for method, rule in (line.split() for line in group.split("\n") if line)]


#: Who may, by method and rule.
MAY = {route: frozenset(who) for who, group in GROUPS for route in routes(group)}
assert len(MAY) == sum(len(routes(group)) for _, group in GROUPS), "a route is written down twice"

#: Rooms with nothing of their own for who has one campaign: they lead on to its page.
LEADS_ON = {"/desk/": "/desk/c/", "/partner/": "/partner/c/"}

#: How many pages and how many files each of them reads at least, among the routes above.
READS = {
    "organiser": (19, 9),
    "printer": (8, 3),
    "auditor": (16, 5),
    "partner": (3, 4),
    "partner token": (0, 3),
    "kiosk": (0, 3),
    "retired kiosk": (0, 3),
    "second factor to be set up": (1, 0),
}
