"""Time zones by the pinned `tzdata` package alone.

The operating system's tables may be years old; phones carry new ones, and a door and its
organizer must not read different hours.
"""

from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every zone's name, such as `Europe/Paris`."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


@lru_cache(maxsize=128)
def zone(name: str) -> ZoneInfo:
    """Return a zone by its name.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
    """
    if name not in zone_names():
        raise ZoneInfoNotFoundError(name)
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
