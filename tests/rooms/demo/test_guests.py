"""The demo's people and its evening."""

from datetime import UTC, datetime

import pytest

from handstamp.demo.guests import guests
from handstamp.demo.tonight import ZONE, tonight
from handstamp.kit.clock import HOUR, MINUTE
from handstamp.kit.zones import zone


def millis(local: str) -> int:
    return round(
        datetime.fromisoformat(local).replace(tzinfo=zone(ZONE)).astimezone(UTC).timestamp() * 1000
    )


def test_five_hundred_people_of_many_scripts_under_shared_orders() -> None:
    people = guests()
    assert len(people) == len({person.name for person in people}) == 500
    assert len({person.email for person in people}) == 500
    assert 300 < len({person.order for person in people}) < 400
    assert [sum(person.tier == tier for person in people) for tier in (0, 1, 2)] == [425, 50, 25]
    letters = "".join(person.name for person in people)
    for sample in ("Ł", "ø", "ß", "ж", "π", "ح", "ש", "अ", "ศ", "王", "佐", "김", "ễ"):
        assert sample in letters
    assert guests() == people


def test_names_need_more_than_ascii_and_print_as_one_line() -> None:
    for person in guests():
        assert "_" not in person.name
        assert person.name == " ".join(person.name.split())
        assert person.email.isascii()


@pytest.mark.parametrize(
    ("now", "date"),
    [
        ("2026-11-21T03:59", "2026-11-20"),
        ("2026-11-21T04:00", "2026-11-21"),
        ("2026-11-21T12:00", "2026-11-21"),
        ("2026-11-21T23:59", "2026-11-21"),
    ],
)
def test_tonight_is_the_night_one_is_in_or_the_next(now: str, date: str) -> None:
    evening = tonight(millis(now))
    assert evening.date == date
    assert evening.start == millis(f"{date}T20:00")
    assert evening.start < evening.late_entry < evening.end
    assert evening.end > millis(now)


def test_a_night_in_which_the_clocks_change_ends_at_four() -> None:
    evening = tonight(millis("2025-11-01T12:00"))
    assert evening.end - evening.start == 9 * HOUR
    assert evening.end == millis("2025-11-02T04:00")
    assert evening.late_entry - evening.start == 4 * HOUR - MINUTE


def test_tomorrow_is_another_evening() -> None:
    now = millis("2026-11-21T12:00")
    assert tonight(now, 1).date == "2026-11-22"
