"""When a ticket may change hands, and when no more."""

import pytest

from handstamp.kit.clock import HOUR
from handstamp.transfers.rules import CUT_OFF, problem

START, END = 100 * HOUR, 104 * HOUR


def told(status: str = "valid", *, now: int = 0, used: bool = False, by_buyer: bool = True) -> str:
    """Say why not."""
    return problem(status, now=now, start_at=START, end_at=END, used=used, by_buyer=by_buyer)


@pytest.mark.parametrize("by_buyer", [True, False])
def test_a_valid_ticket_of_a_coming_event_may(by_buyer: bool) -> None:
    assert told(by_buyer=by_buyer) == ""


@pytest.mark.parametrize("status", ["refunded", "cancelled", "disputed"])
def test_no_other_may(status: str) -> None:
    assert "Only a valid ticket" in told(status)
    assert "came in" in told(used=True)


def test_buyers_may_until_two_hours_before_and_the_organizer_until_the_end() -> None:
    last = START - CUT_OFF
    assert (told(now=last - 1), told(now=last - 1, by_buyer=False)) == ("", "")
    assert "two hours" in told(now=last)
    assert told(now=END - 1, by_buyer=False) == ""
    assert told(now=END, by_buyer=False) == told(now=END) == "This event is over."
