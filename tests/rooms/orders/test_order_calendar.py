"""The calendar file: the same entry each time, at the right hour in the right zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from tests.fixtures.services import make_settings

from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, MINUTE
from handstamp.orders.order_calendar import order_calendar

SETTINGS = make_settings("sqlite+aiosqlite://", public_url="https://tickets.example.org")
START = 1_780_030_800_000


def make(**others: object) -> Calendar:
    values: dict[str, object] = {
        "title": "Paper Lanterns; with, commas\nand lines",
        "venue": "The Rickshaw, 254 East Hastings",
        "city": "Vancouver",
        "slug": "paper-lanterns-x1",
        "time_zone": "America/Vancouver",
        "start_at": START,
        "end_at": START + 5 * HOUR,
        "created_at": START - 1000 * HOUR,
        "updated_at": START - 900 * HOUR,
        **others,
    }
    content = order_calendar(SETTINGS, Event(**values), "ord_1", "HS-7K3QX")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    return Calendar.from_ical(content)


def entry(calendar: Calendar) -> dict[str, object]:
    (found,) = calendar.walk("VEVENT")
    return dict(found)


def test_it_says_when_in_the_zone_of_the_event() -> None:
    calendar = make()
    (found,) = calendar.walk("VEVENT")
    start = found.decoded("dtstart")
    assert start.astimezone(UTC) == datetime.fromtimestamp(START // 1000, UTC)
    assert found["dtstart"].params["TZID"] == "America/Vancouver"
    assert found.decoded("dtend") - start == timedelta(hours=5)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["America/Vancouver"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Pacific/Apia", "Europe/London"])
def test_every_zone_is_kept(zone: str) -> None:
    (found,) = make(time_zone=zone).walk("VEVENT")
    told = found.decoded("dtstart")
    assert told == datetime.fromtimestamp(START // 1000, ZoneInfo(zone))


def test_a_changed_event_renews_the_same_entry() -> None:
    before, after = entry(make()), entry(make(updated_at=START - 899 * HOUR, venue="Elsewhere"))
    assert before["UID"] == after["UID"] == "ord_1@tickets.example.org"
    assert after["SEQUENCE"] > before["SEQUENCE"]  # type: ignore[operator]
    assert entry(make())["SEQUENCE"] == before["SEQUENCE"]


def test_texts_are_escaped_and_no_secret_is_in_it() -> None:
    calendar = make()
    assert str(entry(calendar)["SUMMARY"]) == "Paper Lanterns; with, commas\nand lines"
    assert str(entry(calendar)["LOCATION"]) == "The Rickshaw, 254 East Hastings, Vancouver"
    assert b"key=" not in calendar.to_ical()
    assert b"hs_order" not in calendar.to_ical()


def test_an_event_across_midnight_ends_the_next_day() -> None:
    (found,) = make(end_at=START + 5 * HOUR + 30 * MINUTE).walk("VEVENT")
    assert found.decoded("dtend").date() > found.decoded("dtstart").date()
