"""The only source of time: integer milliseconds since 1970 in UTC."""

import time
from collections.abc import Callable

Millis = int
Clock = Callable[[], Millis]

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


def system_clock() -> Millis:
    """Return the wall clock in milliseconds since 1970-01-01T00:00Z."""
    return time.time_ns() // 1_000_000


class FakeClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: Millis = 1_780_000_000_000) -> None:
        self.now = now

    def __call__(self) -> Millis:
        return self.now

    def advance(self, millis: Millis) -> None:
        """Move the clock on by `millis` (may be negative)."""
        self.now += millis
