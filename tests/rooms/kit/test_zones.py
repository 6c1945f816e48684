"""Zones by the pinned tables, whatever the operating system knows."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from handstamp.kit.zones import zone, zone_names


def test_a_rule_of_this_year_is_known() -> None:
    """British Columbia stays on UTC-7 from 2026 on; older tables of a system say UTC-8."""
    winter = datetime(2026, 11, 21, tzinfo=UTC).astimezone(zone("America/Vancouver"))
    assert winter.strftime("%z") == "-0700"
    before = datetime(2025, 11, 21, tzinfo=UTC).astimezone(zone("America/Vancouver"))
    assert before.strftime("%z") == "-0800"


def test_every_name_is_a_zone() -> None:
    assert {"Europe/Paris", "Asia/Kolkata", "UTC"} <= zone_names()
    assert all(zone(name).key == name for name in zone_names())


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../zones", "/etc/passwd"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone(name)
