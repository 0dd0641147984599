"""A letter by mail: plain data that services write and a mailer sends, so that neither knows the other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in a letter: its subject, and the same text twice, plain and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one person. `message_id` is stable, so that a duplicate is known as one."""

    message_id: str
    from_name: str
    to_name: str
    to_address: str
    language: str
    words: Words
    at: dt.datetime
