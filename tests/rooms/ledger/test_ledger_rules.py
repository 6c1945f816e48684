"""What each happening moves: parts sum to the whole, nothing moves nothing, the document agrees."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.ledger.examples import (
    DIRECT,
    PAYOUT,
    THROUGH,
    WHO,
    chart_table,
    disputed,
    examples,
    refunded,
    sold,
    table,
)

from handstamp.ledger.rules import (
    CHART,
    PLATFORM,
    NewTransaction,
    Parts,
    PayoutFacts,
    dispute_closed,
    dispute_opened,
    late_payment,
    natural,
    payout,
    refund,
    reversal,
    sale,
    split,
    stripe_fee,
    what_of,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "ledger.md"
amounts = st.integers(0, 10**9)
parts = st.builds(Parts, amounts, amounts, amounts, amounts)
OWN = {**WHO, "account": "", "charge_type": "direct", "destination": ""}
KINDS = {"direct": DIRECT, "destination": THROUGH, "platform": OWN}


def balances(transactions: Iterable[NewTransaction]) -> Counter[tuple[str, str]]:
    """Return debits less credits by book and account, without what is zero."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in transactions:
        for moved in one.movements:
            assert moved.amount > 0
            assert moved.debit != moved.credit
            assert {moved.debit, moved.credit} <= set(CHART)
            sums[one.book, moved.debit] += moved.amount
            sums[one.book, moved.credit] -= moved.amount
    return Counter({key: amount for key, amount in sums.items() if amount})


def test_a_direct_sale_is_the_organizers_and_the_platform_keeps_its_fee() -> None:
    assert balances(sale(sold())) == {
        ("acct_club", "stripe_balance"): 5500 - 190 - 110,
        ("acct_club", "ticket_sales"): -4400,
        ("acct_club", "service_fees"): -300,
        ("acct_club", "tax_payable"): -800,
        ("acct_club", "stripe_fees"): 190,
        ("acct_club", "platform_fees"): 110,
        (PLATFORM, "stripe_balance"): 110,
        (PLATFORM, "platform_income"): -110,
    }


def test_a_destination_sale_passes_through_the_platform_which_pays_stripe() -> None:
    moved = balances(sale(sold(THROUGH)))
    assert moved[PLATFORM, "stripe_balance"] == 110 - 190
    assert moved[PLATFORM, "stripe_fees"] == 190
    assert (PLATFORM, "organizer_clearing") not in moved
    assert moved["acct_club", "stripe_balance"] == 5500 - 110


def test_the_platforms_own_sale_pays_no_fee_to_itself() -> None:
    moved = balances(sale(sold(OWN)))
    assert moved[PLATFORM, "stripe_balance"] == 5500 - 190
    assert {book for book, _account in moved} == {PLATFORM}
    assert sold(OWN).books == (PLATFORM,)
    assert sold().books == ("acct_club", PLATFORM)


def test_stripes_fee_may_become_known_later() -> None:
    early = sale(sold(stripe_fee=None))
    assert balances([*early, *stripe_fee(sold(), "ch_1", 190)]) == balances(sale(sold()))
    names = {(one.book, one.kind, one.ref) for one in sale(sold())}
    assert {(o.book, o.kind, o.ref) for o in stripe_fee(sold(), "ch_1", 190)} < names


def test_parts_that_are_not_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="not the whole"):
        sale(sold(tax=799))
    with pytest.raises(ValueError, match="not the whole"):
        refund(refunded(amount=5499))


def test_what_cost_nothing_moves_nothing() -> None:
    free = sold(amount=0, net_tickets=0, fees=0, tax=0, application_fee=0, stripe_fee=None)
    assert sale(free) == ()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_full_refund_leaves_only_what_stripe_keeps(kind: dict[str, object]) -> None:
    fee = 0 if kind is OWN else 110
    back = refunded(kind, application_fee=fee)
    left = balances([*sale(sold(kind)), *refund(back)])
    book = "acct_club" if kind is DIRECT else PLATFORM
    seller = PLATFORM if kind is OWN else "acct_club"
    assert left == {
        (book, "stripe_fees"): 190,
        (book, "stripe_balance"): -190,
        (seller, "ticket_sales"): -4400,
        (seller, "refunds"): 4400,
    }


def test_a_refund_that_takes_nothing_back_from_the_organizer_is_the_platforms_claim() -> None:
    kept = refunded(THROUGH, application_fee=0, parts=Parts())
    left = balances([*sale(sold(THROUGH)), *refund(kept)])
    assert left[PLATFORM, "organizer_clearing"] == 5500
    assert left["acct_club", "stripe_balance"] == 5500 - 110


