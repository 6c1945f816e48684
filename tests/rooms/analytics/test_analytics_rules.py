"""From movements of money to sums: by hand, and for whatever the ledger may hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.ledger.examples import disputed, refunded, sold

from handstamp.analytics.rules import (
    NO_TIER,
    NOTHING,
    Happening,
    Line,
    Moved,
    Place,
    Sale,
    Sums,
    of_money,
    of_placing,
    places,
)
from handstamp.ledger import rules as ledger

FLOOR = Line("oi_1", "floor", 2, 100, 3_000, 200, 600)
BALCONY = Line("oi_2", "balcony", 1, 0, 1_400, 100, 200)
SALE = Sale("evt_1", "org_1", "CAD", "checkout", None, passed_on=False, lines=[FLOOR, BALCONY])


def happening(
    one: ledger.NewTransaction, lines: dict[str, tuple[int, int, int]] | None = None
) -> Happening:
    moved = [Moved(m.debit, m.credit, m.amount) for m in one.movements]
    return Happening(one.book, one.kind, "2026-11-26", moved, lines or {})


def counted(
    sale: Sale,
    posted: tuple[ledger.NewTransaction, ...],
    lines: dict[str, tuple[int, int, int]] | None = None,
) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for one in posted:
        for tier, sums in of_money(sale, happening(one, lines)).items():
            found[tier] = found.get(tier, NOTHING) + sums
    return {tier: sums for tier, sums in found.items() if sums != NOTHING}


def test_a_sale_is_its_lines_and_its_costs_belong_to_no_tier() -> None:
    assert counted(SALE, ledger.sale(sold())) == {
        "floor": Sums(prices=3_000, fees=200, tax=600),
        "balcony": Sums(prices=1_400, fees=100, tax=200),
        NO_TIER: Sums(platform_fees=110, stripe_fees=190),
    }
    whole = sum(counted(SALE, ledger.sale(sold())).values(), NOTHING)
    assert (whole.gross, whole.tax_kept, whole.costs, whole.net) == (5_500, 800, 300, 4_400)


def test_the_platforms_own_book_is_not_the_organizers() -> None:
    through = replace(SALE, passed_on=True)
    posted = ledger.sale(replace(sold(), charge_type="destination", account="", destination="acct"))
    whole = sum(counted(through, posted).values(), NOTHING)
    assert (whole.gross, whole.platform_fees, whole.stripe_fees) == (5_500, 110, 0)


def test_lines_that_do_not_fit_what_was_paid_leave_it_to_no_tier() -> None:
    wrong = replace(SALE, lines=[FLOOR._replace(prices=9_000), BALCONY])
    found = counted(wrong, ledger.sale(sold()))
    assert set(found) == {NO_TIER}
    assert found[NO_TIER].gross == 5_500


def test_an_order_of_one_tier_needs_no_lines_of_its_refund() -> None:
    one = replace(SALE, lines=[FLOOR])
    found = counted(one, ledger.refund(refunded()))
    assert found["floor"].refunded == refunded().amount


def test_a_refund_of_tickets_goes_back_from_their_tier_and_comes_again_when_it_fails() -> None:
    part = replace(refunded(), amount=1_700, parts=ledger.Parts(1_400, 100, 200))
    posted = ledger.refund(part)
    lines = {"oi_2": (1_400, 100, 200), "oi_gone": (5, 5, 5)}
    back = counted(SALE, posted, lines)
    assert back["balcony"] == Sums(prices_back=1_400, fees_back=100, tax_back=200)
    again = counted(SALE, ledger.reversal(posted[:1], 1), lines)
    assert again["balcony"] + back["balcony"] == NOTHING
    unnamed = counted(SALE, posted)
    assert unnamed[NO_TIER].refunded == 1_700


def test_what_a_dispute_takes_is_lost_and_comes_back_when_it_is_won() -> None:
    opened = counted(SALE, ledger.dispute_opened(disputed(fee=1_500)))
    assert opened == {NO_TIER: Sums(lost=1_500)}
    lost = counted(SALE, ledger.dispute_closed(disputed(fee=0), won=False))
    assert lost == {NO_TIER: Sums(lost=disputed(fee=0).amount)}
    won = counted(SALE, ledger.dispute_closed(disputed(fee=1_500), won=True))
    assert won == {NO_TIER: Sums(lost=-1_500)}


def test_what_came_too_late_was_never_sold() -> None:
    late = counted(SALE, ledger.late_payment(sold()))
    assert sum(late.values(), NOTHING) == Sums(platform_fees=110, stripe_fees=190)


@pytest.mark.parametrize(
    ("origin", "counts"),
    [
        ("checkout", Sums(units=2, discount=100)),
        ("comp", Sums(comps=2, discount=100)),
        ("manual", Sums(elsewhere=2, discount=100, outside=3_800)),
    ],
)
def test_what_is_given_or_paid_elsewhere_is_counted_apart(origin: str, counts: Sums) -> None:
    again = BALCONY._replace(tier_id="floor", qty=0, prices=0, fees=0, tax=0)
    found = of_placing(replace(SALE, origin=origin, lines=[FLOOR, again]))
    assert found == {NO_TIER: Sums(orders=1), "floor": counts}


def test_a_sale_stands_in_the_sums_of_event_organizer_and_code() -> None:
    found = places(replace(SALE, code_id="disc_1"), "2026-11-26", "floor")
    assert found == [
        Place("evt_1", "tier", "2026-11-26", "floor", "CAD"),
        Place("org_1", "event", "", "evt_1", "CAD"),
        Place("org_1", "day", "2026-11-26", "", "CAD"),
        Place("evt_1", "code", "", "disc_1", "CAD"),
    ]
    assert len(places(SALE, "2026-11-26", "floor")) == 3


ACCOUNTS = st.sampled_from(sorted(ledger.CHART))
KINDS = st.sampled_from(["sale", "refund", "refund_failed", "dispute_lost", "payout"])
MOVED = st.builds(Moved, ACCOUNTS, ACCOUNTS, st.integers(1, 10**9))
PARTS = st.tuples(*[st.integers(0, 10**9)] * 3)


@given(
    KINDS, st.lists(MOVED, max_size=6), st.dictionaries(st.sampled_from(["oi_1", "oi_2"]), PARTS)
)
def test_tiers_sum_to_the_accounts_whatever_lines_say(
    kind: str, moved: list[Moved], lines: dict[str, tuple[int, int, int]]
) -> None:
    whole = sum(of_money(SALE, Happening("acct", kind, "", moved, lines)).values(), NOTHING)

    def balance(*accounts: str) -> int:
        return sum(m.amount * ((m.debit in accounts) - (m.credit in accounts)) for m in moved)

    assert whole.prices - whole.prices_back == -balance("ticket_sales", "refunds")
    assert whole.fees - whole.fees_back == -balance("service_fees")
    assert whole.tax_kept == -balance("tax_payable")
    assert whole.costs == balance("platform_fees", "stripe_fees", "dispute_fees", "dispute_losses")
