"""Orders worked out by hand from price to last refund, and what holds for every order.

Where the rules of the tables come from:
- each tax of a line rounded by itself, half a cent or more is a cent: Excise Tax Act (Canada),
  s. 165.2(2), and CRA interpretation 125136 (28 November 2011);
- GST 5 %: Excise Tax Act, s. 165(1); QST 9.975 %, on the price without GST since 2013: Act
  respecting the Québec sales tax, s. 16; before, on the price with GST: the compound case;
- PST 7 % of British Columbia: Provincial Sales Tax Act, s. 34; 10 % in Japan, an amount without
  decimals: Consumption Tax Act, art. 29 with the Local Tax Act, art. 72-83;
- the platform's fee comes back in proportion, rounded down over all refunds together: Stripe's
  `refund_application_fee` ("proportional to the amount of the charge refunded").
What of a line goes back with a ticket is our own rule: docs/adr/0029.
"""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.refunds.one_order import CLUB, STRIPE_FEE, PaperOrder, paper_order

from handstamp.events.price_rules import Discount, FeeRule, TaxRate, Terms
from handstamp.refunds.rules import fee_share

GST, PST, QST = TaxRate("GST", 50_000), TaxRate("PST", 70_000), TaxRate("QST", 99_750)
OLD_QST = TaxRate("QST", 95_000, compound=True)
BC = Terms(FeeRule(250, 99, "buyer"), (GST, PST))
QUEBEC = Terms(FeeRule(250, 30, "organizer"), (GST, QST))
BEFORE_2013 = Terms(FeeRule(1_000, 0, "buyer"), (GST, OLD_QST))
JAPAN = Terms(FeeRule(360, 0, "buyer"), (TaxRate("JCT", 100_000),), least=50)
ONLY_GST = Terms(rates=(GST,))

Told = tuple[int, int, int, int, int]  # amount, net, fee, tax, platform's fee that comes back
Step = Mapping[str, int] | int  # tickets by line, or an amount

