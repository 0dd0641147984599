"""Far is Close: campaign operations for postcards that bring far people close.

Read in this order: `rules/card_life.py` and `rules/edition.py` (what a card and a campaign are), `models/stamp.py` and
`services/registration.py` (how the cap holds), `web/kiosk/` (one write, from request to row), `services/dispatch.py`
and `workers/tasks.py` (how a manifest is sealed and its files are made), then `cli.py`.
"""
