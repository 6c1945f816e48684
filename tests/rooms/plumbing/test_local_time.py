"""Local times: read in a zone, refused where the clocks jump, written as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.kit.clock import HOUR
from handstamp.plumbing.local_time import (
    NoSuchTime,
    day_and_time,
    from_local,
    span,
    to_local,
    zone_note,
)

ZONE = "America/New_York"
ZONES = st.sampled_from(["UTC", ZONE, "Asia/Kathmandu", "Pacific/Chatham", "Europe/Paris"])
MINUTES = st.integers(16_000_000, 60_000_000)


@given(minute=MINUTES, zone=ZONES)
def test_what_is_written_into_a_field_is_read_back(minute: int, zone: str) -> None:
    at = minute * 60_000
    again = from_local(to_local(at, zone), zone)
    assert again in (at, at - HOUR)  # of an hour that comes twice the first is meant
    assert to_local(again, zone) == to_local(at, zone)


def test_an_hour_that_the_clocks_jump_over_is_no_time() -> None:
    with pytest.raises(NoSuchTime):
        from_local("2027-03-14T02:30", ZONE)


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    first = from_local("2026-11-01T01:30", ZONE)
    assert from_local("2026-11-01T02:30", ZONE) - first == 2 * HOUR


@pytest.mark.parametrize(
    "text", ["", "soon", "1999-12-31T23:59", "2101-01-01T00:00", "2026-01-01T00:00Z"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_local(text, ZONE)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError):
        from_local("2026-01-01T00:00", "Mars/Olympus")


def test_times_are_written_as_people_say_them() -> None:
    start = from_local("2026-11-21T19:30", ZONE)
    assert day_and_time(start, ZONE) == "Sat, 21 Nov 2026, 19:30"
    assert day_and_time(start, ZONE, "fr") == "sam. 21 nov. 2026, 19:30"
    assert day_and_time(start, ZONE, "es") == "sáb, 21 nov 2026, 19:30"
    assert day_and_time(start, ZONE, "de") == "Sa., 21. Nov. 2026, 19:30"
    assert span(start, start + 5 * HOUR, ZONE) == "Sat, 21 Nov 2026, 19:30 – 00:30"
    assert span(start, start + 30 * HOUR, ZONE).endswith("Mon, 23 Nov 2026, 01:30")
    assert zone_note(start, ZONE) == "New York, UTC−5"
    assert zone_note(start, "Asia/Kathmandu") == "Kathmandu, UTC+5:45"
    assert zone_note(start, "UTC") == "UTC"
