"""Tables and their constraints, one noun a file; no queries here.

Every table of a campaign carries `campaign_id`, and every reference inside a campaign is composite, so a row cannot
point into another campaign. What plain constraints cannot say (the journal only grows, a sealed manifest does not
change, no stamp above the cap) stands as triggers in the first migration.
"""

from postcards.models.arrival import Arrival
from postcards.models.base import Base
from postcards.models.booklet import Booklet
from postcards.models.campaign import Campaign, Venue
from postcards.models.card import Card
from postcards.models.do_not_write import DoNotWrite
from postcards.models.erasure import Erasure
from postcards.models.heartbeat import Heartbeat
from postcards.models.journal import JournalEntry, JournalLink
from postcards.models.kiosk import Kiosk
from postcards.models.mail import Mail
from postcards.models.manifest import Manifest, ManifestFile, ManifestLine
from postcards.models.partner_token import PartnerToken
from postcards.models.person import Person
from postcards.models.print_run import (
    Printer,
    PrintFault,
    PrintLog,
    PrintPart,
    PrintRun,
    PrintRunCard,
    SpoiledPrint,
)
from postcards.models.receipt import Receipt, ReceiptRefusal
from postcards.models.retention_turn import RetentionTurn
from postcards.models.staff import (
    RecoveryCode,
    SecondFactor,
    SignInAttempts,
    SignInLink,
    Staff,
    StaffRole,
    StaffSession,
)
from postcards.models.stamp import Stamp
from postcards.models.tally import Tally, TallyDelta
from postcards.models.tracking_code import TrackingCode

__all__ = [
    "Arrival",
    "Base",
    "Booklet",
    "Campaign",
    "Card",
    "DoNotWrite",
    "Erasure",
    "Heartbeat",
    "JournalEntry",
    "JournalLink",
    "Kiosk",
    "Mail",
    "Manifest",
    "ManifestFile",
    "ManifestLine",
    "PartnerToken",
    "Person",
    "PrintFault",
    "PrintLog",
    "PrintPart",
    "PrintRun",
    "PrintRunCard",
    "Printer",
    "Receipt",
    "ReceiptRefusal",
    "RecoveryCode",
    "RetentionTurn",
    "SecondFactor",
    "SignInAttempts",
    "SignInLink",
    "SpoiledPrint",
    "Staff",
    "StaffRole",
    "StaffSession",
    "Stamp",
    "Tally",
    "TallyDelta",
    "TrackingCode",
    "Venue",
]
