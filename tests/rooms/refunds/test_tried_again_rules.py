"""Whether what came back was given again: only by a later refund that is for it."""

from collections.abc import Mapping

import pytest

from handstamp.refunds.tried_again import Try, is_owed_still

FLOOR, BALCONY, BOTH = {"floor": 1}, {"balcony": 1}, {"floor": 1, "balcony": 1}
NOBODY_SAID: Mapping[str, int] = {}


def failed(asked: int, known: int, amount: int = 10, lines: Mapping[str, int] = FLOOR) -> Try:
    return Try("failed", amount, asked, known, lines)


def given(asked: int, amount: int = 10, lines: Mapping[str, int] = FLOOR) -> Try:
    return Try("succeeded", amount, asked, asked + 1, lines)


def test_nothing_is_owed_where_nothing_came_back() -> None:
    assert not is_owed_still([])
    assert not is_owed_still([given(1), Try("requested", 10, 2, 2, BALCONY)])


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_what_came_back_is_owed(status: str) -> None:
    assert is_owed_still([Try(status, 10, 1, 5, FLOOR)])
    assert is_owed_still([Try(status, 10, 5, 5, FLOOR)])


def test_a_refund_that_was_on_its_way_before_was_for_something_else() -> None:
    assert is_owed_still([failed(1, 5), given(2, lines=BALCONY)])
    assert is_owed_still([failed(1, 5), given(4, lines=NOBODY_SAID)])


@pytest.mark.parametrize("status", ["requested", "pending", "succeeded"])
def test_a_second_try_counts_from_the_moment_it_is_asked_for(status: str) -> None:
    assert not is_owed_still([failed(1, 5), Try(status, 10, 6, 6, FLOOR)])
    assert not is_owed_still([failed(1, 5), Try(status, 10, 5, 5, FLOOR)])


def test_a_later_refund_of_other_tickets_is_not_for_it() -> None:
    assert is_owed_still([failed(1, 5), given(6, lines=BALCONY)])
    assert is_owed_still([failed(1, 5, 20, BOTH), given(6)])
    assert not is_owed_still([failed(1, 5, 20, BOTH), given(6), given(7, lines=BALCONY)])
    assert not is_owed_still([failed(1, 5), given(6, 20, BOTH)])


def test_an_amount_is_for_it_as_far_as_it_goes() -> None:
    assert is_owed_still([failed(1, 5), given(6, 9, NOBODY_SAID)])
    assert not is_owed_still([failed(1, 5), given(6, 9, NOBODY_SAID), given(7, 1, NOBODY_SAID)])
    assert not is_owed_still([failed(1, 5, 10, NOBODY_SAID), given(6)])


def test_one_refund_is_not_for_two_that_came_back() -> None:
    twice = [failed(1, 5), failed(2, 6)]
    assert is_owed_still([*twice, given(7)])
    assert not is_owed_still([*twice, given(7, 20, {"floor": 2})])
    assert is_owed_still([*twice, given(7, 15, NOBODY_SAID)])
    assert not is_owed_still([*twice, given(7, 20, NOBODY_SAID)])


def test_a_second_try_that_fails_is_owed_itself_and_once() -> None:
    assert is_owed_still([failed(1, 5), failed(6, 8)])
    assert not is_owed_still([failed(1, 5), failed(6, 8), given(9)])
