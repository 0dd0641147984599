"""Ink: takes faces, returns bytes; knows no database and no clock.

Read in this order: `face` (what is drawn), `layout` (where, in millimetres), `card` and `run` (one card, many
cards), `address_side` and `picture` (the two sides), `typesetting`, `shaping`, `fonts` (letters), `qr`,
`pdf_file`.
"""
