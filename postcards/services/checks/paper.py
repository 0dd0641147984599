"""Print runs and the print log: what is said to be on paper came out of a printer, with the code it has now."""

from __future__ import annotations

from postcards.services.checks.sentence import Sentence

SENTENCES = (
    Sentence(
        "print_run_cards_differ",
        "print run {slug}/{run}",
        "Print run {run} of {slug} says {cards} cards, {first} to {last}; it holds {found}, {lowest} to {highest}.",
        """
        SELECT c.slug, r.run, r.cards, r.first_number AS first, r.last_number AS last, count(p.position) AS found,
               coalesce(min(p.number)::text, '–') AS lowest, coalesce(max(p.number)::text, '–') AS highest
        FROM print_run r JOIN campaign c ON c.id = r.campaign_id
        LEFT JOIN print_run_card p ON p.print_run_id = r.id
        WHERE c.id = ANY(:campaigns) GROUP BY c.slug, r.id
        HAVING (count(p.position), min(p.number), max(p.number), min(p.position), max(p.position))
               IS DISTINCT FROM (r.cards, r.first_number, r.last_number, 1, r.cards) ORDER BY 1, 2
        """,
    ),
    Sentence(
        "print_run_gap",
        "print run {slug}/{run}",
        "Print runs of {slug} are numbered without gaps, but run {run} is missing.",
        """
        SELECT c.slug, n.run
        FROM (SELECT campaign_id, max(run) AS last FROM print_run WHERE campaign_id = ANY(:campaigns) GROUP BY 1) m
        JOIN campaign c ON c.id = m.campaign_id CROSS JOIN LATERAL generate_series(1, m.last) AS n(run)
        LEFT JOIN print_run r ON r.campaign_id = m.campaign_id AND r.run = n.run
        WHERE r.id IS NULL ORDER BY 1, 2
        """,
    ),
    Sentence(
        "claimed_by_finished_run",
        "card {id}",
        "Card {number} of {slug} is {status} and claimed by print run {run}, but that run {what}.",
        """
        SELECT c.slug, k.id, k.number, k.status, r.run,
               CASE WHEN p.card_id IS NULL THEN 'does not list it' ELSE 'is ' || r.status END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        JOIN print_run r ON r.campaign_id = k.campaign_id AND r.id = k.print_run_id
        LEFT JOIN print_run_card p ON p.print_run_id = r.id AND p.card_id = k.id
        WHERE c.id = ANY(:campaigns) AND k.print_run_id IS NOT NULL
          AND (p.card_id IS NULL OR r.status NOT IN ('queued', 'drawing', 'paused', 'failed')) ORDER BY 1, 3
        """,
    ),
    # A card that was corrected or given up before its run was ready is left out of it, or its paper is stale.
    Sentence(
        "run_not_logged",
        "print run {slug}/{run}",
        "Print run {run} of {slug} is ready, but the print log has no line for its card {number}, code {code}.",
        """
        SELECT c.slug, r.run, p.number, p.code
        FROM print_run r JOIN campaign c ON c.id = r.campaign_id
        JOIN print_run_card p ON p.print_run_id = r.id AND p.outcome = 'drawn'
        LEFT JOIN print_log l ON l.campaign_id = r.campaign_id AND l.card_id = p.card_id AND l.print_run_id = r.id
        WHERE c.id = ANY(:campaigns) AND r.status = 'ready' AND NOT r.draft AND l.id IS NULL ORDER BY 1, 2, 3
        """,
    ),
    Sentence(
        "print_parts_differ",
        "print run {slug}/{run}",
        "Print run {run} of {slug} says {parts} parts over {cards} cards; its parts are {found}, over {covered}.",
        """
        SELECT c.slug, r.run, r.parts, r.cards, count(p.part) AS found,
               coalesce(sum(p.last_position - p.first_position + 1), 0) AS covered
        FROM print_run r JOIN campaign c ON c.id = r.campaign_id LEFT JOIN print_part p ON p.print_run_id = r.id
        WHERE c.id = ANY(:campaigns) GROUP BY c.slug, r.id
        HAVING (count(p.part), coalesce(sum(p.last_position - p.first_position + 1), 0), coalesce(min(p.part), 1),
                coalesce(max(p.part), 0), coalesce(min(p.first_position), 1), coalesce(max(p.last_position), 0))
               IS DISTINCT FROM (r.parts, r.cards, 1, r.parts, 1, r.cards) ORDER BY 1, 2
        """,
    ),
    Sentence(
        "ready_with_undrawn_part",
        "print run {slug}/{run}",
        "Print run {run} of {slug} is ready, but its part {part} is {status}.",
        """
        SELECT c.slug, r.run, p.part, p.status FROM print_run r JOIN campaign c ON c.id = r.campaign_id
        JOIN print_part p ON p.print_run_id = r.id
        WHERE c.id = ANY(:campaigns) AND r.status = 'ready' AND p.status NOT IN ('drawn', 'empty', 'gone')
        ORDER BY 1, 2, 3
        """,
    ),
    Sentence(
        "spoiled_code_in_force",
        "card {id}",
        "Card {number} of {slug} was spoiled under code {code}, but that code is still in force.",
        """
        SELECT c.slug, s.card_id AS id, s.number, s.code FROM spoiled_print s JOIN campaign c ON c.id = s.campaign_id
        JOIN tracking_code t ON t.code = s.code
        WHERE c.id = ANY(:campaigns) AND t.ended IS NULL ORDER BY 1, 3
        """,
    ),
    Sentence(
        "printed_without_paper",
        "card {id}",
        "Card {number} of {slug} is {status}, but {what}.",
        """
        SELECT c.slug, k.id, k.number, k.status,
               CASE WHEN k.printed_at IS NULL THEN 'the time it was printed is empty'
                    ELSE 'the print log has no line with its code ' || k.code END AS what
        FROM card k JOIN campaign c ON c.id = k.campaign_id
        WHERE c.id = ANY(:campaigns) AND k.status IN ('printed', 'sealed', 'handed_over')
          AND (k.printed_at IS NULL
               OR NOT EXISTS (SELECT FROM print_log l WHERE l.campaign_id = k.campaign_id AND l.card_id = k.id
                              AND l.code = k.code)) ORDER BY 1, 3
        """,
    ),
)
