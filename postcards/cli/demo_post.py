"""The second half of the demo: paper, the Post, and hands far away that hold a card."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from postcards.cli.demo_client import Client, expect
from postcards.cli.demo_counter import correct
from postcards.cli.demo_tour import SLUG, DemoCard, Tour

COLUMNS = "line,card_number,country,postal_code,bundle"
#: Seconds that the worker may take to send all mail.
MAIL_WITHIN = 60.0
#: One in so many cards that the Post took is reported as arrived.
ARRIVES = 3


def print_and_seal(tour: Tour) -> str:
    """One card comes out at its kiosk, the others in runs of four to a sheet; after each run a manifest is sealed."""
    first = tour.cards[1]
    path = f"/api/v1/kiosk/cards/{first.id}"
    pdf = first.kiosk.client.get(f"{path}/postcard.pdf", status=200).body
    expect(pdf.startswith(b"%PDF-"), "The card's PDF is none.")
    tour.path("card-00001.pdf").write_bytes(pdf)
    ask = {"id": tour.new_id(), "printed_at": tour.at().isoformat(), "reason": None}
    done = first.kiosk.client.post(f"{path}/prints", ask, status=201).json
    expect(done["status"] == "printed", "A card that came out is not printed.")
    printed, runs = 1, []
    for index, (low, high) in enumerate(thirds(tour.cap), start=1):
        run = _run(tour, f"run-{index}-a4-4up.pdf", "--numbers", f"{max(2, low)}-{high}")
        printed += run["cards"]
        runs.append(run)
        if index == 1:
            runs.append(_print_again(tour))
        tour.commands.attempt("manifest", "seal", SLUG)  # at the cut-off the scheduler may be quicker
    expect(printed == tour.cap, f"{printed} cards were printed instead of {tour.cap}.")
    lines = _sealed(tour, printed)
    empty = tour.commands.attempt("manifest", "seal", SLUG)
    expect(empty.returncode == 1, "An empty manifest was sealed.")
    size = sum(Path(run["file"]).stat().st_size for run in runs)
    tour.figures["printed"] = {"cards": printed, "runs": len(runs), "bytes": size, "printed_again": 1}
    tour.figures["manifests"] = {"sealed": len(lines), "lines": lines}
    return (
        f"{printed} cards printed: 1 at a kiosk, the others in {len(runs)} runs, 1 mended and printed anew; "
        f"{len(lines)} manifests sealed: {' + '.join(map(str, lines))}"
    )


def _print_again(tour: Tour) -> dict[str, Any]:
    """A printed card is mended: it waits for paper again, and its old code is good no more."""
    mended = tour.cards[2]
    tour.replaced_codes.append(mended.code)
    answer = correct(tour, mended)
    expect(answer["status"] == "registered", "A mended print did not go back to be printed again.")
    expect(mended.code not in tour.replaced_codes, "A mended print kept its code.")
    run = _run(tour, "run-mended.pdf", "--numbers", "2")
    expect(run["cards"] == 1, "More than the mended card was printed again.")
    return run


def _sealed(tour: Tour, printed: int) -> list[int]:
    """The manifests hold what was printed, and are numbered without gaps; gives the lines of each."""
    listed = tour.commands.run("manifest", "list", SLUG)
    lines = [one["lines"] for one in sorted(listed, key=lambda one: int(one["number"]))]
    expect(sum(lines) == printed, f"The manifests hold {sum(lines)} cards of {printed} printed.")
    expect({one["number"] for one in listed} == set(range(1, len(listed) + 1)), "Manifest numbers have gaps.")
    return lines


def _run(tour: Tour, name: str, *options: str) -> dict[str, Any]:
    path = tour.path(name)
    run: dict[str, Any] = tour.commands.run("print", SLUG, "--sheet", "a4-4up", "--out", str(path), *options)
    with path.open("rb") as file:
        expect(file.read(5) == b"%PDF-", f"{name} is no PDF.")
    return run


def thirds(count: int) -> list[tuple[int, int]]:
    """This will split 1 to `count` into three ranges."""
    edges = [0, count // 3, 2 * count // 3, count]
    return [(low + 1, high) for low, high in pairwise(edges)]


def hand_over(tour: Tour) -> str:
    """The Post's system takes every file, checks every hash, and answers."""
    token = tour.commands.run("partner", "token", SLUG)["token"]
    post = Client(tour.url, token)
    previous: str | None = None
    taken = files = size = 0
    outcome: dict[str, int] = {"accepted": 0, "refused": 0, "disputed": 0}
    listed = post.get("/api/v1/partner/manifests", status=200).json["items"]
    expect(len(listed) == tour.figures["manifests"]["sealed"], "The Post sees other manifests than we do.")
    for item in sorted(listed, key=lambda one: one["number"]):
        manifest = post.get(f"/api/v1/partner/manifests/{item['number']}", status=200).json
        expect(
            manifest["previous_sha256"] == previous,
            f"Manifest {item['number']} does not follow the one before.",
        )
        found = {file["name"]: _download(tour, post, item["number"], file) for file in manifest["files"]}
        previous = hashlib.sha256(found["SHA256SUMS"]).hexdigest()
        numbers = _check_contents(found, manifest)
        expect(set(numbers) <= set(tour.cards), "A manifest names cards that nobody registered.")
        taken, files, size = taken + len(numbers), files + len(found), size + sum(map(len, found.values()))
        _answer(tour, post, item["number"], numbers, outcome, is_last=item["number"] == len(listed))
    expect(taken == tour.cap, f"The manifests name {taken} cards instead of {tour.cap}.")
    tour.figures["handed_over"] = {"files": files, "bytes": size, "hashes_checked": files, **outcome}
    return (
        f"{files} files downloaded, every SHA-256 right and the chain whole; {outcome['accepted']} cards accepted, "
        f"{outcome['refused']} refused, {outcome['disputed']} manifest disputed"
    )