# name: (wants, terms, discount) · (total, fees, tax, platform's share) · refunds
CASES: dict[str, tuple[tuple[object, ...], tuple[int, int, int, int], list[tuple[Step, Told]]]] = {
    # 2 × 25.00; fee 2.5 % = 1.25 + 2 × 0.99 = 3.23; on 53.23: 2.6615 → 2.66, 3.7261 → 3.73.
    # one ticket: half of 50.00, of 3.23 = 1.615 → 1.62, of 6.39 = 3.195 → 3.20: 29.82;
    # of the platform's 3.23: × 29.82 / 59.62 = 1.6155 → 1.61. The other: what is left.
    "tickets one by one": (
        ([("a", 2, 2_500)], BC, None),
        (5_962, 323, 639, 323),
        [({"a": 1}, (2_982, 2_500, 162, 320, 161)), ({"a": 1}, (2_980, 2_500, 161, 319, 162))],
    ),
    # the same at once
    "a whole line": (
        ([("a", 2, 2_500)], BC, None),
        (5_962, 323, 639, 323),
        [({"a": 2}, (5_962, 5_000, 323, 639, 323))],
    ),
    # 3 × 19.99 = 59.97 less 10 % = 5.997 → 6.00: 53.97; absorbed 1.34925 → 1.35 + 0.90 = 2.25;
    # GST 2.6985 → 2.70, QST 5.383… → 5.38: 62.05.
    # one ticket: 17.99, tax 8.08 / 3 = 2.693… → 2.69; fee 2.25 × 20.68 / 62.05 = 0.749… → 0.74
    # 10.00: left 35.98 + 5.39 = 41.37; 8.697… and 1.302… → 8.70 and 1.30 by the largest rest;
    #   fee 2.25 × 30.68 / 62.05 = 1.112… → 1.11, less 0.74. Then the rest.
    "a ticket, an amount, the rest": (
        ([("a", 3, 1_999)], QUEBEC, Discount("percent", 1_000)),
        (6_205, 0, 808, 225),
        [
            ({"a": 1}, (2_068, 1_799, 0, 269, 74)),
            (1_000, (1_000, 870, 0, 130, 37)),
            (3_137, (3_137, 2_728, 0, 409, 114)),
        ],
    ),
    # 3 × ¥1000; fee 3.6 % = 108; 10 % of 3108 = 310.8 → 311.
    # one: 1000, 36, 311 / 3 = 103.67 → 104; two: 207 / 2 = 103.5 → 104; three: 103.
    # fee 108 × 1140 / 3419 = 36.01 → 36; × 2280 = 72.02 → 72 - 36; then 108 - 72
    "yen have no decimals": (
        ([("a", 3, 1_000)], JAPAN, None),
        (3_419, 108, 311, 108),
        [
            ({"a": 1}, (1_140, 1_000, 36, 104, 36)),
            ({"a": 1}, (1_140, 1_000, 36, 104, 36)),
            ({"a": 1}, (1_139, 1_000, 36, 103, 36)),
        ],
    ),
    # 10.00 off 50.00 and 40.00: 5.56 and 4.44; GST 44.44 → 2.222 → 2.22, 35.56 → 1.778 → 1.78
    "a code over two lines": (
        ([("a", 2, 2_500), ("b", 1, 4_000)], ONLY_GST, Discount("fixed", 1_000)),
        (8_400, 0, 400, 0),
        [
            ({"b": 1}, (3_734, 3_556, 0, 178, 0)),
            ({"a": 1}, (2_333, 2_222, 0, 111, 0)),
            ({"a": 1}, (2_333, 2_222, 0, 111, 0)),
        ],
    ),
    # 100.00 + 10.00 fee = 110.00; GST 5.50; 9.5 % of 115.50 = 10.9725 → 10.97: 126.47
    "a tax on a tax": (
        ([("a", 1, 10_000)], BEFORE_2013, None),
        (12_647, 1_000, 1_647, 1_000),
        [({"a": 1}, (12_647, 10_000, 1_000, 1_647, 1_000))],
    ),
    # one line is free by its code and bears nothing; it cannot be given back by itself
    # 40.00 + (1.00 + 0.99) = 41.99: 2.0995 → 2.10, 2.9393 → 2.94
    "a line that is free": (
        ([("a", 1, 2_500), ("b", 1, 4_000)], BC, Discount("percent", 10_000, frozenset("a"))),
        (4_703, 199, 504, 199),
        [({"b": 1}, (4_703, 4_000, 199, 504, 199))],
    ),
    # a cent: 1 × 0.01, GST 0.0005 → 0
    "a cent": (([("a", 1, 1)], ONLY_GST, None), (1, 0, 0, 0), [(1, (1, 1, 0, 0, 0))]),
    # an amount goes by the largest remainder of what is left:
    # 29.81 of 59.62: half of 5000 / 323 / 639 = 2500, 161.5, 319.5; 1 missing, to the fee (first)
    # fee 3.23 × 29.81 / 59.62 = 1.615 → 1.61
    "half as an amount": (
        ([("a", 2, 2_500)], BC, None),
        (5_962, 323, 639, 323),
        [(2_981, (2_981, 2_500, 162, 319, 161)), (2_981, (2_981, 2_500, 161, 320, 162))],
    ),
}


def closed(order: PaperOrder) -> None:
    """All is back: nothing of the sale stands in any book, but what Stripe has kept."""
    stands = {place: amount for place, amount in order.books.items() if amount}
    charged = CLUB if order.charge_type == "direct" else "platform"
    sold = sum(part.gross - part.discount for part in order.priced)
    wanted = {
        (charged, "stripe_fees"): STRIPE_FEE,
        (charged, "stripe_balance"): -STRIPE_FEE,
        (CLUB, "ticket_sales"): sold,
        (CLUB, "refunds"): -sold,
    }
    assert stands == {place: amount for place, amount in wanted.items() if amount}


