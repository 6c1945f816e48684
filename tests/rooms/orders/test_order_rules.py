"""Prices, what may be bought, and how orders move: the rules alone."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.kit.clock import DAY, MINUTE, SECOND
from handstamp.orders import rules
from handstamp.orders.rules import Line, OfferedTier, PriceRules, Refusal

NOW = 1_780_000_000_000
AMOUNTS = st.integers(0, 1_000_000)
LINES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(1, 200), st.integers(0, 100_000_000)),
    min_size=1,
    max_size=6,
    unique_by=lambda line: line[0],
)
BY_TIER = st.dictionaries(st.sampled_from("abcdef"), AMOUNTS)
GENERAL = OfferedTier("t", "General", 2_500, "CAD", 10)


@given(LINES, BY_TIER, BY_TIER, BY_TIER, AMOUNTS)
def test_the_parts_of_a_price_sum_to_the_whole(
    lines: list[tuple[str, int, int]],
    discounts: dict[str, int],
    fees: dict[str, int],
    taxes: dict[str, int],
    share: int,
) -> None:
    price = rules.price([Line(*line) for line in lines], PriceRules(discounts, fees, taxes, share))
    for line in price.lines:
        gross = line.qty * line.unit_price
        assert line.total == gross - line.discount + line.fee + line.tax
        assert 0 <= line.discount <= gross
    assert price.subtotal == sum(line.qty * line.unit_price for line in price.lines)
    assert price.total == price.subtotal - price.discount + price.fees + price.tax
    assert price.total == sum(line.total for line in price.lines) >= 0
    assert 0 <= price.application_fee <= price.total


@given(LINES, BY_TIER, BY_TIER, BY_TIER)
def test_the_payment_page_asks_for_the_total(
    lines: list[tuple[str, int, int]],
    discounts: dict[str, int],
    fees: dict[str, int],
    taxes: dict[str, int],
) -> None:
    price = rules.price([Line(*line) for line in lines], PriceRules(discounts, fees, taxes))
    named = [(line.tier_id, line) for line in price.lines]
    added = [("Tax", price.tax)]
    shown = rules.charged_lines(named, fees="Service fee", taxes=added)
    assert sum(line.unit_amount * line.qty for line in shown) == price.total
    assert all(line.unit_amount > 0 for line in shown)


def test_a_price_without_rules_is_the_tiers_own() -> None:
    price = rules.price([Line("a", 2, 2_500), Line("b", 1, 0)])
    assert (price.subtotal, price.discount, price.fees, price.tax) == (5_000, 0, 0, 0)
    assert (price.total, price.application_fee) == (5_000, 0)


def test_a_discounted_line_is_shown_as_one() -> None:
    price = rules.price([Line("a", 3, 1_000)], PriceRules({"a": 100}, {"a": 30}, {"a": 5}))
    shown = rules.charged_lines([("General", price.lines[0])], fees="Fee", taxes=[("GST", 5)])
    assert shown == [("3 × General", 2_900, 1), ("Fee", 30, 1), ("GST", 5, 1)]


def test_a_stored_line_is_the_priced_one() -> None:
    (line,) = rules.price([Line("a", 2, 2_500)]).lines
    assert rules.priced_line(SimpleNamespace(**line._asdict(), tier_name="General")) == line


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        (None, None, "on_sale"),
        (NOW, NOW + 1, "on_sale"),
        (NOW + 1, None, "not_yet"),
        (None, NOW, "ended"),
    ],
)
def test_a_tier_is_on_sale_from_when_until_before(
    start: int | None, end: int | None, state: str
) -> None:
    tier = replace(GENERAL, sales_start_at=start, sales_end_at=end)
    assert rules.sale_state(tier, NOW) == state


def test_few_left_is_a_tenth_or_ten_but_never_all() -> None:
    assert rules.few_left(10, 50)
    assert not rules.few_left(11, 50)
    assert rules.few_left(100, 1_000)
    assert not rules.few_left(0, 50)
    assert not rules.few_left(5, 5)


def test_an_event_sells_while_it_is_published_and_not_over() -> None:
    assert rules.event_refusal("published", NOW + 1, NOW) is None
    for status, end in (("published", NOW), ("draft", NOW + 1), ("archived", NOW + 1)):
        refusal = rules.event_refusal(status, end, NOW)
        assert refusal is not None
        assert refusal.code == "not_on_sale"


def refusals(wants: dict[str, int], *tiers: OfferedTier, **others: frozenset[str]) -> list[Refusal]:
    known = {tier.id: tier for tier in tiers}
    return rules.selection_refusals(wants, known, currency="CAD", now=NOW, **others)


def test_a_selection_within_the_rules_is_fine() -> None:
    assert refusals({"t": 10}, GENERAL) == []


@pytest.mark.parametrize(
    ("tier", "qty", "code"),
    [
        (replace(GENERAL, archived=True), 1, "not_on_sale"),
        (replace(GENERAL, hidden=True), 1, "not_on_sale"),
        (replace(GENERAL, id="u"), 1, "not_on_sale"),
        (replace(GENERAL, sales_start_at=NOW + 1), 1, "not_yet"),
        (replace(GENERAL, sales_end_at=NOW), 1, "ended"),
        (GENERAL, 0, "empty"),
        (GENERAL, -1, "empty"),
        (GENERAL, 11, "limit"),
    ],
)
def test_what_cannot_be_bought_is_said_of_its_tier(tier: OfferedTier, qty: int, code: str) -> None:
    (refusal,) = refusals({"t": qty}, tier)
    assert (refusal.tier_id, refusal.code) == ("t", code)


def test_a_hidden_tier_opens_for_who_may_see_it() -> None:
    hidden = replace(GENERAL, hidden=True)
    assert refusals({"t": 1}, hidden, open_hidden=frozenset({"t"})) == []


def test_an_order_has_bounds_of_its_own() -> None:
    tiers = [replace(GENERAL, id=f"t{n}", max_per_order=150) for n in range(60)]
    assert [r.code for r in refusals({}, *tiers)] == ["empty"]
    assert [r.code for r in refusals({tier.id: 1 for tier in tiers}, *tiers)] == ["empty"]
    assert [r.code for r in refusals({"t0": 150, "t1": 51}, *tiers)] == ["limit"]
    assert refusals({"t0": 150, "t1": 50}, *tiers) == []
    foreign = replace(GENERAL, currency="EUR")
    assert [r.code for r in refusals({"t": 1}, foreign)] == ["currency"]


def test_sold_out_says_what_is_left() -> None:
    assert rules.sold_out_refusal("t", 2).number == 2
    assert rules.sold_out_refusal("t", 1).message == "Only one ticket is left."
    assert rules.sold_out_refusal("", 0).code == "sold_out"


def test_holds_are_limited_by_buyer_and_by_network() -> None:
    def refused(buyer: int, network: int) -> bool:
        found = rules.holds_refusal(by_buyer=buyer, by_network=network, most_by_network=3)
        return found is not None

    assert not refused(rules.BUYER_HOLDS_PER_HOUR - 1, 2)
    assert refused(rules.BUYER_HOLDS_PER_HOUR, 0)
    assert refused(0, 3)


def test_a_network_may_hold_a_share_and_always_some() -> None:
    assert rules.share_refusal(90, 10, 400) is None
    assert rules.share_refusal(90, 11, 400) is not None
    assert rules.share_refusal(30, 10, 50) is None
    assert rules.share_refusal(30, 11, 50) is not None
    assert rules.share_refusal(10**6, 1, None) is None


def test_orders_move_only_along_their_ways() -> None:
    assert rules.may_become("pending", "paid")
    assert rules.may_become("expired", "late_refunded")
    assert not rules.may_become("paid", "pending")
    assert not rules.may_become("late_refunded", "paid")
    assert all(set(after) <= set(rules.MOVES) for after in rules.MOVES.values())
    assert "pending" not in {status for after in rules.MOVES.values() for status in after}


@given(st.integers(0, 2 * DAY), st.integers(0, 999))
def test_a_page_ends_after_its_hold_and_within_what_stripe_allows(left: int, odd: int) -> None:
    now = NOW + odd
    end = rules.session_end(now, now + left)
    assert end % SECOND == 0
    assert 30 * MINUTE < end - now < DAY
    assert end > now + left or left > DAY - 12 * MINUTE


def test_a_hold_is_due_at_its_end() -> None:
    assert not rules.is_due(NOW + 1, NOW)
    assert rules.is_due(NOW, NOW)


def test_a_typed_code_is_refused_as_a_whole_not_at_a_tier() -> None:
    assert rules.code_refusal("used_up", "All gone.") == rules.Refusal("", "used_up", "All gone.")