def _download(tour: Tour, post: Client, number: int, file: dict[str, Any]) -> bytes:
    path = f"/api/v1/partner/manifests/{number}/files/{file['name']}"
    content = post.get(path, status=200).body
    expect(hashlib.sha256(content).hexdigest() == file["sha256"], f"{path} does not hash as listed.")
    expect(len(content) == file["bytes"], f"{path} is not as long as listed.")
    tour.path("manifests", str(number), file["name"]).write_bytes(content)
    return content


def _check_contents(found: dict[str, bytes], manifest: dict[str, Any]) -> list[int]:
    """The sums name every other file, and the machine copy has the agreed columns; gives the card numbers."""
    for line in found["SHA256SUMS"].decode().splitlines():
        sha256, _, name = line.partition("  ")
        expect(hashlib.sha256(found[name]).hexdigest() == sha256, f"SHA256SUMS is wrong about {name}.")
    header, *lines = found["manifest.machine.csv"].decode().splitlines()
    expect(header == COLUMNS, f"The machine copy has the columns {header}.")
    expect(len(lines) == manifest["lines"], "The machine copy has not as many lines as the manifest.")
    return [int(row[1]) for row in csv.reader(io.StringIO("\n".join(lines)))]


def _answer(
    tour: Tour, post: Client, number: int, numbers: list[int], outcome: dict[str, int], *, is_last: bool
) -> None:
    """The Post takes all but two; of the last manifest it first counts one card fewer, and then finds it."""
    path = f"/api/v1/partner/manifests/{number}/receipts"
    answer: dict[str, Any] = {
        "id": tour.new_id(), "accepted": len(numbers) - 1, "refused": [], "received_at": tour.at().isoformat(),
        "difference": 0, "note": "",
    }  # fmt: skip
    expect(post.post(path, answer).status == 422, "A difference that nobody stated was accepted.")
    if is_last:
        disputed = post.post(
            path, answer | {"difference": 1, "note": "One card fewer in the bundle."}, status=201
        )
        expect(disputed.json["status"] == "disputed", "A difference was not kept as disputed.")
        outcome["disputed"] += 1
    refused = [{"number": one, "reason": "illegible", "note": ""} for one in numbers[-2:]]
    answer |= {"id": tour.new_id(), "accepted": len(numbers) - len(refused), "refused": refused}
    kept = post.post(path, answer, status=201).json
    again = post.post(path, answer, status=200).json
    expect(
        kept == again and kept["status"] == "accepted", "A receipt that came twice was not answered the same."
    )
    outcome["accepted"] += answer["accepted"]
    outcome["refused"] += len(refused)


