"""When the demo's event is: tonight where its organizer is, so that its door is open now."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from handstamp.kit.clock import Millis
from handstamp.kit.zones import zone

ZONE = "America/Vancouver"


@dataclass(frozen=True)
class Evening:
    """The evening's times in ms UTC, and its local date."""

    date: str
    start: Millis
    late_entry: Millis
    end: Millis


def tonight(now: Millis, days: int = 0) -> Evening:
    """Return the evening of the organizer's day (`days` later): 20:00 to 04:00, late entry 23:59.

    Before 04:00 the night still belongs to the day before.
    """
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone(ZONE))
    day = (local - timedelta(hours=4)).date() + timedelta(days=days)

    def at(hour: int, minute: int = 0, later: int = 0) -> Millis:
        moment = datetime.combine(
            day + timedelta(days=later), time(hour, minute), tzinfo=zone(ZONE)
        )
        return round(moment.timestamp() * 1000)

    return Evening(day.isoformat(), at(20), at(23, 59), at(4, later=1))
