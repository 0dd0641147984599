"""Manifests, lines and receipts: gap-free, chained, and every card on exactly as many open lines as its state says."""

from __future__ import annotations

from postcards.services.checks.sentence import Sentence

SENTENCES = (
    Sentence(
        "manifest_gap",
        "manifest {slug}/{number}",
        "Manifests of {slug} are numbered without gaps, but there is no manifest {number}.",
        """
        SELECT c.slug, n.number
        FROM (SELECT campaign_id, max(number) AS last FROM manifest WHERE campaign_id = ANY(:campaigns) GROUP BY 1) m
        JOIN campaign c ON c.id = m.campaign_id CROSS JOIN LATERAL generate_series(1, m.last) AS n(number)
        LEFT JOIN manifest f ON f.campaign_id = m.campaign_id AND f.number = n.number
        WHERE f.id IS NULL ORDER BY 1, 2
        """,
    ),
    Sentence(
        "manifest_version_gap",
        "manifest {slug}/{number}",
        "Manifest {number} of {slug} has a version {last}, but no version {version}.",
        """
        SELECT c.slug, m.number, m.last, n.version
        FROM (SELECT campaign_id, number, max(version) AS last FROM manifest
              WHERE campaign_id = ANY(:campaigns) GROUP BY 1, 2) m
        JOIN campaign c ON c.id = m.campaign_id CROSS JOIN LATERAL generate_series(1, m.last) AS n(version)
        LEFT JOIN manifest f ON f.campaign_id = m.campaign_id AND f.number = m.number AND f.version = n.version
        WHERE f.id IS NULL ORDER BY 1, 2, 4
        """,
    ),
    Sentence(
        "manifest_left_open",
        "manifest {slug}/{number}.{version}",
        "Manifest {number}.{version} of {slug} is a draft: its sealing did not end, yet it was kept.",
        """
        SELECT c.slug, m.number, m.version FROM manifest m JOIN campaign c ON c.id = m.campaign_id
        WHERE c.id = ANY(:campaigns) AND m.status = 'draft' ORDER BY 1, 2
        """,
    ),
    Sentence(
        "manifest_lines_differ",
        "manifest {slug}/{number}.{version}",
        "Manifest {number}.{version} of {slug} says {told} lines; there are {found}, numbered {lowest} to {highest}.",
        """
        SELECT c.slug, m.number, m.version, m.lines AS told, count(l.line) AS found,
               coalesce(min(l.line)::text, '–') AS lowest, coalesce(max(l.line)::text, '–') AS highest
        FROM manifest m JOIN campaign c ON c.id = m.campaign_id
        LEFT JOIN manifest_line l ON l.manifest_id = m.id
        WHERE c.id = ANY(:campaigns) GROUP BY c.slug, m.id
        HAVING (count(l.line), coalesce(min(l.line), 1), coalesce(max(l.line), 0))
               IS DISTINCT FROM (m.lines, 1, m.lines) ORDER BY 1, 2, 3
        """,
    ),
    Sentence(
        "line_differs",
        "manifest {slug}/{number}.{version} line {line}",
        "Line {line} of manifest {number}.{version} says card number {told}, but that card has number {found}.",
        """
        SELECT c.slug, m.number, m.version, l.line, l.card_number AS told, k.number AS found
        FROM manifest_line l JOIN manifest m ON m.id = l.manifest_id JOIN campaign c ON c.id = m.campaign_id
        JOIN card k ON k.campaign_id = l.campaign_id AND k.id = l.card_id
        WHERE c.id = ANY(:campaigns) AND l.card_number <> k.number ORDER BY 1, 2, 3, 4
        """,
    ),
    Sentence(
        "line_closed_too_early",
        "card {id}",
        "Card {number} of {slug} is on a sealed manifest by its own word, but no open line holds it.",
        """
        SELECT c.slug, k.id, k.number FROM card k JOIN campaign c ON c.id = k.campaign_id
        WHERE c.id = ANY(:campaigns) AND k.status = 'sealed'
          AND NOT EXISTS (SELECT FROM manifest_line l WHERE l.campaign_id = k.campaign_id AND l.card_id = k.id
                          AND l.is_open) ORDER BY 1, 3
        """,
    ),
    Sentence(
        "line_left_open",
        "card {id}",
        "Card {number} of {slug} is {status}, but line {line} of manifest {manifest}.{version} still holds it.",
        """
        SELECT c.slug, k.id, k.number, k.status, l.line, m.number AS manifest, m.version
        FROM manifest_line l JOIN manifest m ON m.id = l.manifest_id JOIN campaign c ON c.id = m.campaign_id
        JOIN card k ON k.campaign_id = l.campaign_id AND k.id = l.card_id
        WHERE c.id = ANY(:campaigns) AND l.is_open AND k.status NOT IN ('sealed', 'arrived') ORDER BY 1, 3
        """,
    ),
    Sentence(
        "handed_over_without_line",
        "card {id}",
        "Card {number} of {slug} is {status}, but it stands on no manifest at all.",
        """
        SELECT c.slug, k.id, k.number, k.status FROM card k JOIN campaign c ON c.id = k.campaign_id
        WHERE c.id = ANY(:campaigns) AND k.status IN ('handed_over', 'refused', 'returned', 'arrived')
          AND NOT EXISTS (SELECT FROM manifest_line l WHERE l.campaign_id = k.campaign_id AND l.card_id = k.id)
        ORDER BY 1, 3
        """,
    ),
    Sentence(
        "receipt_differs",
        "receipt {id}",
        "Receipt {id} for manifest {number}.{version} of {slug} counts {accepted} + {refused} "
        "and names {named} refused cards; the manifest has {lines} lines.",
        """
        SELECT c.slug, r.id, m.number, m.version, r.accepted, r.refused, m.lines,
               (SELECT count(*) FROM receipt_refusal x WHERE x.receipt_id = r.id) AS named
        FROM receipt r JOIN manifest m ON m.id = r.manifest_id JOIN campaign c ON c.id = r.campaign_id
        WHERE c.id = ANY(:campaigns)
          AND ((SELECT count(*) FROM receipt_refusal x WHERE x.receipt_id = r.id) <> r.refused
               OR (r.status = 'accepted' AND r.accepted + r.refused <> m.lines)) ORDER BY 1, 3
        """,
    ),
)
