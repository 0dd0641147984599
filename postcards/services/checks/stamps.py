"""Stamps, booklets and tracking codes: the drawer is whole, and every number has one owner and one code."""

from __future__ import annotations

from postcards.services.checks.sentence import Sentence

SENTENCES = (
    Sentence(
        "stamp_missing",
        "stamp {slug}/{number}",
        "The cap of {slug} is {cap}, but there is no stamp {number}.",
        """
        SELECT c.slug, c.cap, n.number
        FROM campaign c CROSS JOIN LATERAL generate_series(1, c.cap) AS n(number)
        LEFT JOIN stamp s ON s.campaign_id = c.id AND s.number = n.number
        WHERE c.id = ANY(:campaigns) AND s.number IS NULL ORDER BY 1, 3
        """,
    ),
    Sentence(
        "stamp_above_cap",
        "stamp {slug}/{number}",
        "There is a stamp {number}, but the cap of {slug} is {cap}.",
        """
        SELECT c.slug, c.cap, s.number FROM stamp s JOIN campaign c ON c.id = s.campaign_id
        WHERE c.id = ANY(:campaigns) AND s.number > c.cap ORDER BY 1, 3
        """,
    ),
    Sentence(
        "stamp_used_by_nobody",
        "stamp {slug}/{number}",
        "Stamp {number} says that card {card} uses it, but that card {what}.",
        """
        SELECT c.slug, s.number, s.card_id AS card,
               CASE WHEN k.id IS NULL THEN 'does not exist'
                    WHEN k.status = 'void' THEN 'is void'
                    ELSE 'stands on number ' || k.number END AS what
        FROM stamp s JOIN campaign c ON c.id = s.campaign_id
        LEFT JOIN card k ON k.campaign_id = s.campaign_id AND k.id = s.card_id
        WHERE c.id = ANY(:campaigns) AND s.status = 'used'
          AND (k.id IS NULL OR k.status = 'void' OR k.number <> s.number) ORDER BY 1, 2
        """,
    ),
    Sentence(
        "card_without_stamp",
        "card {id}",
        "Card {number} of {slug} is {status}, but stamp {number} is {what}.",
        """
        SELECT c.slug, k.id, k.number, k.status,
               CASE WHEN s.number IS NULL THEN 'missing'
                    WHEN s.status = 'used' THEN 'used by card ' || s.card_id
                    ELSE s.status END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        LEFT JOIN stamp s ON s.campaign_id = k.campaign_id AND s.number = k.number
        WHERE c.id = ANY(:campaigns) AND k.status <> 'void'
          AND (s.status = 'used' AND s.card_id = k.id) IS NOT TRUE ORDER BY 1, 3
        """,
    ),
    Sentence(
        "stamp_lent_wrongly",
        "stamp {slug}/{number}",
        "Stamp {number} is lent, but its booklet {booklet} {what}.",
        """
        SELECT c.slug, s.number, coalesce(s.booklet_id::text, '(none)') AS booklet,
               CASE WHEN b.id IS NULL THEN 'does not exist' WHEN k.id IS NULL THEN 'belongs to no kiosk'
                    ELSE 'is ' || b.status END AS what
        FROM stamp s JOIN campaign c ON c.id = s.campaign_id
        LEFT JOIN booklet b ON b.campaign_id = s.campaign_id AND b.id = s.booklet_id
        LEFT JOIN kiosk k ON k.campaign_id = b.campaign_id AND k.id = b.kiosk_id
        WHERE c.id = ANY(:campaigns) AND s.status = 'lent'
          AND (b.status = 'lent' AND k.id IS NOT NULL) IS NOT TRUE ORDER BY 1, 2
        """,
    ),
    Sentence(
        "booklet_overfull",
        "booklet {id}",
        "Booklet {id} of {slug} was lent {lent} stamps, but {found} stamps say that they are in it.",
        """
        SELECT c.slug, b.id, b.lent, count(*) AS found
        FROM booklet b JOIN campaign c ON c.id = b.campaign_id
        JOIN stamp s ON s.campaign_id = b.campaign_id AND s.booklet_id = b.id
        WHERE c.id = ANY(:campaigns) GROUP BY c.slug, b.id, b.lent HAVING count(*) > b.lent ORDER BY 1, 2
        """,
    ),
    Sentence(
        "code_in_force_on_idle_stamp",
        "code {code}",
        "Stamp {number} of {slug} is {status}, but its tracking code {code} is still in force.",
        """
        SELECT c.slug, s.number, s.status, t.code
        FROM tracking_code t JOIN campaign c ON c.id = t.campaign_id
        JOIN stamp s ON s.campaign_id = t.campaign_id AND s.number = t.number
        WHERE c.id = ANY(:campaigns) AND t.ended IS NULL AND s.status NOT IN ('lent', 'used') ORDER BY 1, 2
        """,
    ),
    Sentence(
        "lent_stamp_without_code",
        "stamp {slug}/{number}",
        "Stamp {number} is lent, but {what}.",
        """
        SELECT c.slug, s.number,
               CASE WHEN t.code IS NULL THEN 'it has no tracking code in force'
                    ELSE 'its code ' || t.code || ' belongs to card ' || t.card_id END AS what
        FROM stamp s JOIN campaign c ON c.id = s.campaign_id
        LEFT JOIN tracking_code t ON t.campaign_id = s.campaign_id AND t.number = s.number AND t.ended IS NULL
        WHERE c.id = ANY(:campaigns) AND s.status = 'lent'
          AND (t.code IS NULL OR t.card_id IS NOT NULL) ORDER BY 1, 2
        """,
    ),
    Sentence(
        "card_without_its_code",
        "card {id}",
        "Card {number} of {slug} says that its code is {code}, but {what}.",
        """
        SELECT c.slug, k.id, k.number, k.code,
               CASE WHEN t.code IS NULL THEN 'number ' || k.number || ' has no code in force'
                    WHEN t.code <> k.code THEN 'the code in force is ' || t.code
                    WHEN t.card_id IS NULL THEN 'that code belongs to no card'
                    ELSE 'that code belongs to card ' || t.card_id END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        LEFT JOIN tracking_code t ON t.campaign_id = k.campaign_id AND t.number = k.number AND t.ended IS NULL
        WHERE c.id = ANY(:campaigns) AND k.status <> 'void'
          AND (t.code = k.code AND t.card_id = k.id) IS NOT TRUE ORDER BY 1, 3
        """,
    ),
    Sentence(
        "code_of_void_card",
        "code {code}",
        "Card {number} of {slug} is void, but its tracking code {code} is still in force.",
        """
        SELECT c.slug, k.number, t.code
        FROM tracking_code t JOIN campaign c ON c.id = t.campaign_id
        JOIN card k ON k.campaign_id = t.campaign_id AND k.id = t.card_id
        WHERE c.id = ANY(:campaigns) AND t.ended IS NULL AND k.status = 'void' ORDER BY 1, 2
        """,
    ),
)
