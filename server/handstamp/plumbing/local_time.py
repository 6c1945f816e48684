"""Local times of an event: what people type and read, against milliseconds UTC."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from handstamp.kit import zones
from handstamp.kit.clock import MINUTE, SECOND, Millis

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
LAST_SHOWN: Millis = 253_402_128_000_000  # 9999-12-30, the end of Python's calendar in any zone


class NoSuchTime(ValueError):
    """A local time that the clocks jump over."""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        ValueError: no such zone.
    """
    if name not in zone_names():
        raise ValueError(f"unknown time zone {name!r}")
    return zones.zone(name)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the zones a person may choose, sorted: places, and UTC."""
    return tuple(
        sorted(
            name
            for name in zones.zone_names()
            if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "posix/", "right/")))
        )
    )


def from_local(text: str, zone_name: str) -> Millis:
    """Read `YYYY-MM-DDTHH:MM` in a zone; of a time that comes twice the first is meant.

    Raises:
        NoSuchTime: the clocks are put forward over it that day.
        ValueError: not such a text, or a year outside 2000 to 2100.
    """
    naive = datetime.fromisoformat(text.strip())
    if naive.tzinfo is not None or not EARLIEST_YEAR <= naive.year <= LATEST_YEAR:
        raise ValueError("not a local time")
    aware = naive.replace(tzinfo=zone(zone_name))
    utc = aware.astimezone(UTC)
    if utc.astimezone(zone(zone_name)).replace(tzinfo=None) != naive:
        raise NoSuchTime(text)
    return round(utc.timestamp()) * SECOND


def day_start(of: date, zone_name: str) -> Millis:
    """Return the instant at which a day begins in a zone, also where clocks jump over midnight."""
    midnight = datetime(of.year, of.month, of.day, tzinfo=zone(zone_name))
    return round(midnight.timestamp()) * SECOND


def local(millis: Millis, zone_name: str) -> datetime:
    """Return the aware local time of an instant; what a wrong clock claims later is year 9999."""
    return datetime.fromtimestamp(min(millis, LAST_SHOWN) / SECOND, tz=UTC).astimezone(
        zone(zone_name)
    )


def to_local(millis: Millis | None, zone_name: str) -> str:
    """Write an instant as `YYYY-MM-DDTHH:MM` for a date and time field; None is empty."""
    return "" if millis is None else f"{local(millis, zone_name):%Y-%m-%dT%H:%M}"


def day_and_time(millis: Millis, zone_name: str, locale: str = "en") -> str:
    """Write an instant for people, with the weekday: `Sat, 21 Nov 2026, 19:30`."""
    return f"{day(millis, zone_name, locale)}, {clock_time(millis, zone_name, locale=locale)}"


def day(millis: Millis, zone_name: str, locale: str = "en") -> str:
    """Write the day of an instant as its language does: `Sat, 21 Nov 2026`."""
    return _date_text(local(millis, zone_name).date(), locale)


@lru_cache(maxsize=1_024)
def _date_text(of: date, locale: str) -> str:
    if locale == "en":
        return format_date(of, "EEE, d MMM y", locale=locale)
    return format_skeleton("yMMMEd", of, locale=locale)


def day_number(millis: Millis, zone_name: str) -> str:
    """Write the day of the month: `21`."""
    return str(local(millis, zone_name).day)


def month_name(millis: Millis, zone_name: str, locale: str = "en") -> str:
    """Write the month in short: `Nov`."""
    return format_date(local(millis, zone_name).date(), "MMM", locale=locale)


def clock_time(millis: Millis, zone_name: str, *, seconds: bool = False, locale: str = "en") -> str:
    """Write the time of day of an instant: `19:30`, or `19:30:05`."""
    moment = local(millis, zone_name).time()
    if not seconds:
        return _minute_text(moment.replace(second=0, microsecond=0), locale)
    return format_time(moment, "HH:mm:ss", tzinfo=None, locale=locale)


@lru_cache(maxsize=24 * 60)
def _minute_text(of: time, locale: str) -> str:
    return format_time(of, "HH:mm", tzinfo=None, locale=locale)


@lru_cache(maxsize=256)
def span(start: Millis, end: Millis, zone_name: str, locale: str = "en") -> str:
    """Write from when to when, naming the second day only when it is another evening's."""
    opening = day_and_time(start, zone_name, locale)
    if end - start < 18 * 60 * MINUTE:
        return f"{opening} – {clock_time(end, zone_name, locale=locale)}"
    return f"{opening} – {day_and_time(end, zone_name, locale)}"


@lru_cache(maxsize=256)
def zone_note(millis: Millis, zone_name: str) -> str:
    """Name the zone as people read it: `Vancouver time, UTC−8`."""
    offset = local(millis, zone_name).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    shift = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"
    return (
        shift
        if zone_name == "UTC"
        else f"{zone_name.rsplit('/', maxsplit=1)[-1].replace('_', ' ')}, {shift}"
    )
