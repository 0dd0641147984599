"""What kiosks use: their API and their page."""

from postcards.web.kiosk import booklets, cards, pages, pairing, read_back
from postcards.web.kiosk.blueprint import api

blueprints = (api, pages.blueprint)

__all__ = ["blueprints", "booklets", "cards", "pairing", "read_back"]