@pytest.mark.parametrize("charge_type", ["direct", "destination"])
@pytest.mark.parametrize("name", CASES)
def test_an_order_from_its_price_to_its_last_refund(name: str, charge_type: str) -> None:
    (wants, terms, discount), priced, steps = CASES[name]
    order = paper_order(wants, terms, discount, charge_type)  # type: ignore[arg-type]
    assert (order.total, order.fees, order.tax, order.share) == priced
    for step, told in steps:
        back = order.give_amount(step) if isinstance(step, int) else order.give_tickets(step)
        assert back.told == told
        assert sum(back.told[1:4]) == back.amount
    assert order.left == 0
    closed(order)


# 3 × 33.33, GST 5 % of 99.99 = 4.9995 → 5.00; each ticket 33.33, tax 1.67, 1.67 and 1.66.
# the first fails at the bank; then what is left is two tickets for 66.66 and 3.33
def test_a_refund_that_fails_is_made_again_to_the_cent() -> None:
    order = paper_order([("a", 3, 3_333)], ONLY_GST)
    first, second = (order.give_tickets({"a": 1}) for _ in range(2))
    assert (first.told, second.told) == ((3_500, 3_333, 0, 167, 0), (3_500, 3_333, 0, 167, 0))
    order.fail(first)
    assert order.give_tickets({"a": 2}).told == (6_999, 6_666, 0, 333, 0)
    closed(order)


def test_the_platforms_fee_is_rounded_down_over_all_refunds_together() -> None:
    # 100 of 3 × 1000: 33.33 → 33, 66.67 → 66, 100
    assert [fee_share(100, 3_000, part) for part in (1_000, 2_000, 3_000)] == [33, 66, 100]


PRICES = st.integers(0, 100_000)
WANTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6), PRICES),
                 min_size=1, max_size=3, unique_by=lambda want: want[0])  # fmt: skip
FEES = st.builds(
    FeeRule, st.integers(0, 3_000), st.integers(0, 500), st.sampled_from(["buyer", "organizer"])
)
RATES = st.lists(
    st.builds(TaxRate, st.just("T"), st.integers(0, 300_000), st.booleans()), max_size=3
).map(tuple)
CODES = st.none() | st.one_of(
    st.builds(Discount, st.just("percent"), st.integers(0, 10_000), st.frozensets(st.just("a"))),
    st.builds(Discount, st.just("fixed"), st.integers(0, 50_000)),
)


@given(
    st.builds(
        paper_order, WANTS, st.builds(Terms, FEES, RATES), CODES,
        st.sampled_from(["direct", "destination"]),
    ),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6), st.booleans()), max_size=12),
)  # fmt: skip
def test_every_line_given_back_in_any_way_is_the_whole_order(
    order: PaperOrder, steps: Sequence[tuple[str, int, bool]]
) -> None:
    rest = [(line, qty, False) for line, qty in order.tickets_left().items()]
    for line, qty, fails in [*steps, *rest]:
        left = order.tickets_left().get(line, 0)
        if not left:
            continue
        back = order.give_tickets({line: min(qty, left)})
        assert back.parts.total == back.amount
        if fails and order.charge_type == "direct":  # else the transfer stays taken back
            order.fail(back)
    assert order.left == 0
    assert sum(back.amount for back in order.backs) == order.total
    if order.total:
        closed(order)


@given(
    st.builds(
        paper_order, WANTS, st.builds(Terms, FEES, RATES), CODES,
        st.sampled_from(["direct", "destination"]),
    ),
    st.data(),
)  # fmt: skip
def test_any_amounts_that_sum_to_the_order_leave_nothing(
    order: PaperOrder, data: st.DataObject
) -> None:
    while order.left:
        some = data.draw(st.integers(1, order.left)) if len(order.backs) < 6 else order.left
        back = order.give_amount(some)
        assert back.parts.total == some
        assert min(back.told) >= 0
        assert order.books["platform", "platform_income"] >= 0
    if order.total:
        closed(order)
