"""What is drawn is plain data that services fill and paper draws: it lives with the rules."""

from __future__ import annotations

from postcards.rules.face import CachetPlacement, Face, Indicia, Look

__all__ = ["CachetPlacement", "Face", "Indicia", "Look"]