def test_a_failed_refund_is_undone() -> None:
    made = refund(refunded())
    undone = reversal(made, 7)
    assert balances([*made, *undone]) == {}
    assert {one.happened_at for one in undone} == {7}
    assert not {one.kind for one in made} & {one.kind for one in undone}


def test_money_that_came_too_late_waits_and_goes_back() -> None:
    late = late_payment(sold(application_fee=0))
    assert balances(late)["acct_club", "buyer_deposits"] == -5500
    back = refund(refunded(parts=Parts(deposits=5500), application_fee=0))
    assert balances([*late, *back]) == {
        ("acct_club", "stripe_fees"): 190,
        ("acct_club", "stripe_balance"): -190,
    }


@pytest.mark.parametrize("kind", [DIRECT, THROUGH], ids=["direct", "destination"])
def test_a_dispute_takes_the_money_and_its_end_gives_it_back_or_not(
    kind: dict[str, object],
) -> None:
    book = "acct_club" if kind is DIRECT else PLATFORM
    opened = dispute_opened(disputed(kind, fee=1500))
    assert balances(opened)[book, "stripe_balance"] == -7000
    won = balances([*opened, *dispute_closed(disputed(kind, fee=1500), won=True)])
    assert won == {}
    lost = balances([*opened, *dispute_closed(disputed(kind, fee=0), won=False)])
    assert lost == {
        (book, "stripe_balance"): -7000,
        (book, "dispute_losses"): 5500,
        (book, "dispute_fees"): 1500,
    }


def test_a_payout_reaches_the_bank_or_comes_back() -> None:
    assert balances(payout(PAYOUT)) == {
        ("acct_club", "bank"): 5200,
        ("acct_club", "stripe_balance"): -5200,
    }
    assert balances(payout(PAYOUT, failed=True)) == {}
    taken = PayoutFacts(None, "", "po_2", -300, "EUR", 1)
    assert balances(payout(taken)) == {(PLATFORM, "bank"): -300, (PLATFORM, "stripe_balance"): 300}


@given(parts, st.data())
def test_a_divided_amount_is_whole_and_never_more_than_is_left(
    among: Parts, data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, among.total))
    shares = split(amount, among)
    assert shares.total == amount
    for name in ("net_tickets", "fees", "tax", "deposits"):
        assert 0 <= getattr(shares, name) <= getattr(among, name)


@given(parts)
def test_the_whole_is_divided_into_its_own_parts(among: Parts) -> None:
    assert split(among.total, among) == among


@given(parts)
def test_more_than_is_left_is_refused(among: Parts) -> None:
    with pytest.raises(ValueError, match="left"):
        split(among.total + 1, among)


@given(
    st.sampled_from(list(KINDS.values())),
    st.tuples(amounts, amounts, amounts),
    st.none() | amounts,
    amounts,
)
def test_every_sale_reaches_its_books_whole(
    kind: dict[str, object], parts: tuple[int, int, int], stripe: int | None, application: int
) -> None:
    net, fees, tax = parts
    whole = net + fees + tax
    facts = sold(
        kind,
        amount=whole,
        net_tickets=net,
        fees=fees,
        tax=tax,
        stripe_fee=stripe,
        application_fee=application,
    )
    moved = balances(sale(facts))
    earned = sum(moved[facts.seller, name] for name in ("ticket_sales", "service_fees"))
    assert earned + moved[facts.seller, "tax_payable"] == -whole
    held = sum(moved[book, "stripe_balance"] for book in facts.books)
    assert held == whole - (stripe or 0)
    assert moved[PLATFORM, "organizer_clearing"] == 0
    for book in facts.books:
        assert sum(amount for (of, _account), amount in moved.items() if of == book) == 0


def test_balances_are_read_on_the_side_where_they_grow() -> None:
    assert natural("stripe_balance", 5) == 5
    assert natural("stripe_fees", 5) == 5
    assert natural("ticket_sales", -5) == 5
    assert natural("tax_payable", -5) == 5


def test_the_document_lists_the_accounts_and_works_the_examples() -> None:
    text = DOCUMENT.read_text()
    assert chart_table() in text
    for heading, transactions in examples().items():
        assert f"### {heading}\n\n{table(transactions)}\n" in text, heading
    assert re.findall(r"^### (.+)$", text, re.M) == list(examples())


@pytest.mark.parametrize(
    ("kind", "what"),
    [("sale", "sales"), ("application_fee_refund", "platform_fees"), ("transfer", "other"),
     ("refund_failed", "refunds"), ("dispute_won", "disputes"), ("payout_failed", "payouts")],
)  # fmt: skip
def test_a_kind_is_named_by_how_it_begins(kind: str, what: str) -> None:
    assert what_of(kind) == what
