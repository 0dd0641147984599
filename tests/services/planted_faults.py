"""Faults that are planted in the books one by one, each with the finding that must name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault planted in Vilnius; `:NAME` in the SQL is the id of that card, `#NAME` its number."""

    sql: str
    kind: str
    words: str


FAULTS = (
    Fault("DELETE FROM stamp WHERE campaign_id = :v AND number = 20", "stamp_missing", "no stamp 20"),
    Fault(
        "INSERT INTO stamp (campaign_id, number, turn) VALUES (:v, 21, 21)",
        "stamp_above_cap",
        "a stamp 21, but the cap of vilnius is 20",
    ),
    Fault(
        "UPDATE stamp SET card_id = :void WHERE card_id = :registered",
        "stamp_used_by_nobody",
        "Stamp #registered says that card :void uses it, but that card is void",
    ),
    Fault(
        "UPDATE stamp SET status = 'free', card_id = NULL WHERE card_id = :registered",
        "card_without_stamp",
        "Card #registered of vilnius is registered, but stamp #registered is free",
    ),
    Fault(
        "UPDATE booklet SET status = 'recalled' WHERE campaign_id = :v",
        "stamp_lent_wrongly",
        "is lent, but its booklet :booklet is recalled",
    ),
    Fault(
        "UPDATE stamp SET booklet_id = :booklet, status = 'lent' WHERE campaign_id = :v AND number = 20",
        "booklet_overfull",
        "was lent 3 stamps, but 4 stamps say that they are in it",
    ),
    Fault(
        "UPDATE stamp SET booklet_id = :booklet, status = 'lent' WHERE campaign_id = :v AND number = 20",
        "lent_stamp_without_code",
        "Stamp 20 is lent, but it has no tracking code in force",
    ),
    Fault(
        "INSERT INTO tracking_code (code, slip_code, campaign_id, number, given_at) "
        "VALUES ('AAAA', 'BBBB', :v, 20, :at)",
        "code_in_force_on_idle_stamp",
        "Stamp 20 of vilnius is free, but its tracking code AAAA is still in force",
    ),
    Fault(
        "UPDATE tracking_code SET ended = NULL, ended_at = NULL WHERE campaign_id = :v AND card_id = :missing",
        "code_of_void_card",
        "Card #missing of vilnius is void, but its tracking code @missing is still in force",
    ),
    Fault(
        "UPDATE tracking_code SET ended = 'replaced', ended_at = now() WHERE card_id = :printed",
        "card_without_its_code",
        "Card #printed of vilnius says that its code is @printed, but number #printed has no code in force",
    ),
    Fault(
        "UPDATE tracking_code SET card_id = :sealed WHERE card_id = :printed",
        "card_without_its_code",
        "but that code belongs to card :sealed",
    ),
    Fault(
        "UPDATE card SET country = 'SE' WHERE id = :printed",
        "tally_differs",
        "says 1 cards printed to NO from",
    ),
    Fault(
        "UPDATE tally SET cards = cards + 1 WHERE campaign_id = :v AND country = 'PL' AND status = 'refused'",
        "tally_differs",
        "says 2 cards refused to PL from",
    ),
    Fault(
        "DELETE FROM person WHERE card_id = :handed_over",
        "person_missing",
        "Card #handed_over of vilnius is handed_over, but it has no row of people's data",
    ),
    Fault(
        "UPDATE person SET recipient = NULL WHERE card_id = :printed",
        "person_missing",
        "nobody knows where it goes",
    ),
    Fault(
        "UPDATE card SET address_on_paper = true WHERE id = :printed",
        "written_by_hand",
        "Card #printed of vilnius was written by hand, but a recipient is kept for it",
    ),
    Fault(
        "UPDATE booklet SET kind = 'stock' WHERE id = :booklet",
        "written_by_hand",
        "Card #from_booklet of vilnius bears the code of a stock card, but was not written by hand",
    ),
    Fault(
        "DELETE FROM arrival WHERE card_id = :arrived",
        "arrival_differs",
        "Card #arrived of vilnius is arrived, but nobody's word that it arrived is kept",
    ),
    Fault(
        "INSERT INTO arrival (card_id, campaign_id, arrived_at) VALUES (:sealed, :v, now())",
        "arrival_differs",
        "Card #sealed of vilnius is sealed, but a recipient said that it arrived",
    ),
    Fault(
        "UPDATE mail SET status = 'sent' WHERE card_id = :arrived",
        "mail_differs",
        "about card #arrived of vilnius is sent, but its time of sending is empty",
    ),
    Fault(
        "UPDATE card SET arrival_notice = false WHERE id = :arrived",
        "mail_differs",
        "about card #arrived of vilnius was never asked for",
    ),
    Fault(
        "DELETE FROM mail WHERE card_id = :arrived",
        "mail_missing",
        "Card #arrived of vilnius arrived and its sender",
    ),
    Fault(
        "DELETE FROM journal WHERE subject = 'card:' || :registered",
        "card_not_in_journal",
        "Card #registered of vilnius stands in no entry",
    ),
    Fault(
        "UPDATE journal SET number = 19 WHERE subject = 'card:' || :registered",
        "journal_differs",
        "says number 19, but the card has number #registered",
    ),
    Fault(
        "INSERT INTO journal (campaign_id, at, by, action, subject) VALUES (:v, :at, 'x', 'card.printed', "
        "'card:00000000-0000-0000-0000-000000000000')",
        "journal_differs",
        "is about a card that does not exist",
    ),
    Fault(
        "UPDATE journal SET by = 'staff:9' WHERE id = (SELECT journal_id FROM journal_link l JOIN journal j "
        "ON j.id = l.journal_id WHERE j.campaign_id = :v AND j.action = 'card.registered' ORDER BY l.seq LIMIT 1)",
        "journal_entry_differs",
        "is not what was chained as link",
    ),
    Fault(
        "UPDATE journal_link SET sha256 = decode(repeat('ab', 32), 'hex') "
        "WHERE seq = (SELECT max(seq) FROM journal_link)",
        "journal_entry_differs",
        "is not what was chained as link",
    ),
    Fault(
        "DELETE FROM journal WHERE id = (SELECT journal_id FROM journal_link ORDER BY seq DESC LIMIT 1)",
        "journal_entry_missing",
        "of the journal was chained as link",
    ),
    Fault(
        "DELETE FROM journal_link WHERE seq = (SELECT max(seq) - 1 FROM journal_link)",
        "journal_link_missing",
        "The journal's chain is numbered without gaps, but link",
    ),
    Fault(
        "INSERT INTO journal (campaign_id, at, by, action, subject, tx) VALUES (:v, :at, 'staff:1', "
        "'campaign.opened', 'campaign:vilnius', '5')",
        "journal_entry_slipped_in",
        "(campaign.opened, campaign:vilnius) is older than what is chained, but was not there",
    ),
    Fault(
        "DELETE FROM journal_link WHERE seq = (SELECT max(seq) FROM journal_link)",
        "journal_anchor_broken",
        "Manifest 2.1 of vilnius was sealed when the journal's chain ended with link",
    ),
    Fault(
        "UPDATE person SET key_id = 'gone' WHERE card_id = :registered",
        "data_key_missing",
        "Data key gone of vilnius is not in the keys file, but it is needed: people's data of 1 cards",
    ),
    Fault(
        "UPDATE print_run SET cards = 2 WHERE campaign_id = :v AND run = 1",
        "print_run_cards_differ",
        "Print run 1 of vilnius says 2 cards",
    ),
    Fault(
        "UPDATE print_run SET run = 3 WHERE campaign_id = :v AND run = 2", "print_run_gap", "run 2 is missing"
    ),
    Fault(
        "UPDATE print_run SET status = 'cancelled' WHERE campaign_id = :v AND run = 2",
        "claimed_by_finished_run",
        "Card #in_waiting_run of vilnius is registered and claimed by print run 2, but that run is cancelled",
    ),
    Fault(
        "UPDATE print_part SET last_position = 2 FROM print_run r WHERE r.id = print_run_id AND r.run = 1",
        "print_parts_differ",
        "Print run 1 of vilnius says 1 parts over 1 cards; its parts are 1, over 2",
    ),
    Fault(
        "UPDATE print_part SET status = 'waiting', file_key = NULL, key_id = NULL FROM print_run r "
        "WHERE r.id = print_run_id AND r.run = 1",
        "ready_with_undrawn_part",
        "Print run 1 of vilnius is ready, but its part 1 is waiting",
    ),
    Fault(
        "INSERT INTO spoiled_print SELECT code, campaign_id, id, number, 'smudged', now(), 'staff:1' FROM card "
        "WHERE id = :printed",
        "spoiled_code_in_force",
        "Card #printed of vilnius was spoiled under code @printed, but that code is still in force",
    ),
    Fault(
        "UPDATE print_log SET print_run_id = NULL WHERE card_id = :in_run",
        "run_not_logged",
        "Print run 1 of vilnius is ready, but the print log has no line for its card #in_run, code @in_run",
    ),
    Fault(
        "UPDATE print_log SET code = 'AAAAAAAAAAAAA' WHERE card_id = :sealed",
        "printed_without_paper",
        "Card #sealed of vilnius is sealed, but the print log has no line with its code @sealed",
    ),
    Fault(
        "UPDATE card SET printed_at = NULL WHERE id = :printed",
        "printed_without_paper",
        "but the time it was printed is empty",
    ),
    Fault(
        "UPDATE manifest SET number = 4 WHERE campaign_id = :v AND number = 1",
        "manifest_gap",
        "no manifest 1",
    ),
    Fault(
        "UPDATE manifest SET version = 3 WHERE campaign_id = :v AND number = 2 AND version = 2",
        "manifest_version_gap",
        "has a version 3, but no version 2",
    ),
    Fault(
        "UPDATE manifest SET status = 'draft' WHERE campaign_id = :v AND number = 1",
        "manifest_left_open",
        "Manifest 1.1 of vilnius is a draft",
    ),
    Fault(
        "UPDATE manifest SET lines = 4 WHERE campaign_id = :v AND number = 1",
        "manifest_lines_differ",
        "Manifest 1.1 of vilnius says 4 lines; there are 3, numbered 1 to 3",
    ),
    Fault(
        "UPDATE manifest_line SET card_number = 19 WHERE card_id = :handed_over",
        "line_differs",
        "says card number 19, but that card has number #handed_over",
    ),
    Fault(
        "UPDATE manifest_line SET is_open = false WHERE card_id = :sealed",
        "line_closed_too_early",
        "Card #sealed of vilnius is on a sealed manifest by its own word, but no open line holds it",
    ),
    Fault(
        "UPDATE manifest_line SET is_open = true WHERE card_id = :handed_over",
        "line_left_open",
        "Card #handed_over of vilnius is handed_over, but line",
    ),
    Fault(
        "DELETE FROM manifest_line WHERE card_id = :refused",
        "handed_over_without_line",
        "Card #refused of vilnius is refused, but it stands on no manifest at all",
    ),
    Fault(
        "DELETE FROM receipt_refusal WHERE card_id = :refused",
        "receipt_differs",
        "counts 2 + 1 and names 0 refused cards; the manifest has 3 lines",
    ),
    Fault(
        "UPDATE manifest SET previous_sha256 = decode(repeat('ab', 32), 'hex') "
        "WHERE campaign_id = :v AND number = 2 AND version = 1",
        "manifest_chain_broken",
        "Manifest 2.1 of vilnius follows the hash abababababababab…, but the manifest before it has",
    ),
    Fault(
        "UPDATE manifest SET header = header || '{\"sequence\": 7}' WHERE campaign_id = :v AND number = 1",
        "manifest_out_of_chain",
        "Manifest 1.1 of vilnius says that it is link 7 of the chain; it is link 3",
    ),
    Fault(
        "UPDATE manifest SET header = header || '{\"count\": 99}' WHERE campaign_id = :v AND number = 1",
        "manifest_header_differs",
        "its header and its sealed content disagree about count",
    ),
    Fault(
        "UPDATE manifest SET content_sha256 = decode(repeat('ab', 32), 'hex') "
        "WHERE campaign_id = :v AND number = 1",
        "manifest_content_differs",
        "Manifest 1.1 of vilnius was sealed with the hash abababababababab…",
    ),
    Fault(
        "UPDATE manifest SET content = overlay(content PLACING '\\x00'::bytea FROM 40) "
        "WHERE campaign_id = :v AND number = 1",
        "manifest_unreadable",
        "Manifest 1.1 of vilnius cannot be opened",
    ),
    Fault(
        "UPDATE manifest_line SET country = 'SE' WHERE card_id = :handed_over",
        "manifest_line_differs",
        "sealed as card #handed_over to DE in bundle DE-01, kept as card #handed_over to SE in bundle DE-01",
    ),
    Fault(
        "UPDATE manifest_file SET bytes = bytes + 1 WHERE campaign_id = :v AND name = 'manifest.csv'",
        "file_size_differs",
        "Manifest vilnius/1.1 manifest.csv has",
    ),
    Fault(
        "UPDATE manifest_file SET sha256 = decode(repeat('ab', 32), 'hex') "
        "WHERE campaign_id = :v AND name = 'manifest.json'",
        "file_hash_differs",
        "Manifest vilnius/1.1 manifest.json hashes to",
    ),
    Fault(
        "UPDATE manifest_file SET sha256 = decode(repeat('ab', 32), 'hex') "
        "WHERE campaign_id = :v AND name = 'manifest.json'",
        "sums_differ",
        "the list of hashes does not follow from the files beside it",
    ),
    Fault(
        "UPDATE print_part SET file_key = 'print-runs/elsewhere.pdf' FROM print_run r "
        "WHERE r.id = print_run_id AND r.run = 1",
        "file_unreadable",
        "Print run vilnius/1 part 1: This file is not there (any more).",
    ),
    Fault(
        "DELETE FROM manifest_file WHERE campaign_id = :v",
        "files_unlisted",
        "Manifest vilnius/1.1 has its files",
    ),
    Fault(
        "INSERT INTO erasure SELECT gen_random_uuid(), :v, :registered, 1, 'number', '{recipient}', 'registered', "
        "false, NULL, :at, 'cli'",
        "erased_but_there",
        "Card #registered of vilnius was erased on 2026-12-14, but the recipient is there",
    ),
    Fault(
        "INSERT INTO erasure SELECT gen_random_uuid(), :v, :sealed, 1, 'number', '{recipient}', 'sealed', "
        "false, NULL, :at, 'cli'",
        "erasure_not_in_ledger",
        "The erasure of card :sealed is not in the ledger beside the keys",
    ),
    Fault(
        "INSERT INTO do_not_write SELECT recipient_index, :at, 'cli' FROM person WHERE card_id = :sealed",
        "wish_not_in_ledger",
        "want no other card and are not in the ledger beside the keys: 1",
    ),
    Fault(
        "UPDATE person SET recipient = NULL WHERE card_id = :handed_over",
        "index_left_behind",
        "Card #handed_over of vilnius has no recipient any more, but its blind index is still there",
    ),
    Fault(
        "UPDATE person SET recipient = NULL, recipient_index = NULL WHERE card_id = :in_run",
        "print_file_of_erased",
        "Print run 1 of vilnius still has its file, though card #in_run in it has no recipient",
    ),
    Fault(
        "UPDATE campaign SET forgotten_at = now() WHERE id = :v",
        "forgotten_but_there",
        "Campaign vilnius is over and its keys were given up, but 13 cards still hold something about people",
    ),
    Fault(
        "UPDATE card SET handed_over_at = CAST(:at AS timestamptz) - interval '93 days' WHERE id = :handed_over",
        "kept_too_long",
        "Card #handed_over of vilnius still holds recipient, which had to go on 2026-12-11",
    ),
    Fault(
        "UPDATE manifest SET handed_over_at = CAST(:at AS timestamptz) - interval '93 days' "
        "WHERE campaign_id = :v AND number = 1",
        "paper_kept_too_long",
        "Manifest 1 of vilnius still has its files, whose time is over",
    ),
    Fault(
        "UPDATE print_run SET ready_at = CAST(:at AS timestamptz) - interval '33 days' "
        "WHERE campaign_id = :v AND run = 1",
        "paper_kept_too_long",
        "Print run 1 of vilnius still has its files, whose time is over",
    ),
)
