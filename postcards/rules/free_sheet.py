"""A sheet of any size, said in one line: `330x480`, or `330x480:bleed=3,gap=8,margin=5,columns=2,rows=3`.

Width and height are in millimetres. What is not said is reckoned: the most cards that fit, 3 mm of bleed, twice
that between two cards, crop marks. `turned=yes` lays the cards on their side, `marks=no` leaves the marks away.
"""

from __future__ import annotations

import re

from postcards.errors import Fault, Invalid, Said, says
from postcards.rules.sheet import BLEED, Sheet, plan

_NUMBER = r"\d{1,4}(?:\.\d{1,2})?"
_SIZE = re.compile(rf"(?P<width>{_NUMBER})x(?P<height>{_NUMBER})(?::(?P<more>.+))?")
_LARGEST = 1_500.0  # mm: no press is larger, and the arithmetic stays small
_MILLIMETRES = ("bleed", "gap", "margin")
_COUNTS = ("columns", "rows")
_YES_NO = ("turned", "marks")


def free_sheet(words: str) -> Sheet | None:
    """This will return the sheet, None when `words` do not begin with a size; `Invalid` for a part it does not know,
    and `ImpossibleSheet` for what does not add up.
    """
    found = _SIZE.fullmatch(words)
    if found is None:
        return None
    width, height = float(found["width"]), float(found["height"])
    if max(width, height) > _LARGEST:
        raise _refused(says("A sheet has at most %(most)s mm on a side.", most=f"{_LARGEST:g}"))
    millimetres: dict[str, float] = {}
    counts: dict[str, int] = {}
    answers: dict[str, bool] = {}
    for part in (found["more"] or "").split(",") if found["more"] else ():
        key, _, value = part.partition("=")
        if key in millimetres or key in counts or key in answers:
            raise _refused(says("%(word)s is said twice.", word=key))
        if key in _MILLIMETRES and re.fullmatch(_NUMBER, value):
            millimetres[key] = float(value)
        elif key in _COUNTS and re.fullmatch(r"[1-9]\d?", value):
            counts[key] = int(value)
        elif key in _YES_NO and value in ("yes", "no"):
            answers[key] = value == "yes"
        else:
            raise _refused(
                says(
                    "%(part)s says nothing about a sheet. Possible are bleed, gap and margin in mm, columns and "
                    "rows, turned=yes or no, marks=yes or no.",
                    part=repr(part),
                )
            )
    return plan(
        width=width,
        height=height,
        bleed=millimetres.get("bleed", BLEED),
        gap=millimetres.get("gap"),
        margin=millimetres.get("margin", 0.0),
        columns=counts.get("columns"),
        rows=counts.get("rows"),
        turned=answers.get("turned"),
        marks=answers.get("marks", True),
        name=words,
    )


def _refused(message: Said) -> Invalid:
    return Invalid(message, faults=[Fault("sheet", "format", message)])
