"""Campaigns as data: one TOML file an edition, read by `postcards.rules.edition.load_edition`."""
