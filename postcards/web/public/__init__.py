"""What everybody may see: a campaign's page and wall, recipients' and senders' pages, signs of health."""

from postcards.web.public import campaign, health, metrics, recipient, sender
from postcards.web.public.blueprint import blueprint

#: The modules that register their views on the blueprint.
rooms = (campaign, recipient, sender, health, metrics)

blueprints = (blueprint,)
