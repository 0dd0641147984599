"""Two campaigns side by side: another's token or sign-in sees nothing, on any path that bears an id."""

from __future__ import annotations

from tests.contract.outside import Outside, Town, new_id, now, refused
from tests.contract.people import Person, Posted, signed_in_by_password


def test_another_campaigns_kiosk_finds_nothing(asked: Town, neighbour: Town) -> None:
    card = asked.card()
    asked.kiosk.register(card)
    lent = asked.kiosk.lend(2).json()
    ask = neighbour.kiosk.ask
    before = neighbour.counts()
    path = f"kiosk/cards/{card['id']}"
    printed = {"id": new_id(), "printed_at": now(), "reason": "x"}
    assert ask("GET", f"{path}/postcard.pdf").status_code == 404
    assert ask("POST", f"{path}/prints", json=printed).status_code == 404
    assert ask("PATCH", path, json={"sender": {"name": "Mine"}}).status_code == 404
    assert ask("POST", f"{path}/void", json={"reason": "x", "paper": "none"}).status_code == 404
    numbers = [stamp["number"] for stamp in lent["stamps"]]
    assert ask("POST", f"kiosk/booklets/{lent['id']}/return", json={"stamps": numbers}).status_code == 404
    refused(ask("POST", "kiosk/booklets", json={"id": lent["id"], "stamps": 2}), 409, "id_reused")
    theirs = neighbour.card(id=card["id"])
    assert "number" not in refused(neighbour.kiosk.register(theirs), 409, "id_reused")
    refused(neighbour.kiosk.register(neighbour.card(number=numbers[0])), 409, "stamp_not_lent")
    assert asked.kiosk.register(card).status_code == 200
    assert neighbour.counts() == before


def test_another_campaigns_partner_finds_nothing(asked: Town, neighbour: Town, posted: Posted) -> None:
    number = posted.first["number"]
    assert neighbour.partner("GET").json() == {"items": [], "next": None}
    for rest in ("", "/files/manifest.csv", "/files/SHA256SUMS"):
        assert neighbour.partner("GET", f"/{number}{rest}").status_code == 404
    body = {"id": new_id(), "accepted": 1, "refused": [], "received_at": now()}
    assert neighbour.partner("POST", f"/{number}/receipts", json=body).status_code == 404


def test_a_token_opens_only_its_own_room(outside: Outside, asked: Town, posted: Posted) -> None:
    kiosk = {"Authorization": f"Bearer {asked.kiosk.token}"}
    partner = {"Authorization": f"Bearer {asked.partner_token}"}
    assert outside.http.get("/api/v1/partner/manifests", headers=kiosk).status_code == 401
    assert outside.http.get("/api/v1/kiosk", headers=partner).status_code == 401
    assert outside.http.get("/desk/c/vilnius/", headers=kiosk, follow_redirects=False).status_code == 302


def test_the_neighbours_staff_see_nothing_and_the_own_organiser_everything(
    outside: Outside, asked: Town, neighbour: Town, posted: Posted, organiser: Person
) -> None:
    """The organiser's walk also opens each page about cards with impossible times and texts."""
    outside.run(
        *("staff", "add", neighbour.slug, "ioana@example.org", "--role", "organiser", "--password-stdin"),
        stdin="a long enough sentence\n",
    )
    cards = [f"/desk/c/vilnius/cards/{one['id']}" for one in (posted.card, posted.odd_card)]
    walked = organiser.walk(
        "/desk/", *cards, "/partner/c/vilnius/", "/desk/c/vilnius/cards/?q=9999", at_most=45
    )
    assert len(walked) > 15, walked
    pages = [path for path, status in walked.items() if status == 200 and "/c/vilnius/" in path]
    assert len(pages) > 10, walked
    with signed_in_by_password(outside, "ioana@example.org", "a long enough sentence") as stranger:
        assert stranger.http.get(f"/desk/c/{neighbour.slug}/").status_code == 200
        for path in pages:
            assert stranger.http.get(path).status_code == 404, path
        own = f"/desk/c/{neighbour.slug}/kiosks/"
        for path in (
            f"/desk/c/vilnius/cards/{posted.card['id']}/void",
            f"/desk/c/{neighbour.slug}/cards/{posted.card['id']}/void",
            f"/desk/c/vilnius/kiosks/{asked.kiosk.id}/revocation",
            f"/desk/c/{neighbour.slug}/kiosks/{asked.kiosk.id}/revocation",
            f"/desk/c/{neighbour.slug}/kiosks/{asked.kiosk.id}/pairing",
            "/desk/c/vilnius/manifests/sealing",
            f"/partner/c/vilnius/manifests/{posted.first['number']}/receipts",
        ):
            sent = stranger.send(path, own, reason="misprint", paper="destroyed")
            assert sent.status_code == 404, (path, sent.status_code)
    assert asked.kiosk.ask("GET", "kiosk").status_code == 200
