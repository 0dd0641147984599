"""How long lifelike cards travel: lognormal, by country, and some that nobody ever reports."""

from __future__ import annotations

import datetime as dt
import math
import random

#: Median days from Lithuania by country, a reasonable guess for demonstrations; all routes together take 17.5.
MEDIAN_DAYS = {
    **dict.fromkeys(("LV", "EE", "PL"), 6.0),
    **dict.fromkeys(("DE", "NL", "SE", "NO"), 8.0),
    **dict.fromkeys(("GB", "IE", "FR", "IT"), 10.0),
    **dict.fromkeys(("ES", "RO", "BG", "DK", "FI", "CZ"), 12.0),
    **dict.fromkeys(("US", "CA"), 14.0),
    **dict.fromkeys(("CY", "AU", "NZ", "JP"), 15.0),
    **dict.fromkeys(("IL", "TR"), 16.0),
    "UA": 17.0,
    **dict.fromkeys(("BR", "ZA", "IN"), 35.0),
}
EVERYWHERE = 17.5
#: Spread of the logarithm over all routes; within one country the days lie closer together.
SIGMA = 0.55
#: No card takes less, whatever the draw says.
FASTEST = 1.6
#: In a hundred: cards whose arrival nobody reports (3 to 8 by experience).
NEVER = 6


def journey(rng: random.Random, country: str) -> dt.timedelta | None:
    """This will draw the time from the hand-over to the recipient's word, None when there never is one."""
    if rng.randrange(100) < NEVER:
        return None
    median = MEDIAN_DAYS.get(country, EVERYWHERE)
    return dt.timedelta(days=max(FASTEST, rng.lognormvariate(math.log(median), SIGMA)))
