"""What is wrong with an order by hand, and of which events there may be one."""

from dataclasses import replace

import pytest

from handstamp.orders.give_rules import GivenLine, Giving, event_problem, what_is_wrong

TIERS = {"t1": True, "t2": True, "gone": False}
GIFT = Giving("comp", "Kim Lee", (GivenLine("t1", 2, names=("Kim", "Lin")),))
SOLD = Giving("manual", "Kim Lee", (GivenLine("t1", 1, 500), GivenLine("t2", 1)), paid_by="cash")


def test_a_gift_and_a_sale_by_hand_are_right() -> None:
    assert what_is_wrong(GIFT, TIERS) == []
    assert what_is_wrong(SOLD, TIERS) == []
    assert what_is_wrong(replace(GIFT, over=True, note="The band's crew"), TIERS) == []


@pytest.mark.parametrize(
    ("giving", "field"),
    [
        (replace(GIFT, name=""), "name"),
        (replace(GIFT, name="Kim\nLee"), "name"),
        (replace(GIFT, name="K" * 201), "name"),
        (replace(GIFT, lines=(GivenLine("t1", 1, names=("Kim", "Lin")),)), "names"),
        (replace(GIFT, lines=(GivenLine("t1", 1, names=("\x07",)),)), "name"),
        (replace(GIFT, note="n" * 501), "note"),
        (replace(GIFT, over=True), "note"),
        (replace(GIFT, paid_by="cash"), "origin"),
        (replace(GIFT, lines=(GivenLine("t1", 1, 500),)), "origin"),
        (replace(GIFT, origin="checkout"), "origin"),
        (replace(SOLD, paid_by=""), "paid_by"),
        (replace(SOLD, lines=(GivenLine("t1", 1, -1),)), "lines"),
        (replace(SOLD, lines=(GivenLine("t1", 1, 100_000_001),)), "lines"),
        (replace(GIFT, lines=()), "lines"),
        (replace(GIFT, lines=(GivenLine("t1", 0),)), "lines"),
        (replace(GIFT, lines=(GivenLine("t1", 201),)), "lines"),
        (replace(GIFT, lines=(GivenLine("t1", 1), GivenLine("t1", 1))), "lines"),
        (replace(GIFT, lines=(GivenLine("gone", 1),)), "lines"),
        (replace(GIFT, lines=(GivenLine("other", 1),)), "lines"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(giving: Giving, field: str) -> None:
    assert [one.field for one in what_is_wrong(giving, TIERS)] == [field]


def test_an_event_that_is_over_or_cancelled_gives_no_more() -> None:
    assert event_problem("draft", 10, 9) == event_problem("published", 10, 9) == ""
    assert "over" in event_problem("published", 10, 10)
    assert "cancelled" in event_problem("cancelled", 10, 9)
