"""Puts a printing press together for whoever draws: the pen, the eye that looks over it, and where files are kept."""

from __future__ import annotations

from functools import partial

from postcards.config import Settings
from postcards.gateways.files import FileStore
from postcards.gateways.sealed_files import SealedFiles
from postcards.paper.preflight import preflight
from postcards.paper.run import draw_run
from postcards.services.printing import Press
from postcards.vault import Vault


def press_of(settings: Settings, *, files: FileStore, sealed_files: SealedFiles, vault: Vault) -> Press:
    """This will give what a part of a print run is drawn, looked at and kept with."""
    return Press(
        draw_run=draw_run,
        preflight=partial(preflight, every=settings.preflight_every),
        files=sealed_files,
        pictures=files,
        vault=vault,
        public_url=settings.public_url,
        test=settings.is_test_address,
    )
