"""All files of a manifest, out of its content and the hash of the one before: the same bytes every time."""

from __future__ import annotations

from postcards.paper.manifest_pdf import draw_pdf
from postcards.paper.manifest_sheet import draw_sheet
from postcards.paper.manifest_tables import header_json, machine_csv, manifest_json, people_csv
from postcards.rules.manifest import Content, MadeFile, sums

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make_files(content: Content, previous_sha256: bytes | None) -> list[MadeFile]:
    """This will make every file, SHA256SUMS last; `previous_sha256` hashes the last one's SHA256SUMS."""
    machine = MadeFile(
        "manifest.machine.csv", "text/csv; charset=utf-8; header=present", machine_csv(content)
    )
    files = [
        MadeFile("manifest.pdf", "application/pdf", draw_pdf(content, machine_sha256=machine.sha256)),
        MadeFile("manifest.xlsx", XLSX, draw_sheet(content)),
        MadeFile("manifest.csv", "text/csv; charset=utf-8; header=present", people_csv(content)),
        machine,
        MadeFile("manifest.json", "application/json", manifest_json(content, previous_sha256)),
        MadeFile("header.json", "application/json", header_json(content, previous_sha256)),
    ]
    listing = sums((file.name, file.sha256) for file in files)
    return [*files, MadeFile("SHA256SUMS", "text/plain; charset=utf-8", listing)]