def arrive(tour: Tour) -> str:
    """Hands far away read the code; one says thanks. Bad codes are told apart."""
    cards = [tour.cards[number] for number in sorted(tour.cards)]
    shown = [
        card
        for card in cards
        if tour.public.get(f"/T/{card.code}", status=200).json["status"] == "handed_over"
    ]
    expect(len(shown) == tour.figures["handed_over"]["accepted"], "The public pages and the Post disagree.")
    for index, card in enumerate(shown[::ARRIVES]):
        _arrive(tour, card, lower=index % 2 == 1)
    first = tour.cards[tour.arrived[0]]
    tour.public.post(f"/T/{first.code}/thanks", {"text": "Ačiū! Labai nustebau."}, status=200)
    wrong = first.code[:-1] + ("0" if first.code[-1] != "0" else "1")
    for code, status, reason in (
        (wrong, 404, "mistyped"),
        (tour.void_codes[0], 410, "void"),
        (tour.replaced_codes[0], 410, "replaced"),
    ):
        answer = tour.public.get(f"/T/{code}", status=status)
        expect(answer.code == reason, f"A code that is {reason} was answered with {answer.code!r}.")
    tour.public.get(f"/S/{first.slip_code}", status=200)
    tour.figures["arrived"] = {"cards": len(tour.arrived), "thanks": 1}
    return (
        f"{len(tour.arrived)} arrivals confirmed, 1 with thanks; mistyped, void and replaced codes told apart"
    )


def _arrive(tour: Tour, card: DemoCard, *, lower: bool) -> None:
    code = card.code.lower() if lower else card.code
    for _ in range(2):  # tapped twice is once
        answer = tour.public.post(f"/T/{code}/arrival", status=200).json
        expect(answer == {"status": "arrived"}, f"An arrival was answered with {answer}.")
    tour.arrived.append(card.number)


def await_mail(tour: Tour) -> str:
    """The worker tells the senders who asked to hear of it."""
    wanted = sum(tour.cards[number].wants_mail for number in tour.arrived)
    until = time.monotonic() + MAIL_WITHIN
    since = time.monotonic()
    while len(found := sorted(tour.outbox.glob("*.eml"))) < wanted:
        expect(
            time.monotonic() < until, f"Only {len(found)} of {wanted} mails left within {MAIL_WITHIN:.0f} s."
        )
        time.sleep(0.2)
    took = time.monotonic() - since
    time.sleep(0.5)  # one too many would be a fault as well
    found = sorted(tour.outbox.glob("*.eml"))
    expect(len(found) == wanted, f"{len(found)} mails left for {wanted} senders who wanted one.")
    for mail in found:
        shutil.copyfile(mail, tour.path("mail", mail.name))
    tour.figures["mail"] = {"sent": wanted, "waited_seconds": round(took, 1)}
    return f"{wanted} senders were told by mail, {len(tour.arrived) - wanted} had not asked"


def look_at_the_counter(tour: Tour) -> str:
    """What everybody may see agrees with what happened."""
    answer = tour.public.get(f"/api/v1/campaigns/{SLUG}", status=200)
    tour.path("counter.json").write_bytes(answer.body)
    told = answer.json
    expect(
        (told["cap"], told["registered"], told["remaining"]) == (tour.cap, tour.cap, 0),
        f"The counter shows {told['registered']} of {told['cap']}, {told['remaining']} left.",
    )
    by_status = told["by_status"]
    expect(by_status.get("arrived") == len(tour.arrived), f"The counter shows {by_status}.")
    expect(by_status.get("void") == len(tour.void_codes), f"The counter shows {by_status}.")
    few = {country: cards for country, cards in told["by_country"].items() if cards < 5}
    expect(not few, f"The counter tells of countries with fewer than five cards: {few}.")
    tour.public.get(f"/wall/{SLUG}", status=200)
    tour.figures["counter"] = told
    return "public counter: " + ", ".join(
        f"{cards} {status.replace('_', ' ')}" for status, cards in by_status.items()
    )


def prove(tour: Tour) -> str:
    """The books are proved while everything runs."""
    found = tour.commands.run("check")
    expect(found["ok"] is True and not found["findings"], f"The books differ: {found['findings'][:3]}")
    tour.figures["check"] = {"ok": True, "findings": 0}
    return "`postcards check`: the books agree"
