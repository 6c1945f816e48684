"""The matcher against a slow one that says the rule word for word, and the rules one by one."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from handstamp.kit.clock import HOUR, MINUTE
from handstamp.pool.match_tickets import (
    FALLBACKS,
    SLACK,
    EntryWindow,
    Pair,
    Spare,
    Wish,
    match,
    similarity,
)

TIERS = ("a", "b", "c", "d")
SLACK_MINUTES = SLACK // MINUTE


def minutes(window: EntryWindow) -> set[int]:
    """Return every minute of a window with a quarter of an hour on both sides."""
    first, last = window.opens // MINUTE, window.closes // MINUTE
    return set(range(first - SLACK_MINUTES, last + SLACK_MINUTES))


def alike(one: EntryWindow, other: EntryWindow) -> Fraction:
    """Return how much of all minutes of two windows they share, counted one by one."""
    shared, every = minutes(one) & minutes(other), minutes(one) | minutes(other)
    return Fraction(len(shared), len(every))


def slow(
    wishes: list[Wish], spares: list[Spare], fallback: str, windows: dict[str, EntryWindow]
) -> list[tuple[str, str, str]]:
    """Serve one after the other, looking through everything that is left each time."""
    left = list(spares)
    served: list[tuple[str, str, str]] = []
    line = sorted(wishes, key=lambda one: (one.confirmed_at, one.id))

    def give(wish: Wish, how: str, fitting: list[Spare]) -> bool:
        if not fitting:
            return False
        oldest = min(fitting, key=lambda one: (one.created_at, one.line, one.id))
        left.remove(oldest)
        served.append((wish.id, oldest.id, how))
        return True

    rest = [
        wish for wish in line if not give(wish, "exact", [s for s in left if s.tier == wish.tier])
    ]
    for wish in rest:
        if fallback == "any":
            give(wish, "any", left)
        elif fallback == "closest" and wish.tier in windows:
            own = windows[wish.tier]
            scores = {s.tier: alike(own, windows[s.tier]) for s in left if s.tier in windows}
            good = {tier: score for tier, score in scores.items() if score > 0}
            if good:
                best = max(good, key=lambda tier: (good[tier], -windows[tier].number))
                give(wish, "closest", [s for s in left if s.tier == best])
    return served


@st.composite
def worlds(
    draw: DrawFn,
) -> tuple[list[Wish], list[Spare], str, dict[str, EntryWindow]]:
    """Draw wishes and tickets with many ties, a fallback, and windows of some tiers."""
    few, moments = st.sampled_from(TIERS), st.integers(0, 3)
    wishes = [
        Wish(f"d{number}", tier, at)
        for number, (tier, at) in enumerate(draw(st.lists(st.tuples(few, moments), max_size=12)))
    ]
    spares = [
        Spare(f"t{number}", tier, at, line)
        for number, (tier, at, line) in enumerate(
            draw(st.lists(st.tuples(few, moments, moments), max_size=12))
        )
    ]
    windows = {}
    for number, tier in enumerate(TIERS):
        if draw(st.booleans()):
            opens = draw(st.integers(0, 6)) * 15 * MINUTE
            windows[tier] = EntryWindow(number, opens, opens + draw(st.integers(0, 4)) * HOUR // 4)
    order = st.permutations(wishes), st.permutations(spares)
    return draw(order[0]), draw(order[1]), draw(st.sampled_from(FALLBACKS)), windows


@given(worlds())
def test_the_matcher_does_what_the_slow_one_does(
    world: tuple[list[Wish], list[Spare], str, dict[str, EntryWindow]],
) -> None:
    wishes, spares, fallback, windows = world
    found = match(wishes, spares, fallback, windows)
    pairs = [(pair.demand_id, pair.ticket_id, pair.how) for pair in found.pairs]
    assert sorted(pairs) == sorted(slow(wishes, spares, fallback, windows))
    members, tickets = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert len(set(members)) == len(members)
    assert len(set(tickets)) == len(tickets)
    assert {*members, *(one.id for one in found.left_demands)} == {one.id for one in wishes}
    assert {*tickets, *(one.id for one in found.left_tickets)} == {one.id for one in spares}


@given(worlds())
def test_nobody_is_served_before_somebody_who_paid_earlier_for_the_same(
    world: tuple[list[Wish], list[Spare], str, dict[str, EntryWindow]],
) -> None:
    found = match(*world)
    wishes = {one.id: one for one in world[0]}
    exact = [wishes[pair.demand_id] for pair in found.pairs if pair.how == "exact"]
    for left in found.left_demands:
        for got in exact:
            assert got.tier != left.tier or (got.confirmed_at, got.id) < (
                left.confirmed_at,
                left.id,
            )


@given(worlds())
def test_where_nothing_is_paired_nothing_more_can_be(
    world: tuple[list[Wish], list[Spare], str, dict[str, EntryWindow]],
) -> None:
    found = match(*world)
    again = match(found.left_demands, found.left_tickets, world[2], world[3])
    assert again.pairs == []
    assert (again.left_demands, again.left_tickets) == (found.left_demands, found.left_tickets)


def wish(name: str, tier: str, at: int = 0) -> Wish:
    return Wish(name, tier, at)


def spare(name: str, tier: str, at: int = 0, line: int = 0) -> Spare:
    return Spare(name, tier, at, line)


def test_who_paid_first_gets_the_oldest_ticket() -> None:
    wishes = [wish("late", "a", 9), wish("z", "a", 5), wish("y", "a", 5)]
    spares = [spare("t3", "a", 2, 1), spare("t1", "a", 1, 9), spare("t2", "a", 2, 0)]
    assert match(wishes, spares).pairs == [
        Pair("y", "t1", "exact"),
        Pair("z", "t2", "exact"),
        Pair("late", "t3", "exact"),
    ]


def test_another_variant_is_given_only_where_the_event_says_so_and_after_all_exact_ones() -> None:
    wishes = [wish("first", "b", 1), wish("second", "a", 2)]
    spares = [spare("t", "a")]
    assert match(wishes, spares, "none").pairs == [Pair("second", "t", "exact")]
    assert match(wishes, spares, "any").pairs == [Pair("second", "t", "exact")]
    more = [*spares, spare("u", "a", 5)]
    assert match(wishes, more, "any").pairs[1] == Pair("first", "u", "any")
    assert match(wishes, more, "none").left_tickets == [spare("u", "a", 5)]


WINDOWS = {
    "nine": EntryWindow(1, 9 * HOUR, 9 * HOUR + 30 * MINUTE),
    "half": EntryWindow(2, 9 * HOUR + 30 * MINUTE, 10 * HOUR),
    "before": EntryWindow(3, 8 * HOUR + 30 * MINUTE, 9 * HOUR),
    "noon": EntryWindow(4, 12 * HOUR, 13 * HOUR),
}


def test_the_closest_entry_time_is_the_one_that_overlaps_most() -> None:
    near = {**WINDOWS, "quarter": EntryWindow(5, 9 * HOUR + 15 * MINUTE, 9 * HOUR + 45 * MINUTE)}
    spares = [spare("t1", "half", 0), spare("t2", "quarter", 9), spare("t3", "noon", 0)]
    (pair,) = match([wish("d", "nine")], spares, "closest", near).pairs
    assert pair == Pair("d", "t2", "closest", 600)  # 45 of 75 minutes


def test_neighbours_overlap_by_the_quarters_and_a_tie_goes_to_the_lower_number() -> None:
    assert similarity(WINDOWS["nine"], WINDOWS["half"]) == Fraction(30, 90)
    assert similarity(WINDOWS["nine"], WINDOWS["before"]) == Fraction(30, 90)
    spares = [spare("t1", "before", 0), spare("t2", "half", 9)]
    (pair,) = match([wish("d", "nine")], spares, "closest", WINDOWS).pairs
    assert pair == Pair("d", "t2", "closest", 333)


@pytest.mark.parametrize("tier", ["noon", "unknown"])
def test_what_does_not_overlap_or_has_no_entry_time_is_close_to_nothing(tier: str) -> None:
    found = match([wish("d", tier)], [spare("t", "nine")], "closest", WINDOWS)
    assert found.pairs == []
    back = match([wish("d", "nine")], [spare("t", tier)], "closest", WINDOWS)
    assert back.pairs == []


def test_windows_that_only_touch_when_widened_are_not_close() -> None:
    apart = {"x": EntryWindow(1, 0, HOUR), "y": EntryWindow(2, HOUR + 2 * SLACK, 3 * HOUR)}
    assert match([wish("d", "x")], [spare("t", "y")], "closest", apart).pairs == []
    nearer = {**apart, "y": EntryWindow(2, HOUR + 2 * SLACK - MINUTE, 3 * HOUR)}
    assert match([wish("d", "x")], [spare("t", "y")], "closest", nearer).pairs != []


def test_the_next_closest_serves_when_the_closest_is_gone() -> None:
    spares = [spare("t1", "half"), spare("t2", "before")]
    wishes = [wish("d1", "nine", 1), wish("d2", "nine", 2), wish("d3", "nine", 3)]
    found = match(wishes, spares, "closest", WINDOWS)
    assert [(pair.demand_id, pair.ticket_id) for pair in found.pairs] == [
        ("d1", "t1"),
        ("d2", "t2"),
    ]
    assert [one.id for one in found.left_demands] == ["d3"]
