"""How long the long tests run: a printed share in `make check`, all of it in `make soak`."""

import os


def soaks() -> bool:
    """Tell whether this run is to do everything."""
    return os.environ.get("HANDSTAMP_SOAK") == "1"


def long_count(share: int, full: int, what: str) -> int:
    """Return how many to try, and print it; HANDSTAMP_SOAK=1 asks for the full count."""
    count = full if soaks() else share
    print(f"{what}: {count:,} of {full:,}")
    return count
