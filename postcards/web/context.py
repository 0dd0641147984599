"""Gives a view the kit of its app."""

from __future__ import annotations

from typing import cast

from flask import current_app

from postcards.kit import Kit


def kit() -> Kit:
    """This will give the tools that the running app was made with."""
    return cast(Kit, current_app.extensions["kit"])
