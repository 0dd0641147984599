"""Fills a campaign with cards by SQL alone: what is measured then is looking and sealing, not registering."""

from __future__ import annotations

import datetime as dt
import json
import uuid

from sqlalchemy import text

from bench.house import Measured
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.services import tallies

#: A recipient as it is kept, before it is sealed.
RECIPIENT = json.dumps(
    {
        "name": "Jonas",
        "country": "DE",
        "lines": ["Hauptstr. 5"],
        "postal_code": "10115",
        "city": "Berlin",
        "region": None,
    }
).encode()

#: Where cards are that a campaign has been about for a while, in twentieths of all.
ON_THE_WAY = ("sealed",) * 2 + ("handed_over",) * 9 + ("arrived",) * 8 + ("returned",)
COUNTRIES = (
    "DE",
    "GB",
    "US",
    "PL",
    "UA",
    "NO",
    "IE",
    "CA",
    "AU",
    "FR",
    "ES",
    "IT",
    "SE",
    "FI",
    "LV",
    "EE",
    "JP",
    "BR",
)


def fill(measured: Measured, cards: int, *, statuses: tuple[str, ...] = ("printed",)) -> list[str]:
    """This will use the first stamps for `cards` cards with people, in these states by turns; gives their codes."""
    now = dt.datetime.now(dt.UTC)
    with measured.kit.begin() as session:
        key_id = session.execute(
            text("SELECT data_key FROM campaign WHERE id = :id"), {"id": measured.campaign_id}
        ).scalar_one()
        ids = [uuid.uuid4() for _ in range(cards)]
        codes = [new_tracking_code() for _ in ids]
        values = {
            "campaign_id": measured.campaign_id,
            "key_id": key_id,
            "at": now,
            "ids": ids,
            "codes": codes,
            "slips": [new_slip_code() for _ in ids],
            "recipients": [
                measured.kit.vault.seal(key_id, RECIPIENT, about=f"{card_id}/recipient") for card_id in ids
            ],
            "statuses": list(statuses),
            "countries": list(COUNTRIES),
            "venues": [venue.slug for venue in measured.edition.venues],
        }
        for statement in (_STAMPS, _CODES, _CARDS, _PEOPLE, _PRINTS, _ARRIVALS, _TALLIES):
            session.execute(text(statement), values)
        tallies.fold(session)
    analyse(measured)
    return codes


def fill_bare(measured: Measured, cards: int) -> None:
    """This will use stamps for cards that nobody wrote, in every state: what the desk counts, in seconds."""
    with measured.kit.begin() as session:
        values = {
            "campaign_id": measured.campaign_id,
            "cards": cards,
            "at": dt.datetime.now(dt.UTC),
            "statuses": ["registered", "printed", *ON_THE_WAY],
            "countries": list(COUNTRIES),
            "venues": [venue.slug for venue in measured.edition.venues],
        }
        for statement in (_BARE_IDS, _BARE_STAMPS, _BARE_CODES, _BARE_CARDS, _PRINTS, _ARRIVALS, _TALLIES):
            session.execute(text(statement), values)
        tallies.fold(session)
    analyse(measured)


def analyse(measured: Measured) -> None:
    """This will tell PostgreSQL what is there, as autovacuum does after a minute."""
    with measured.kit.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


_GIVEN = """unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:slips AS text[]))
    WITH ORDINALITY AS g (id, code, slip, n)"""
_STAMPS = f"""
UPDATE stamp SET status = 'used', card_id = g.id FROM {_GIVEN}
WHERE stamp.campaign_id = :campaign_id AND stamp.number = g.n
"""
_CODES = f"""
INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)
SELECT code, slip, :campaign_id, n, id, :at FROM {_GIVEN}
"""
#: One card for each row of `g (id, code, n)`: its state, country and venue by turns, its moments as far as it has come.
_AS_IT_STANDS = """
INSERT INTO card (id, campaign_id, number, status, code, venue_slug, country, language, consent_version,
    arrival_notice, registered_at, received_at, printed_at, sealed_at, handed_over_at, arrived_at, body_mark)
SELECT id, :campaign_id, n, status, code, venues[1 + n % cardinality(venues)],
    countries[1 + n % cardinality(countries)], 'lt', '2026-1', false, CAST(:at AS timestamptz), :at,
    CASE WHEN status <> 'registered' THEN CAST(:at AS timestamptz) END,
    CASE WHEN status NOT IN ('registered', 'printed') THEN CAST(:at AS timestamptz) END,
    CASE WHEN status IN ('handed_over', 'arrived', 'returned') THEN CAST(:at AS timestamptz) END,
    CASE WHEN status = 'arrived' THEN CAST(:at AS timestamptz) END, ''
FROM (
    SELECT id, code, n, (CAST(:statuses AS text[]))[1 + n % cardinality(CAST(:statuses AS text[]))] AS status,
        CAST(:venues AS text[]) AS venues, CAST(:countries AS text[]) AS countries
    FROM {given}
) AS every_card
"""
_CARDS = _AS_IT_STANDS.format(given=_GIVEN)
_PEOPLE = """
INSERT INTO person (card_id, campaign_id, key_id, recipient)
SELECT id, :campaign_id, :key_id, recipient
FROM unnest(CAST(:ids AS uuid[]), CAST(:recipients AS bytea[])) AS g (id, recipient)
"""
#: Each came out of a kiosk's printer.
_PRINTS = """
INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by)
SELECT gen_random_uuid(), campaign_id, id, number, code, printed_at, printed_at, 'bench' FROM card
WHERE campaign_id = :campaign_id AND printed_at IS NOT NULL
"""
_ARRIVALS = """
INSERT INTO arrival (card_id, campaign_id, arrived_at)
SELECT id, campaign_id, arrived_at FROM card WHERE campaign_id = :campaign_id AND status = 'arrived'
"""
_TALLIES = """
INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards)
SELECT campaign_id, venue_slug, country, status, count(*) FROM card WHERE campaign_id = :campaign_id GROUP BY 1, 2, 3, 4
"""

_BARE_IDS = """
CREATE TEMPORARY TABLE bare ON COMMIT DROP AS
SELECT n, gen_random_uuid() AS id, 'CODE' || n AS code FROM generate_series(1, :cards) AS n
"""
_BARE_STAMPS = """
UPDATE stamp SET status = 'used', card_id = bare.id FROM bare
WHERE stamp.campaign_id = :campaign_id AND stamp.number = bare.n
"""
_BARE_CODES = """
INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)
SELECT code, 'SLIP' || n, :campaign_id, n, id, :at FROM bare
"""
_BARE_CARDS = _AS_IT_STANDS.format(given="bare")
