"""What is added and taken off: cases worked out by hand, and what holds for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.events.price_rules import (
    NO_TERMS,
    Discount,
    FeeRule,
    TaxRate,
    Terms,
    Wanted,
    half_up,
    spread,
    take_apart,
    taxes_on,
    written,
)

GST, PST = TaxRate("GST", 50_000), TaxRate("PST", 70_000)
QST = TaxRate("QST", 99_750)
OLD_QST = TaxRate("QST", 95_000, compound=True)
BUYER = FeeRule(250, 99, "buyer")
ABSORBED = FeeRule(250, 99, "organizer")
BC = Terms(BUYER, (GST, PST))

# (what is wanted, terms, discount) -> of each line (discount, fee, platform's share, taxes, total)
CASES = [
    # nothing is added to a price without rules
    ([("a", 2, 2_500)], NO_TERMS, None, [(0, 0, 0, (), 5_000)]),
    # 5000 x 2.5 % = 125, + 2 x 99 = 323; on 5323: 5 % = 266.15 -> 266, 7 % = 372.61 -> 373
    ([("a", 2, 2_500)], BC, None, [(0, 323, 323, (266, 373), 5_962)]),
    # absorbed: the buyer pays 5000 and taxes on it, the platform keeps 323 of that
    (
        [("a", 2, 2_500)],
        Terms(ABSORBED, (GST, PST)),
        None,
        [(0, 0, 323, (250, 350), 5_600)],
    ),
    # half a cent counts as one: 10 x 5 % = 0.5 -> 1; just below does not: 9 x 5 % = 0.45 -> 0
    (
        [("a", 1, 10), ("b", 1, 9)],
        Terms(rates=(GST,)),
        None,
        [(0, 0, 0, (1,), 11), (0, 0, 0, (0,), 9)],
    ),
    # Québec: 9.975 % of 10000 = 997.5 -> 998, and beside it GST 500
    ([("a", 1, 10_000)], Terms(rates=(GST, QST)), None, [(0, 0, 0, (500, 998), 11_498)]),
    # a compound tax is due on the tax before it: 9.5 % of 10500 = 997.5 -> 998
    ([("a", 1, 10_000)], Terms(rates=(GST, OLD_QST)), None, [(0, 0, 0, (500, 998), 11_498)]),
    # a tenth off: 333 x 3 = 999, 10 % = 99.9 -> 100; fee 899 x 2.5 % = 22.475 -> 22, + 297 = 319;
    # on 1218: 60.9 -> 61 and 85.26 -> 85
    (
        [("a", 3, 333)],
        BC,
        Discount("percent", 1_000),
        [(100, 319, 319, (61, 85), 1_364)],
    ),
    # 10.00 off an order of 50.00 and 40.00: 5.56 and 4.44 (largest remainder)
    (
        [("a", 2, 2_500), ("b", 1, 4_000)],
        NO_TERMS,
        Discount("fixed", 1_000),
        [(556, 0, 0, (), 4_444), (444, 0, 0, (), 3_556)],
    ),
    # for one tier alone
    (
        [("a", 2, 2_500), ("b", 1, 4_000)],
        NO_TERMS,
        Discount("percent", 5_000, frozenset("b")),
        [(0, 0, 0, (), 5_000), (2_000, 0, 0, (), 2_000)],
    ),
    # more off than there is: nothing to pay, and no fee on nothing
    ([("a", 1, 2_500)], BC, Discount("fixed", 9_999), [(2_500, 0, 0, (0, 0), 0)]),
    ([("a", 1, 0)], BC, None, [(0, 0, 0, (0, 0), 0)]),
    # 99 % off 25.00 would leave 0.25; the least that can be charged is 0.50
    (
        [("a", 1, 2_500)],
        Terms(least=50),
        Discount("percent", 9_900),
        [(2_450, 0, 0, (), 50)],
    ),
    # the same with a second tier that is free by the code: it stays free
    (
        [("a", 1, 2_475), ("b", 1, 2_500)],
        Terms(least=50),
        Discount("fixed", 4_974),
        [(2_475, 0, 0, (), 0), (2_450, 0, 0, (), 50)],
    ),
    # an absorbed fee is never more than what is paid
    ([("a", 1, 50)], Terms(FeeRule(0, 99, "organizer")), None, [(0, 0, 50, (), 50)]),
]


@pytest.mark.parametrize(("wanted", "terms", "discount", "expected"), CASES)
def test_a_price_is_what_was_worked_out_by_hand(
    wanted: list[tuple[str, int, int]],
    terms: Terms,
    discount: Discount | None,
    expected: list[tuple[int, int, int, tuple[int, ...], int]],
) -> None:
    found = take_apart([Wanted(*want) for want in wanted], terms, discount)
    told = [
        (part.discount, part.fee, part.share, tuple(t.amount for t in part.taxes), part.total)
        for part in found
    ]
    assert told == expected


def test_taxes_keep_their_names_and_rates() -> None:
    taxes = taxes_on(5_323, (GST, PST))
    assert taxes == (("GST", 50_000, 266), ("PST", 70_000, 373))


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (0, [1, 1], [0, 0]),
        (5, [0, 0], [0, 0]),
        (5, [], []),
        (1, [1, 1, 1], [1, 0, 0]),
        (100, [1, 1, 1], [34, 33, 33]),
        (7, [3, 1], [5, 2]),
        (10, [0, 10, 0], [0, 10, 0]),
    ],
)
def test_what_is_divided_goes_by_the_largest_remainder(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert spread(amount, weights) == parts


def test_half_is_rounded_up_and_less_is_not() -> None:
    assert [half_up(amount, 1, 2) for amount in range(5)] == [0, 1, 1, 2, 2]
    assert half_up(49, 1, 100) == 0
    assert half_up(50, 1, 100) == 1


WANTED = st.lists(
    st.builds(Wanted, st.sampled_from("abcd"), st.integers(1, 200), st.integers(0, 10_000_000)),
    min_size=1,
    max_size=4,
    unique_by=lambda want: want.tier_id,
)
FEES = st.builds(
    FeeRule, st.integers(0, 5_000), st.integers(0, 10_000), st.sampled_from(["buyer", "organizer"])
)
RATES = st.lists(
    st.builds(TaxRate, st.just("T"), st.integers(0, 500_000), st.booleans()), max_size=4
).map(tuple)
TIERS = st.frozensets(st.sampled_from("abcd"))
DISCOUNTS = st.none() | st.one_of(
    st.builds(Discount, st.just("percent"), st.integers(0, 10_000), TIERS),
    st.builds(Discount, st.just("fixed"), st.integers(0, 100_000_000), TIERS),
)


@given(WANTED, FEES, RATES, DISCOUNTS, st.sampled_from([0, 50, 1_500]))
def test_the_parts_make_up_the_whole_and_nothing_goes_below_zero(
    wanted: list[Wanted],
    fee: FeeRule,
    rates: tuple[TaxRate, ...],
    discount: Discount | None,
    least: int,
) -> None:
    terms = Terms(fee, rates, least)
    parts = take_apart(wanted, terms, discount)
    for want, part in zip(wanted, parts, strict=True):
        net = part.gross - part.discount
        assert part.gross == want.qty * want.unit_price
        assert 0 <= part.discount <= part.gross
        assert 0 <= part.fee <= part.share
        assert part.share <= part.total
        assert part.total == net + part.fee + sum(tax.amount for tax in part.taxes)
        assert not (net == 0 and part.total)
        if discount and discount.tiers and want.tier_id not in discount.tiers:
            assert part.discount == 0
    total = sum(part.total for part in parts)
    whole = sum(part.total for part in take_apart(wanted, terms))
    assert 0 <= total <= whole
    if whole == 0 or whole >= least:
        assert total == 0 or total >= least


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=6))
def test_spreading_loses_and_invents_nothing(amount: int, weights: list[int]) -> None:
    amount = min(amount, sum(weights))
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def test_taxes_are_written_in_one_way() -> None:
    assert written(()) == "[]"
    assert written(taxes_on(1_434, [GST, TaxRate("TVQ é", 99_750)])) == (
        '[["GST",50000,72],["TVQ é",99750,143]]'
    )
