"""The first half of the demo: a campaign is opened, and visitors fill it to the last stamp at three kiosks."""

from __future__ import annotations

from typing import Any

from postcards.cli.demo_client import Client, expect
from postcards.cli.demo_tour import SLUG, DemoCard, DemoKiosk, Tour

#: Cards in one batch, and stamps in one booklet.
BATCH, BOOKLET = 50, 25


def open_campaign(tour: Tour) -> str:
    """An organiser creates the campaign with its cap, and opens it."""
    made = tour.commands.run("campaign", "create", "vilnius", "--cap", str(tour.cap), "--slug", SLUG)
    expect(
        made["stamps"]["free"] == tour.cap, f"The drawer holds {made['stamps']} instead of {tour.cap} stamps."
    )
    opened = tour.commands.run("campaign", "open", SLUG)
    expect(opened["status"] == "open", "The campaign did not open.")
    tour.figures["venues"] = len(opened["venues"])
    return f'campaign "{SLUG}" with {tour.cap} stamps at {len(opened["venues"])} venues'


def pair_kiosks(tour: Tour) -> str:
    """Three devices at three venues type the code that the organiser reads to them."""
    for index, venue in enumerate(tour.edition.venues[:3], start=1):
        added = tour.commands.run("kiosk", "add", SLUG, "--venue", venue.slug, "--name", f"Tablet {index}")
        pairing = {"pairing_code": added["pairing_code"], "device_name": f"Demo tablet {index}"}
        paired = tour.public.post("/api/v1/kiosk/pairing", pairing, status=201).json
        again = tour.public.post("/api/v1/kiosk/pairing", pairing)
        expect(again.status == 404, f"A pairing code opened twice ({again.status}).")
        kiosk = DemoKiosk(paired["kiosk"], venue.slug, Client(tour.url, paired["token"]))
        seen = kiosk.client.get("/api/v1/kiosk", status=200).json
        expect(seen["campaign"]["slug"] == SLUG, "A kiosk came to another campaign.")
        tour.kiosks.append(kiosk)
    tour.figures["kiosks"] = len(tour.kiosks)
    return f"{len(tour.kiosks)} kiosks paired by code, each code good once"


