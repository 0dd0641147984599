"""Manifests over HTTP for the Post's own systems: list, look, download, answer."""

from __future__ import annotations

from flask import Blueprint, Response

from postcards.errors import NotAllowed
from postcards.queries import manifests
from postcards.queries.manifests import ManifestFound
from postcards.rules.manifest import canonical
from postcards.services import receipts
from postcards.web.api import endpoint
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PARTNER, caller
from postcards.web.partner import shapes
from postcards.web.partner.downloads import download
from postcards.web.security import check_csrf

blueprint = Blueprint("partner_api", __name__)

ANSWER_LIMIT = 2 * 1024 * 1024  # a receipt may name every card of the longest manifest


@endpoint(
    blueprint,
    "GET",
    "/api/v1/partner/manifests",
    door=PARTNER,
    summary="Manifests by number, each in its newest version",
    query=shapes.ManifestsQuery,
    answers={200: shapes.ManifestsOut},
)
def list_manifests(query: shapes.ManifestsQuery) -> tuple[int, shapes.ManifestsOut]:
    """A page of them; `next` leads on."""
    after = None
    if query.after is not None:
        number, _, version = query.after.partition(".")
        after = (int(number), int(version))
    with kit().read() as session:
        rows = manifests.page(
            session,
            campaign_id=caller().campaign,
            status=query.status,
            after=after,
            limit=query.limit + 1,
        )
    shown = rows[: query.limit]
    items = [
        shapes.ManifestItem(
            number=row.number,
            version=row.version,
            status=row.status,  # type: ignore[arg-type]
            sealed_at=row.sealed_at,
            lines=row.lines,
            files_ready=row.files_ready,
        )
        for row in shown
    ]
    further = f"{shown[-1].number}.{shown[-1].version}" if len(rows) > len(shown) else None
    return 200, shapes.ManifestsOut(items=items, next=further)


@endpoint(
    blueprint,
    "GET",
    "/api/v1/partner/manifests/<int:number>",
    door=PARTNER,
    summary="One manifest: header, totals per country, files and answers",
    query=shapes.VersionQuery,
    answers={200: shapes.ManifestOut},
)
def show_manifest(number: int, query: shapes.VersionQuery) -> tuple[int, shapes.ManifestOut]:
    """The newest version unless told."""
    with kit().read() as session:
        found = manifests.detail(session, campaign_id=caller().campaign, number=number, version=query.version)
    return 200, _shape(found)


@endpoint(
    blueprint,
    "GET",
    "/api/v1/partner/manifests/<int:number>/files/<name>",
    door=PARTNER,
    summary="One file, the same bytes every time; ETag and ranges",
    query=shapes.VersionQuery,
    answers={200: "*/*", 206: "*/*", 304: "*/*"},
    refusals=(410, 416),
)
def download_file(number: int, name: str, query: shapes.VersionQuery) -> Response:
    """Each download is noted in the journal."""
    return download(
        campaign_id=caller().campaign, number=number, version=query.version, name=name, save_as=name
    )


@endpoint(
    blueprint,
    "POST",
    "/api/v1/partner/manifests/<int:number>/receipts",
    door=PARTNER,
    summary="The Post's answer: what it accepted, what it refused and why",
    body=shapes.ReceiptIn,
    body_limit=ANSWER_LIMIT,
    answers={201: shapes.ReceiptOut, 200: shapes.ReceiptOut},
    refusals=(409,),
)
def record_receipt(number: int, body: shapes.ReceiptIn) -> tuple[int, shapes.ReceiptOut]:
    """The same answer again is answered the same; a difference that is not said is refused."""
    who = caller()
    if who.staff is not None:
        check_csrf()
        if not who.staff.roles_in(who.campaign) & {"partner", "organiser"}:
            raise NotAllowed("Your sign-in lets you read manifests, not answer them.")
    answer = receipts.Answer(
        id=body.id,
        accepted=body.accepted,
        refused=tuple(receipts.Refusal(card.number, card.reason, card.note) for card in body.refused),
        received_at=body.received_at,
        difference=body.difference,
        note=body.note,
    )
    mark = kit().vault.body_mark(canonical(body.model_dump(mode="json")))
    with kit().begin() as session:
        found = receipts.record(
            session,
            campaign_id=who.campaign,
            number=number,
            answer=answer,
            body_mark=mark,
            by=who.by,
            at=now(),
        )
    return 201 if found.first else 200, shapes.ReceiptOut(
        id=found.id,
        manifest=found.number,
        version=found.version,
        status=found.status,  # type: ignore[arg-type]
        manifest_status=found.manifest_status,  # type: ignore[arg-type]
    )


def _shape(found: ManifestFound) -> shapes.ManifestOut:
    return shapes.ManifestOut(
        number=found.number,
        version=found.version,
        newest=found.newest,
        status=found.status,  # type: ignore[arg-type]
        sealed_at=found.sealed_at,
        lines=found.lines,
        header=found.header,
        totals=[shapes.CountryTotal(**total) for total in found.header["totals"]],
        content_sha256=found.content_sha256.hex(),
        previous_sha256=found.previous_sha256.hex() if found.previous_sha256 else None,
        files=[
            shapes.FileOut(
                name=file.name, media_type=file.media_type, bytes=file.bytes, sha256=file.sha256.hex()
            )
            for file in found.files
        ],
        receipts=[
            shapes.ReceiptKept(
                id=receipt.id,
                status=receipt.status,  # type: ignore[arg-type]
                accepted=receipt.accepted,
                refused=[
                    shapes.RefusedCard(number=card.number, reason=card.reason, note=card.note)
                    for card in receipt.cards
                ],
                difference=receipt.difference,
                note=receipt.note,
                received_at=receipt.received_at,
                recorded_at=receipt.recorded_at,
            )
            for receipt in found.receipts
        ],
    )
