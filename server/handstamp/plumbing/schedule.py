"""When a scheduled job is due: slots as instants in UTC, chosen in a time zone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from handstamp.kit import zones
from handstamp.kit.clock import HOUR, SECOND, Millis


@dataclass(frozen=True)
class Cron:
    """A job that runs by the clock, once per slot in the whole cluster.

    Either `every` (milliseconds; slots count from 1970) or `at` ("19:00", local time in
    `zone`), on one `weekday` (0 = Monday) or every day. A slot missed while no worker ran is
    caught up when it is the last one and at most `grace` old. A local time that the clocks
    jump over runs as much later as they jump; one that comes twice runs the first time.
    """

    name: str
    kind: str
    every: Millis | None = None
    at: str = ""
    weekday: int | None = None
    zone: str = "UTC"
    grace: Millis = HOUR
    args: Mapping[str, Any] = field(default_factory=dict)

    def last_slot(self, now: Millis) -> Millis:
        """Return the latest slot that is not after `now`."""
        if self.every is not None:
            return now - now % self.every
        return max(slot for slot in self._slots(now) if slot <= now)

    def next_slot(self, now: Millis) -> Millis:
        """Return the first slot after `now`."""
        if self.every is not None:
            return now - now % self.every + self.every
        return min(slot for slot in self._slots(now) if slot > now)

    def _slots(self, now: Millis) -> Iterator[Millis]:
        """Yield the local slots of more than a week before and after an instant."""
        zone = zones.zone(self.zone)
        today = datetime.fromtimestamp(now / SECOND, zone).date()
        wanted = time.fromisoformat(self.at)
        for ahead in range(-8, 9):
            day = today + timedelta(days=ahead)
            if self.weekday in (None, day.weekday()):
                slot = datetime.combine(day, wanted, zone).astimezone(UTC)
                yield round(slot.timestamp()) * SECOND
