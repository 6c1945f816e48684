"""Weeks, charge times and member prices, over many zones and both nights of changing clocks."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handstamp.clubs import rules
from handstamp.events.price_rules import FeeRule, TaxRate, Terms
from handstamp.events.rules import MINIMUM_CHARGE
from handstamp.kit import zones
from handstamp.kit.clock import DAY, HOUR, MINUTE

ZONES = sorted(name for name in zones.zone_names() if "/" in name or name == "UTC")
FIRST = date(2021, 1, 4)
weeks = st.integers(0, 52 * 40).map(lambda number: (FIRST + timedelta(weeks=number)).isoformat())
names = st.sampled_from(ZONES)
clocks = st.times().map(lambda moment: f"{moment:%H:%M}")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def local(millis: int, zone: str) -> datetime:
    return datetime.fromtimestamp(millis / 1000, zones.zone(zone))


@given(weeks, names)
@example("2026-03-23", "Europe/London")
@example("2026-10-19", "Europe/London")
@example("2023-04-24", "Africa/Cairo")
def test_a_week_is_every_moment_from_monday_until_sunday_is_over(week: str, zone: str) -> None:
    window = rules.window_of(week, zone)
    assert rules.week_of(window.opens, zone) == week
    assert rules.week_of(window.closes - 1, zone) == week
    assert rules.week_of(window.opens - 1, zone) == rules.week_after(week, -1)
    assert rules.week_of(window.closes, zone) == rules.week_after(week)
    assert rules.window_of(rules.week_after(week), zone).opens == window.closes
    assert window.holds(window.opens)
    assert window.holds(window.closes - 1)
    assert not window.holds(window.closes)
    assert not window.holds(window.opens - 1)


@given(weeks, names, st.integers(0, 6), clocks)
@example("2026-03-16", "Europe/London", 6, "01:30")
@example("2026-10-12", "Europe/London", 6, "01:30")
@example("2026-03-23", "Australia/Lord_Howe", 6, "02:15")
def test_cards_are_charged_on_the_wanted_day_after_the_week(
    week: str, zone: str, weekday: int, clock: str
) -> None:
    moment = rules.charge_time(week, zone, weekday, clock)
    wanted = datetime.combine(
        date.fromisoformat(week) + timedelta(days=7 + weekday), time.fromisoformat(clock)
    )
    told = local(moment, zone).replace(tzinfo=None)
    assert rules.window_of(week, zone).closes <= moment
    later = told - wanted
    assert later >= timedelta()
    if later:  # the clocks jump over it: there is no earlier moment that is called so
        before = local(moment - round(later.total_seconds()) * 1000, zone).replace(tzinfo=None)
        assert before < wanted
    else:  # it may come twice; an hour earlier it was not called so yet
        for earlier in (30 * MINUTE, HOUR, 2 * HOUR):
            assert local(moment - earlier, zone).replace(tzinfo=None) != wanted


@pytest.mark.parametrize(
    ("week", "zone", "weekday", "clock", "moment"),
    [
        ("2026-07-06", "Europe/London", 1, "19:00", "2026-07-14T18:00:00"),
        ("2026-11-23", "Europe/London", 1, "19:00", "2026-12-01T19:00:00"),
        ("2026-03-23", "Europe/London", 1, "19:00", "2026-03-31T18:00:00"),
        ("2026-10-19", "Europe/London", 1, "19:00", "2026-10-27T19:00:00"),
        ("2026-03-16", "Europe/London", 6, "01:30", "2026-03-29T01:30:00"),
        ("2026-10-12", "Europe/London", 6, "01:30", "2026-10-25T00:30:00"),
    ],
)
def test_charge_times_follow_the_clubs_clock(
    week: str, zone: str, weekday: int, clock: str, moment: str
) -> None:
    assert rules.charge_time(week, zone, weekday, clock) == at(moment)


def test_a_week_with_a_night_of_changing_clocks_is_an_hour_shorter_or_longer() -> None:
    spring = rules.window_of("2026-03-23", "Europe/London")
    autumn = rules.window_of("2026-10-19", "Europe/London")
    assert spring.closes - spring.opens == 7 * DAY - HOUR
    assert autumn.closes - autumn.opens == 7 * DAY + HOUR
    assert local(spring.closes - MINUTE, "Europe/London").strftime("%a %H:%M") == "Sun 23:59"
    assert local(autumn.closes - MINUTE, "Europe/London").strftime("%a %H:%M") == "Sun 23:59"


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026-02-30", "26-11-23", "2019-12-30", "2100-01-04", "", "2026-W48"]
)
def test_what_is_no_monday_is_no_week(text: str) -> None:
    assert not rules.is_week(text)
    assert rules.is_week("2026-11-23")


@pytest.mark.parametrize("text", ["24:00", "7:00", "19.00", "19:60", "", "19:00:00", "１９:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    assert not rules.is_clock(text)
    assert rules.is_clock("19:00")


def test_what_the_event_adds_comes_after_the_discount() -> None:
    added = Terms(FeeRule(250, 50), (TaxRate("GST", 50_000), TaxRate("PST", 70_000)))
    found = rules.member_sum(1500, 1000, added)
    assert (found.net, found.fee, found.tax, found.total) == (1350, 84, 172, 1606)
    assert [(tax.name, tax.amount) for tax in found.taxes] == [("GST", 72), ("PST", 100)]
    assert found.share == 84
    assert rules.member_sum(1500, 1000, Terms()).total == 1350


@given(st.integers(0, 10**9), st.integers(0, rules.WHOLE))
def test_a_member_price_is_within_half_a_minor_unit_of_the_exact_one(price: int, bp: int) -> None:
    found = rules.member_price(price, bp)
    assert found.price == found.total + found.discount == price
    assert 0 <= found.discount <= price
    exact = price * bp
    assert 2 * abs(found.discount * rules.WHOLE - exact) <= rules.WHOLE
    if 2 * (exact % rules.WHOLE) == rules.WHOLE:
        assert found.discount * rules.WHOLE > exact


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, rules.WHOLE))
def test_the_dearer_ticket_is_never_the_cheaper_one_for_members(a: int, b: int, bp: int) -> None:
    low, high = sorted((a, b))
    assert rules.member_price(low, bp).total <= rules.member_price(high, bp).total


def test_some_prices() -> None:
    assert rules.member_price(1500, 1000) == (1500, 150, 1350)
    assert rules.member_price(1005, 1000) == (1005, 101, 904)
    assert rules.member_price(999, 3333) == (999, 333, 666)
    assert rules.member_price(1000, 0) == (1000, 0, 1000)
    assert rules.member_price(1000, rules.WHOLE) == (1000, 1000, 0)


@pytest.mark.parametrize(("currency", "least"), [*MINIMUM_CHARGE.items(), ("XAF", 1)])
def test_less_than_a_card_can_be_charged_is_told(currency: str, least: int) -> None:
    assert rules.least_total(least - 1, currency) == least
    assert rules.least_total(0, currency.lower()) == least
    assert rules.least_total(least, currency) == 0


def test_codes_are_read_as_people_type_them() -> None:
    assert rules.clean_code("k7qm-3d9x 0a1b") == "K7QM3D9X0A1B"
    assert rules.clean_code("K7QM\u20133D9X\u2011OAIB") == "K7QM3D9X0A1B"
    assert rules.spoken_code("K7QM3D9X0A1B") == "K7QM-3D9X-0A1B"
    for wrong in ("", "K7QM-3D9X-0A1", "K7QM-3D9X-0A1BB", "K7QM-3D9X-0A1U", "ٱ" * 12, "０" * 12):
        assert rules.clean_code(wrong) == ""


def test_a_code_is_read_however_it_was_written_out() -> None:
    code = "0123456789ABCDEF"[: rules.CODE_LETTERS]
    spoken = rules.spoken_code(code)
    assert spoken.replace("-", "") == code
    assert all(len(part) <= 4 for part in spoken.split("-"))
    assert rules.clean_code(spoken.lower()) == code


def test_the_commitment_is_the_published_one() -> None:
    seed = bytes(range(32))
    published = hashlib.sha256(b"handstamp/draw/1\0" + seed).hexdigest()
    assert rules.draw_commitment(seed) == published


@pytest.mark.parametrize(("start", "too_early"), [(-1, True), (0, True), (1, False)])
def test_an_event_begins_after_its_cards_are_charged(start: int, too_early: bool) -> None:
    assert rules.begins_too_early(DAY, DAY + start) == too_early


@pytest.mark.parametrize(
    ("deadline", "fits"), [(DAY, False), (DAY + 1, True), (2 * DAY, True), (2 * DAY + 1, False)]
)
def test_a_deadline_lies_between_charging_and_the_events_end(deadline: int, fits: bool) -> None:
    assert rules.deadline_fits(DAY, deadline, 2 * DAY) == fits
