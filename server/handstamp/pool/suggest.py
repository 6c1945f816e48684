"""Which known names a mistyped one probably means. Pure."""

from collections.abc import Iterable, Mapping

from handstamp.pool.csv_rows import same_name

MOST = 3
LEAST_ALIKE = 60


def suggest(typed: Iterable[str], known: Mapping[str, str]) -> list[list[str]]:
    """Return for each typed name the ids of the three most like it, the likeliest first.

    Args:
        known: id to name, of one event's tiers or one organizer's events.
    """
    # Names are seldom mistyped, and the library takes a server 3 MB for as long as it runs.
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    names = {key: same_name(name) for key, name in known.items()}

    def like(one: str) -> list[str]:
        found = process.extract(
            same_name(one), names, scorer=fuzz.WRatio, limit=MOST, score_cutoff=LEAST_ALIKE
        )
        return [key for _name, _score, key in found]

    return [like(one) for one in typed]
