"""The sentences of a campaign in plain Python: no database, no clock, no ink. Read `card_life` first."""
