"""What each manifest says: its sealed content is what was hashed, its header and lines agree, and the chain holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import Integer, cast, select
from sqlalchemy.orm import Session

from postcards.models import Campaign, Manifest, ManifestLine
from postcards.rules.manifest import Content
from postcards.services.checks.sentence import Finding
from postcards.services.manifests import content_place
from postcards.vault import KeyMissing, Vault

_SEQUENCE = cast(Manifest.header["sequence"].astext, Integer)


def broken_contents(session: Session, *, vault: Vault, campaigns: Sequence[int]) -> Iterator[Finding]:
    """This will yield a finding for each manifest whose content, header, lines or link in the chain differ."""
    rows = session.execute(
        select(Campaign.slug, Manifest)
        .join(Campaign, Campaign.id == Manifest.campaign_id)
        .where(Manifest.campaign_id.in_(campaigns), Manifest.status != "draft")
        .order_by(Manifest.campaign_id, _SEQUENCE, Manifest.number, Manifest.version)
    )
    for slug, group in groupby(rows, key=lambda row: row[0]):
        manifests = [manifest for _, manifest in group]
        yield from _broken_chain(slug, manifests)
        for manifest in manifests:
            yield from _broken_content(session, vault, slug, manifest)


def _broken_chain(slug: str, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    previous: bytes | None = None
    for place, manifest in enumerate(manifests, start=1):
        name = _name(slug, manifest)
        sequence = manifest.header.get("sequence")
        if sequence != place:
            yield Finding(
                "manifest_out_of_chain",
                name,
                f"{_title(slug, manifest)} says that it is link {sequence} of the chain; it is link {place}.",
            )
        if manifest.files_at is not None and manifest.previous_sha256 != previous:
            yield Finding(
                "manifest_chain_broken",
                name,
                f"{_title(slug, manifest)} follows the hash {_hex(manifest.previous_sha256)}, "
                f"but the manifest before it has {_hex(previous)}.",
            )
        previous = manifest.sums_sha256 or previous  # one that never got files is no link


def _broken_content(session: Session, vault: Vault, slug: str, manifest: Manifest) -> Iterator[Finding]:
    name, title = _name(slug, manifest), _title(slug, manifest)
    if (
        manifest.content is None
    ):  # retention has taken it, or it was lost with its key; header and hashes stay
        return
    try:
        content = Content.read(
            vault.open(manifest.key_id, manifest.content, about=content_place(manifest.id))
        )
    except (KeyMissing, ValueError) as error:
        yield Finding("manifest_unreadable", name, f"{title} cannot be opened: {error}.")
        return
    if content.sha256 != manifest.content_sha256:
        yield Finding(
            "manifest_content_differs",
            name,
            f"{title} was sealed with the hash {_hex(manifest.content_sha256)}; "
            f"what is kept has {_hex(content.sha256)}.",
        )
    if content.header != manifest.header:
        differing = sorted(
            key
            for key in content.header.keys() | manifest.header.keys()
            if content.header.get(key) != manifest.header.get(key)
        )
        yield Finding(
            "manifest_header_differs",
            name,
            f"{title}: its header and its sealed content disagree about {', '.join(differing)}.",
        )
    yield from _broken_lines(session, name, title, manifest, content)


def _broken_lines(
    session: Session, name: str, title: str, manifest: Manifest, content: Content
) -> Iterator[Finding]:
    kept = session.execute(
        select(ManifestLine.line, ManifestLine.card_number, ManifestLine.country, ManifestLine.bundle)
        .where(ManifestLine.manifest_id == manifest.id)
        .order_by(ManifestLine.line)
    ).all()
    found = {row.line: (row.line, row.card_number, row.country, row.bundle) for row in kept}
    told = {line.line: (line.line, line.card_number, line.country, line.bundle) for line in content.lines}
    for line in sorted(found.keys() | told.keys()):
        if found.get(line) != told.get(line):
            yield Finding(
                "manifest_line_differs",
                f"{name} line {line}",
                f"{title}, line {line}: sealed as {_words(told.get(line))}, kept as {_words(found.get(line))}.",
            )


def _words(line: tuple[int, int, str, str] | None) -> str:
    if line is None:
        return "nothing"
    return f"card {line[1]} to {line[2]} in bundle {line[3]}"


def _name(slug: str, manifest: Manifest) -> str:
    return f"manifest {slug}/{manifest.number}.{manifest.version}"


def _title(slug: str, manifest: Manifest) -> str:
    return f"Manifest {manifest.number}.{manifest.version} of {slug}"


def _hex(mark: bytes | None) -> str:
    return mark.hex()[:16] + "…" if mark is not None else "(none)"
