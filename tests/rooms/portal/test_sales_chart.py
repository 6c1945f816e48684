"""The picture of sales over time: every day has its place, and bars are to scale."""

from datetime import date

from handstamp.analytics.rules import Sums
from handstamp.portal.sales_chart import HEIGHT, WIDTH, chart


def test_nothing_sold_is_no_picture() -> None:
    assert chart({}, date(2026, 11, 1), date(2026, 11, 26)) is None


def test_days_without_sales_have_their_place() -> None:
    days = {"2026-11-01": Sums(units=4, prices=4_000), "2026-11-04": Sums(units=1, prices=1_000)}
    found = chart(days, None, None)
    assert found is not None
    assert (found.unit, [one.sums.units for one in found.buckets]) == ("day", [4, 0, 0, 1])
    assert [bar.height for bar in found.money] == [HEIGHT, 0, 0, HEIGHT / 4]
    assert found.tickets[-1].x + found.tickets[-1].width < WIDTH
    assert found.marks == ["1 Nov 2026", "3 Nov 2026", "4 Nov 2026"]


def test_a_range_is_shown_whole_and_what_lies_outside_is_not_lost() -> None:
    days = {"2026-11-02": Sums(units=1), "2026-11-30": Sums(units=1)}
    found = chart(days, date(2026, 11, 1), date(2026, 11, 28))
    assert found is not None
    assert len(found.buckets) == 30
    assert found.money == []  # free tickets: there is no money to draw
    assert len(found.tickets) == 30


def test_a_refund_stands_beside_what_came_in() -> None:
    days = {"2026-11-02": Sums(units=1, prices=1_000, prices_back=500)}
    found = chart(days, None, None)
    assert found is not None
    (bar,) = found.money
    assert (bar.height, bar.back_height) == (HEIGHT, HEIGHT / 2)
    assert bar.x + bar.width < bar.back_x
    assert bar.back_x + bar.back_width < WIDTH


def test_long_sales_are_shown_by_week_then_by_month() -> None:
    weeks = chart({"2026-01-07": Sums(units=1), "2026-06-01": Sums(units=2)}, None, None)
    assert weeks is not None
    assert (weeks.unit, weeks.buckets[0].first) == ("week", date(2026, 1, 5))
    assert weeks.buckets[0].name == "Week of 5 Jan 2026"
    assert sum(one.sums.units for one in weeks.buckets) == 3
    months = chart({"2024-01-31": Sums(units=1), "2026-03-01": Sums(units=2)}, None, None)
    assert months is not None
    assert (months.unit, len(months.buckets)) == ("month", 27)
    assert months.marks[0] == "Jan 2024"