def register(tour: Tour) -> str:
    """One kiosk works from a booklet, one sends cards in batches, one card by card, until the drawer is empty."""
    single, batches, booklets = tour.kiosks
    from_booklet = _from_booklet(tour, booklets)
    in_batches = 0
    while in_batches < tour.cap // 2 and len(tour.cards) < tour.cap:
        size = min(BATCH, tour.cap // 2 - in_batches, tour.cap - len(tour.cards))
        bodies = [tour.body() for _ in range(size)]
        results = batches.client.post("/api/v1/kiosk/batches", {"cards": bodies}, status=200).json["results"]
        for body, result in zip(bodies, results, strict=True):
            expect(result["status"] == 201, f"A card of a batch was refused: {result}")
            tour.keep(batches, body, result)
        in_batches += size
    first: dict[str, Any] | None = None
    while len(tour.cards) < tour.cap:
        first = first or tour.body()
        body = first if single.cards == 0 else tour.body()
        tour.keep(single, body, single.client.post("/api/v1/kiosk/cards", body, status=201).json)
    if first is not None:
        again = single.client.post("/api/v1/kiosk/cards", first, status=200).json
        expect(tour.cards[again["number"]].id == first["id"], "The same request gave another card.")
    expect(sorted(tour.cards) == list(range(1, tour.cap + 1)), "The numbers are not 1 to the cap, once each.")
    countries = {card.country for card in tour.cards.values()}
    tour.figures["registered"] = {
        "cards": len(tour.cards),
        "from_booklet": from_booklet,
        "in_batches": in_batches,
        "one_by_one": single.cards,
        "countries": len(countries),
    }
    return (
        f"{len(tour.cards)} cards to {len(countries)} countries: {single.cards} one by one, "
        f"{in_batches} in batches, {from_booklet} from a booklet"
    )


def _from_booklet(tour: Tour, kiosk: DemoKiosk) -> int:
    """Uses all of a booklet but two stamps, which go back by number."""
    ask = {"id": tour.new_id(), "stamps": min(BOOKLET, tour.cap // 4)}
    lent = kiosk.client.post("/api/v1/kiosk/booklets", ask, status=201).json
    again = kiosk.client.post("/api/v1/kiosk/booklets", ask, status=200).json
    expect(
        [s["number"] for s in again["stamps"]] == [s["number"] for s in lent["stamps"]], "A booklet changed."
    )
    *used, one, other = lent["stamps"]
    for stamp in used:
        body = tour.body(number=stamp["number"])
        made = kiosk.client.post("/api/v1/kiosk/cards", body, status=201).json
        expect(
            (made["number"], made["tracking_code"]) == (stamp["number"], stamp["tracking_code"]),
            f"A card did not get the stamp {stamp['number']} that it was written on.",
        )
        tour.keep(kiosk, body, made)
    spare = [one["number"], other["number"]]
    kiosk.client.post(f"/api/v1/kiosk/booklets/{lent['id']}/return", {"stamps": spare}, status=200)
    return len(used)


def meet_the_cap(tour: Tour) -> str:
    """Whoever comes after the last stamp is turned away, at every kiosk."""
    for kiosk in tour.kiosks:
        turned_away(tour, kiosk)
        seen = kiosk.client.get("/api/v1/kiosk", status=200).json
        expect(seen["campaign"]["remaining"] == 0, "A kiosk still shows free stamps.")
    tour.figures["turned_away"] = len(tour.kiosks)
    return f"card {tour.cap + 1} was refused at each kiosk: 409 cap_reached"


def turned_away(tour: Tour, kiosk: DemoKiosk) -> None:
    """This will try one card more than there are stamps."""
    answer = kiosk.client.post("/api/v1/kiosk/cards", tour.body(), status=409)
    expect(answer.code == "cap_reached", f"The cap was met with {answer.code!r} instead of cap_reached.")


def mend(tour: Tour) -> str:
    """Visitors correct their cards, some give theirs up, and others use those stamps."""
    numbers = sorted(tour.cards)
    step = max(1, len(numbers) // 8)
    corrected = [tour.cards[number] for number in numbers[::step][:3]]
    given_up = [tour.cards[number] for number in numbers[step // 2 :: step][3:7]]
    for card in corrected:
        correct(tour, card)
    for card in given_up:
        path = f"/api/v1/kiosk/cards/{card.id}/void"
        for _ in range(2):  # said twice is once
            answer = card.kiosk.client.post(path, {"reason": "Changed her mind", "paper": "none"}, status=200)
            expect(answer.json["status"] == "void", "A card was not given up.")
        tour.void_codes.append(card.code)
        del tour.cards[card.number]
    for _ in given_up:
        body = tour.body()
        made = tour.kiosks[0].client.post("/api/v1/kiosk/cards", body, status=201).json
        tour.keep(tour.kiosks[0], body, made)
    expect(sorted(tour.cards) == numbers, "The stamps of given-up cards were not the ones used again.")
    expect(
        not set(tour.void_codes) & {card.code for card in tour.cards.values()},
        "A stamp kept its old tracking code.",
    )
    turned_away(tour, tour.kiosks[0])
    tour.figures["mended"] = {
        "corrected": len(corrected),
        "void": len(given_up),
        "stamps_used_again": len(given_up),
    }
    return (
        f"{len(corrected)} corrected, {len(given_up)} given up; those stamps were used again, with new codes"
    )


def correct(tour: Tour, card: DemoCard) -> dict[str, Any]:
    """This will change the recipient's address to another one of the same country, and return the answer."""
    body = tour.body(country=card.country)
    answer = card.kiosk.client.ask(
        "PATCH", f"/api/v1/kiosk/cards/{card.id}", {"recipient": body["recipient"]}, status=200
    ).json
    expect(answer["number"] == card.number, "A corrected card changed its number.")
    card.code, card.slip_code = answer["tracking_code"], answer["slip_code"]
    return dict(answer)
