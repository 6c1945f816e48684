"""Who comes first, who gets what is free, until when, and who may join."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.kit.clock import HOUR
from handstamp.waitlist.rules import (
    UNLIMITED,
    Allotted,
    Room,
    Wish,
    allot,
    join_problem,
    keeps_for_list,
    offer_end,
    place_of,
    ranked,
)


def wish(name: str, qty: int = 1, tier: str = "a", **others: object) -> Wish:
    values: dict[str, object] = {"fewer": False, "since": 0, **others}
    return Wish(name, tier, qty, **values)  # type: ignore[arg-type]


def names(line: Sequence[Wish]) -> str:
    return "".join(one.id for one in line)


def test_time_decides_unless_members_or_the_organizer_come_first() -> None:
    line = [
        wish("c", since=3, member=True),
        wish("b", since=2),
        wish("a", since=2),
        wish("d", since=4, lift=1),
        wish("e", since=5, lift=2),
    ]
    assert names(ranked(line, members_first=False)) == "edabc"
    assert names(ranked(line, members_first=True)) == "edcab"


def test_a_place_counts_only_those_who_want_the_same() -> None:
    line = [wish("a"), wish("b", tier="b"), wish("c", tier=""), wish("d"), wish("e", tier="b")]
    assert [place_of(line, one.id) for one in line] == [1, 1, 3, 3, 3]
    assert place_of(line, "z") is None


@pytest.mark.parametrize(
    ("line", "whole", "given_out"),
    [
        ([wish("x", 3), wish("y", 2)], 9, [("y", "a", 2)]),  # who wants more keeps the place
        ([wish("x", 3, fewer=True), wish("y")], 9, [("x", "a", 2)]),
        ([wish("x", 2, ""), wish("y", 2, "")], 9, [("x", "a", 2), ("y", "b", 2)]),
        ([wish("x", 9, "b"), wish("y")], 9, [("x", "b", 4), ("y", "a", 1)]),  # an order's limit
        ([wish("x", 2), wish("y", 2, "b")], 3, [("x", "a", 2)]),  # the whole event is the limit
        ([wish("x"), wish("y")], 1, [("x", "a", 1)]),
        ([wish("x", tier="gone")], 9, []),
        ([wish("x", fewer=True)], 0, []),
    ],
)
def test_what_is_free_goes_to_the_first_who_can_be_served(
    line: list[Wish], whole: int, given_out: list[Allotted]
) -> None:
    assert allot(line, {"a": Room(2, 4), "b": Room(5, 4)}, whole) == given_out


wishes = st.builds(
    Wish,
    id=st.uuids().map(str),
    tier_id=st.sampled_from(["", "a", "b"]),
    qty=st.integers(1, 5),
    fewer=st.booleans(),
    since=st.integers(0, 9),
)


@given(
    st.lists(wishes, max_size=8, unique_by=lambda one: one.id),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 12),
)
def test_never_more_than_is_free_and_nobody_is_left_who_fits(
    line: list[Wish], a: int, b: int, whole: int
) -> None:
    free = {"a": a, "b": b}
    tiers = {name: Room(number, 4) for name, number in free.items()}
    made = allot(line, tiers, whole)
    out = Counter[str]()
    for one in made:
        out[one.tier_id] += one.qty
    assert all(out[name] <= free[name] for name in free)
    assert sum(out.values()) <= whole
    assert len({one.id for one in made}) == len(made)
    rest = [one for one in line if one.id not in {each.id for each in made}]
    left = {name: Room(free[name] - out[name], 4) for name in free}
    assert allot(rest, left, whole - sum(out.values())) == []


@pytest.mark.parametrize(
    ("sales_end_at", "start_at", "end"),
    [
        (None, 100 * HOUR, 24 * HOUR),
        (5 * HOUR, 100 * HOUR, 5 * HOUR),
        (None, HOUR, HOUR),
        (None, 0, None),
        (0, HOUR, None),
    ],
)
def test_an_offer_never_outlasts_the_sale(
    sales_end_at: int | None, start_at: int, end: int | None
) -> None:
    assert offer_end(0, 24, sales_end_at=sales_end_at, start_at=start_at) == end


def test_what_is_kept_is_what_somebody_can_be_served_with() -> None:
    assert keeps_for_list({"a": 2}, "a", 2)
    assert keeps_for_list({"": 2}, "a", 3)
    assert not keeps_for_list({"a": 2}, "a", 1)
    assert not keeps_for_list({"b": 1}, "a", 5)
    assert not keeps_for_list({"a": 1}, "a", UNLIMITED)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"free": 5, "kept": True}, None),
        ({"is_open": False}, "no_waiting_list"),
        ({"on_sale": False}, "not_on_sale"),
        ({"qty": 0}, "limit"),
        ({"qty": 5}, "limit"),
        ({"capacity": 1}, "limit"),
        ({"capacity": None}, None),
        ({"capacity": 0}, None),
        ({"free": 2}, "on_sale"),
    ],
)
def test_who_may_wait(changed: dict[str, object], code: str | None) -> None:
    usual: dict[str, object] = {
        "is_open": True, "on_sale": True, "qty": 2, "most": 4, "free": 1, "capacity": 9,
        "kept": False,
    }  # fmt: skip
    problem = join_problem(**{**usual, **changed})  # type: ignore[arg-type]
    assert (problem.code if problem else None) == code
