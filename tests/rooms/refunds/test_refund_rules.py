"""What may be refunded, what is later than what, and which lines an amount pays back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.preorders import given_back
from handstamp.refunds.rules import (
    ALL_BACK,
    COST_NOTHING,
    DISPUTED,
    LIVE,
    LOST,
    MOST_LINES,
    NO_AMOUNT,
    NOTHING_PAID,
    TOO_MUCH,
    Line,
    amount_problem,
    blocks_tickets,
    covered,
    dispute_outcome,
    dispute_stage,
    fee_share,
    forbids_refund,
    late_problem,
    may_wait,
    moves_on,
    refund_problem,
    refund_status,
    standing,
    waits_for_answer,
)

LINES = [Line("a", 1000), Line("b", 2000), Line("c", 3500), Line("free", 0)]


@pytest.mark.parametrize(
    ("amount", "lines"),
    [
        (1000, {"a"}),
        (3000, {"a", "b"}),
        (3500, {"c"}),
        (6500, {"a", "b", "c", "free"}),
        (0, set()),
        (-5, set()),
        (999, set()),
        (7000, set()),
    ],
)
def test_an_amount_covers_the_lines_that_it_pays_back_whole(amount: int, lines: set[str]) -> None:
    assert covered(LINES, amount) == lines


def test_what_several_choices_make_is_not_certain() -> None:
    twins = [Line("a", 1000), Line("b", 1000), Line("c", 2000)]
    assert covered(twins, 1000) == frozenset()
    assert covered(twins, 2000) == frozenset()
    assert covered(twins, 3000) == frozenset()
    assert covered(twins, 4000) == {"a", "b", "c"}


def test_very_many_lines_are_left_to_a_person() -> None:
    many = [Line(str(number), 2**number) for number in range(MOST_LINES + 1)]
    assert covered(many, 1) == frozenset()
    assert covered(many[:-1], 1) == {"0"}


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 300))
def test_covered_lines_are_the_only_ones_with_that_sum(prices: list[int], amount: int) -> None:
    lines = [Line(str(place), price) for place, price in enumerate(prices)]
    chosen = covered(lines, amount)
    priced = [line for line in lines if line.total]
    sums = [0]
    for line in priced:
        sums += [each + line.total for each in sums]
    if chosen:
        assert sum(line.total for line in lines if line.id in chosen) == amount
        assert sums.count(amount) == 1
    elif amount:
        assert sums.count(amount) != 1


def test_why_nothing_can_be_refunded() -> None:
    assert refund_problem(paid=False, disputed="open", left=5) == NOTHING_PAID
    assert refund_problem(paid=True, disputed="open", left=5) == DISPUTED
    assert refund_problem(paid=True, disputed="lost", left=5) == LOST
    assert refund_problem(paid=True, disputed="", left=0) == ALL_BACK
    assert refund_problem(paid=True, disputed="", left=5) == ""


def test_how_a_payment_stands_with_its_disputes() -> None:
    assert standing([]) == standing(["won", "warning_needs_response", "prevented"]) == ""
    assert standing(["needs_response", "lost"]) == standing(["under_review"]) == "open"
    assert standing(["won", "lost"]) == "lost"


def test_a_refund_only_moves_on() -> None:
    order = ["requested", "pending", "succeeded", "failed"]
    for earlier, current in enumerate(order):
        for later, wanted in enumerate(order):
            assert moves_on(current, wanted) == (later > earlier)
    assert moves_on("pending", "canceled")
    assert not moves_on("failed", "canceled")
    assert refund_status("requires_action") == "pending"
    assert refund_status("succeeded") == "succeeded"


@pytest.mark.parametrize(
    ("status", "outcome", "blocks"),
    [
        ("needs_response", "", True),
        ("under_review", "", True),
        ("warning_needs_response", "", False),
        ("warning_under_review", "", False),
        ("warning_closed", "won", False),
        ("prevented", "won", False),
        ("won", "won", False),
        ("lost", "lost", False),
    ],
)
def test_what_a_disputes_status_means(status: str, outcome: str, blocks: bool) -> None:
    assert dispute_outcome(status) == outcome
    assert blocks_tickets(status) == blocks
    assert forbids_refund(status) == (blocks or outcome == "lost")


def test_only_missing_money_is_waited_for() -> None:
    assert may_wait("balance_insufficient")
    assert not may_wait("charge_disputed")


def test_the_platforms_fee_follows_what_is_refunded() -> None:
    assert fee_share(110, 5500, 5500) == 110
    assert fee_share(110, 5500, 2750) == 55
    assert fee_share(110, 5500, 0) == 0


def test_the_rooms_below_mean_the_same_refunds() -> None:
    assert given_back.LIVE == LIVE


@pytest.mark.parametrize(
    ("amount", "tickets", "problem"),
    [(0, True, COST_NOTHING), (0, False, NO_AMOUNT), (-1, False, NO_AMOUNT), (6, True, TOO_MUCH)],
)
def test_an_amount_is_more_than_nothing_and_no_more_than_is_left(
    amount: int, tickets: bool, problem: str
) -> None:
    assert amount_problem(amount, 5, tickets=tickets) == problem
    assert amount_problem(5, 5, tickets=tickets) == ""


@pytest.mark.parametrize(
    ("until", "override", "note", "code"),
    [
        (None, False, "", ""),
        (11, False, "", ""),
        (10, False, "", "late"),
        (10, True, " ", "note"),
        (10, True, "The band was ill.", ""),
    ],
)
def test_after_the_deadline_somebody_decides_and_says_why(
    until: int | None, override: bool, note: str, code: str
) -> None:
    assert late_problem(until, 10, override=override, note=note)[0] == code


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("warning_needs_response", "asked"),
        ("warning_under_review", "decides"),
        ("warning_closed", "dropped"),
        ("needs_response", "answer"),
        ("under_review", "decides"),
        ("won", "won"),
        ("lost", "lost"),
        ("prevented", "dropped"),
        ("something_new", "decides"),
    ],
)
def test_whose_turn_it_is_in_a_dispute(status: str, stage: str) -> None:
    assert dispute_stage(status) == stage
    assert waits_for_answer(status) == (stage in {"asked", "answer"})
