"""An order's event as a calendar file: the same entry each time, renewed when the event moves."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from handstamp.events import models
from handstamp.kit.clock import SECOND
from handstamp.plumbing.config import Settings
from handstamp.plumbing.local_time import local
from handstamp.plumbing.texts import _

PRODUCT = "-//Handstamp//Tickets//EN"


def order_calendar(settings: Settings, event: models.Event, order_id: str, number: str) -> bytes:
    """Return the iCalendar file (RFC 5545) of an order.

    The entry's UID stays with the order, and its SEQUENCE rises with each change of the event,
    so that a newer file replaces the entry; of a cancelled event it
    takes the entry away. It holds no link that opens the order: calendars
    are shared.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 (a server that writes none keeps its memory)

    cancelled = event.status == "cancelled"
    host = urlsplit(settings.public_url).hostname or "localhost"
    entry = Event()
    entry.add("uid", f"{order_id}@{host}")
    entry.add("dtstamp", _utc(event.updated_at))
    entry.add("last-modified", _utc(event.updated_at))
    entry.add("sequence", max(0, event.updated_at - event.created_at) // SECOND)
    entry.add("dtstart", local(event.start_at, event.time_zone))
    entry.add("dtend", local(event.end_at, event.time_zone))
    entry.add("summary", event.title)
    entry.add("location", ", ".join(part for part in (event.venue, event.city) if part))
    entry.add("description", _("Tickets of order %(order)s") % {"order": number})
    entry.add("url", f"{settings.public_url}/tickets/e/{event.slug}")
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _utc(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // SECOND, UTC)
