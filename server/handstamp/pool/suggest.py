"""Which known names a mistyped one probably means. Pure."""

from collections.abc import Mapping

from rapidfuzz import fuzz, process

from handstamp.pool.csv_rows import same_name

MOST = 3
LEAST_ALIKE = 60


def suggest(typed: str, known: Mapping[str, str], *, most: int = MOST) -> list[str]:
    """Return the ids of the names most like `typed`, the likeliest first.

    Args:
        known: id to name, both of one event's tiers or one organizer's events.
    """
    names = {key: same_name(name) for key, name in known.items()}
    found = process.extract(
        same_name(typed), names, scorer=fuzz.WRatio, limit=most, score_cutoff=LEAST_ALIKE
    )
    return [key for _name, _score, key in found]
