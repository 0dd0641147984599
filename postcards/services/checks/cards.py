"""Cards, their tallies, people, arrivals, mail and journal: what is counted and recorded is what is there."""

from __future__ import annotations

from postcards.services.checks.sentence import Sentence

SENTENCES = (
    Sentence(
        "tally_differs",
        "tally {slug}/{venue}/{country}/{status}",
        "The tally of {slug} says {told} cards {status} to {country} from {venue}; there are {found}.",
        """
        WITH told AS (
            SELECT campaign_id, venue_slug, country, status, sum(cards) AS cards
            FROM (SELECT campaign_id, venue_slug, country, status, cards FROM tally
                  UNION ALL SELECT campaign_id, venue_slug, country, status, cards FROM tally_delta) AS parts
            WHERE campaign_id = ANY(:campaigns) GROUP BY 1, 2, 3, 4
        ), found AS (
            SELECT campaign_id, coalesce(venue_slug, '') AS venue_slug, country, status, count(*) AS cards
            FROM card WHERE campaign_id = ANY(:campaigns) GROUP BY 1, 2, 3, 4
        )
        SELECT c.slug, coalesce(nullif(both_sides.venue_slug, ''), '(no venue)') AS venue, both_sides.country,
               both_sides.status, both_sides.told, both_sides.found
        FROM (
            SELECT campaign_id, venue_slug, country, status, coalesce(told.cards, 0) AS told,
                   coalesce(found.cards, 0) AS found
            FROM told FULL JOIN found USING (campaign_id, venue_slug, country, status)
        ) AS both_sides JOIN campaign c ON c.id = both_sides.campaign_id
        WHERE both_sides.told <> both_sides.found ORDER BY 1, 2, 3, 4
        """,
    ),
    Sentence(
        "person_missing",
        "card {id}",
        "Card {number} of {slug} is {status}, but {what}.",
        """
        SELECT c.slug, k.id, k.number, k.status,
               CASE WHEN p.card_id IS NULL THEN 'it has no row of people''s data'
                    ELSE 'nobody knows where it goes: the recipient is empty' END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        LEFT JOIN person p ON p.campaign_id = k.campaign_id AND p.card_id = k.id
        WHERE c.id = ANY(:campaigns) AND k.status <> 'void'
          AND (p.card_id IS NULL OR (p.recipient IS NULL AND k.status IN ('registered', 'printed')
               AND NOT k.address_on_paper
               AND coalesce(p.sender, p.message, p.volunteer) IS NOT NULL))
        ORDER BY 1, 3
        """,
    ),
    Sentence(
        "written_by_hand",
        "card {id}",
        "Card {number} of {slug} {what}.",
        """
        SELECT c.slug, k.id, k.number,
               CASE WHEN k.address_on_paper AND p.recipient IS NOT NULL
                    THEN 'was written by hand, but a recipient is kept for it'
                    WHEN k.address_on_paper THEN 'was written by hand, but its code is on no stock card'
                    ELSE 'bears the code of a stock card, but was not written by hand' END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        JOIN tracking_code t ON t.code = k.code
        LEFT JOIN booklet b ON b.campaign_id = t.campaign_id AND b.id = t.booklet_id
        LEFT JOIN person p ON p.campaign_id = k.campaign_id AND p.card_id = k.id
        WHERE c.id = ANY(:campaigns)
          AND (k.address_on_paper <> coalesce(b.kind = 'stock', false)
               OR (k.address_on_paper AND p.recipient IS NOT NULL)) ORDER BY 1, 3
        """,
    ),
    Sentence(
        "arrival_differs",
        "card {id}",
        "Card {number} of {slug} is {status}, but {what}.",
        """
        SELECT c.slug, k.id, k.number, k.status,
               CASE WHEN a.card_id IS NULL THEN 'nobody''s word that it arrived is kept'
                    ELSE 'a recipient said that it arrived' END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        LEFT JOIN arrival a ON a.campaign_id = k.campaign_id AND a.card_id = k.id
        WHERE c.id = ANY(:campaigns) AND (k.status = 'arrived') <> (a.card_id IS NOT NULL) ORDER BY 1, 3
        """,
    ),
    Sentence(
        "mail_differs",
        "mail {id}",
        "The mail {kind} about card {number} of {slug} {what}.",
        """
        SELECT c.slug, m.id, m.kind, k.number,
               CASE WHEN (m.status = 'sent') <> (m.sent_at IS NOT NULL)
                    THEN 'is ' || m.status || ', but its time of sending '
                         || CASE WHEN m.sent_at IS NULL THEN 'is empty' ELSE 'is set' END
                    WHEN m.kind = 'arrival_notice' AND NOT k.arrival_notice THEN 'was never asked for'
                    ELSE 'stands there, but the card is ' || k.status END AS what
        FROM mail m JOIN campaign c ON c.id = m.campaign_id
        JOIN card k ON k.campaign_id = m.campaign_id AND k.id = m.card_id
        WHERE c.id = ANY(:campaigns)
          AND ((m.status = 'sent') <> (m.sent_at IS NOT NULL)
               OR (m.kind = 'arrival_notice' AND (NOT k.arrival_notice OR k.status <> 'arrived'))) ORDER BY 1, 4
        """,
    ),
    Sentence(
        "mail_missing",
        "card {id}",
        "Card {number} of {slug} arrived and its sender asked to be told, but no mail waits or was sent.",
        """
        SELECT c.slug, k.id, k.number FROM card k JOIN campaign c ON c.id = k.campaign_id
        JOIN person p ON p.campaign_id = k.campaign_id AND p.card_id = k.id
        WHERE c.id = ANY(:campaigns) AND k.status = 'arrived' AND k.arrival_notice AND p.email_index IS NOT NULL
          AND NOT EXISTS (SELECT FROM mail m WHERE m.campaign_id = k.campaign_id AND m.card_id = k.id
                          AND m.kind = 'arrival_notice') ORDER BY 1, 3
        """,
    ),
    Sentence(
        "card_not_in_journal",
        "card {id}",
        "Card {number} of {slug} stands in no entry of the journal: nobody is written down for it.",
        """
        SELECT c.slug, k.id, k.number FROM card k JOIN campaign c ON c.id = k.campaign_id
        WHERE c.id = ANY(:campaigns)
          AND NOT EXISTS (SELECT FROM journal j WHERE j.subject = 'card:' || k.id AND j.campaign_id = k.campaign_id)
        ORDER BY 1, 3
        """,
    ),
    Sentence(
        "journal_differs",
        "journal {id}",
        "Entry {id} of the journal ({action}, {subject}) {what}.",
        """
        SELECT j.id, j.action, j.subject,
               CASE WHEN j.at < c.created_at - interval '1 hour' THEN 'is older than its campaign'
                    WHEN k.id IS NULL THEN 'is about a card that does not exist'
                    WHEN k.campaign_id <> j.campaign_id THEN 'is about a card of another campaign'
                    ELSE 'says number ' || j.number || ', but the card has number ' || k.number END AS what
        FROM journal j JOIN campaign c ON c.id = j.campaign_id
        LEFT JOIN card k ON 'card:' || k.id = j.subject
        WHERE c.id = ANY(:campaigns)
          AND (j.at < c.created_at - interval '1 hour'
               OR (j.subject LIKE 'card:%' AND (k.id IS NULL OR k.campaign_id <> j.campaign_id
                                                OR k.number <> j.number))) ORDER BY 1
        """,
    ),
)
