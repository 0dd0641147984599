"""The Post's room: manifests to read and download, and the answer to each of them."""

from postcards.web.partner import api, pages

blueprints = (api.blueprint, pages.blueprint)
