"""The statement that writes a card with all that belongs to it: code, person, journal, tally, print log.

It stands twice: behind a stamp that was taken before (`WRITE`), and, for the everyday case, with the taking of a free
stamp in the same statement (`TAKE_AND_WRITE`), so that a registration is one round trip and one transaction.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

#: The stamp was taken by an earlier statement of this transaction.
_TAKEN = "SELECT CAST(:number AS integer) AS number"

#: Takes the next free stamp, unless the id is known or kiosk or campaign are not what they were: then no row comes,
#: and the steps one by one say why. `=` and not IN: with IN the subquery may be run again and two stamps be taken.
_TAKE = """
        UPDATE stamp SET status = 'used', card_id = :card_id
        WHERE campaign_id = :campaign_id AND number = (
            SELECT number FROM stamp
            WHERE campaign_id = :campaign_id AND status = 'free'
              AND NOT EXISTS (SELECT FROM card WHERE id = :card_id)
              AND EXISTS (
                SELECT FROM kiosk JOIN campaign ON campaign.id = kiosk.campaign_id
                WHERE kiosk.id = :kiosk_id AND kiosk.status = 'active' AND campaign.status = 'open')
            ORDER BY turn LIMIT 1 FOR UPDATE OF stamp SKIP LOCKED)
        RETURNING number"""

#: A stamp out of the drawer gets new codes; one that was lent has its own since then.
_NEW_CODE = """code AS (
        INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)
        SELECT :code, :slip_code, :campaign_id, number, :card_id, :at FROM taken
        RETURNING number, code, slip_code"""
_NEW_OR_OLD_CODE = """new_code AS (
        INSERT INTO tracking_code (code, slip_code, campaign_id, number, card_id, given_at)
        SELECT :code, :slip_code, :campaign_id, number, :card_id, :at FROM taken WHERE NOT CAST(:was_lent AS boolean)
        RETURNING number, code, slip_code
    ), old_code AS (
        UPDATE tracking_code SET card_id = :card_id FROM taken
        WHERE tracking_code.campaign_id = :campaign_id AND tracking_code.number = taken.number AND ended IS NULL
          AND CAST(:was_lent AS boolean)
        RETURNING tracking_code.number, code, slip_code
    ), code AS (
        SELECT number, code, slip_code FROM new_code UNION ALL SELECT number, code, slip_code FROM old_code"""

_PRINTED = """, made_printed AS (
        INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by)
        SELECT :card_id, :campaign_id, :card_id, number, code.code, :printed_at, :at, :by FROM code
        WHERE CAST(:printed_at AS timestamptz) IS NOT NULL
    )"""

#: Foreign keys are looked at when the statement ends, the stamp's own at the commit.
_CARD = """
    WITH taken AS ({taken}
    ), known AS (
        SELECT EXISTS (
            SELECT FROM person WHERE campaign_id = :campaign_id AND recipient_index = :recipient_index) AS known
    ), {code}
    ), made_card AS (
        INSERT INTO card (id, campaign_id, number, status, code, kiosk_id, venue_slug, country, language,
            consent_version, arrival_notice, registered_at, received_at, printed_at, held, warnings, body_mark,
            address_on_paper)
        SELECT :card_id, :campaign_id, code.number, :status, code.code, :kiosk_id, :venue_slug, :country, :language,
            :consent_version, :arrival_notice, :registered_at, :at, :printed_at, :held,
            CAST(:warnings AS text[]) || CASE WHEN known.known THEN ARRAY['same_recipient'] ELSE '{{}}' END, :body_mark,
            :address_on_paper
        FROM code, known
        RETURNING warnings
    ), made_person AS (
        INSERT INTO person (card_id, campaign_id, key_id, sender, recipient, message, volunteer, email_index,
            recipient_index)
        SELECT :card_id, :campaign_id, :key_id, :sender, :recipient, :message, :volunteer, :email_index,
            :recipient_index FROM code
    ), made_journal AS (
        INSERT INTO journal (campaign_id, at, by, action, subject, number, detail)
        SELECT :campaign_id, :at, :by, 'card.registered', :subject, number, CAST(:detail AS jsonb) FROM code
    ), made_tally AS (
        INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards)
        SELECT :campaign_id, coalesce(CAST(:venue_slug AS text), ''), :country, :status, 1 FROM code
    ){printed}
    SELECT code.number, code.code, code.slip_code, made_card.warnings FROM code, made_card
    """

WRITE = text(_CARD.format(taken=_TAKEN, code=_NEW_OR_OLD_CODE, printed=_PRINTED))
#: In the driver's own spelling, `%(name)s`, for it goes there without a session. What the everyday case never does is
#: left out: PostgreSQL opens and locks at each execution what a statement names, whether it comes to it or not.
_DRIVER = postgresql.dialect()  # type: ignore[no-untyped-call]
TAKE_AND_WRITE = str(
    text(_CARD.format(taken=_TAKE, code=_NEW_CODE, printed="")).compile(dialect=_DRIVER)
).encode()
