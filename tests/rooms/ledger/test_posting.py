"""Posting on both databases: once, always in balance, never changed; balances as they are read."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.rooms.ledger.examples import (
    DIRECT,
    PAYOUT,
    THROUGH,
    disputed,
    examples,
    refunded,
    sold,
)

from handstamp.ledger import balances
from handstamp.ledger.models import LedgerMovement, LedgerTransaction
from handstamp.ledger.post_entry import post
from handstamp.ledger.rules import (
    CHART,
    PLATFORM,
    STRIPE_BALANCE,
    NewTransaction,
    Parts,
    dispute_closed,
    dispute_opened,
    payout,
    refund,
    reversal,
    sale,
    split,
)
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def posted(services: Services, *transactions: NewTransaction) -> int:
    async with services.db.write() as session:
        return await post(session, transactions)


async def book(services: Services, name: str) -> dict[str, int]:
    async with services.db.read() as session:
        return {one.account: one.amount for one in await balances.of_book(session, name)}


async def test_a_happening_is_posted_once(services: Services) -> None:
    made = sale(sold())
    assert await posted(services, *made) == len(made) == 4
    assert await posted(services, *made) == 0
    assert await book(services, "acct_club") == {
        "stripe_balance": 5200,
        "ticket_sales": 4400,
        "service_fees": 300,
        "tax_payable": 800,
        "stripe_fees": 190,
        "platform_fees": 110,
    }
    assert await book(services, PLATFORM) == {"stripe_balance": 110, "platform_income": 110}


async def test_many_post_the_same_at_once(services: Services) -> None:
    made = [*sale(sold()), *sale(sold(THROUGH, payment_intent_id="pi_2", charge_id="ch_2"))]
    counts = await asyncio.gather(*(posted(services, *order) for order in (made, made[::-1]) * 4))
    assert sum(counts) == len(made)
    async with services.db.read() as session:
        assert await session.scalar(select(func.count(LedgerTransaction.id))) == len(made)
        moved = sum(len(one.movements) for one in made)
        assert await session.scalar(select(func.count(LedgerMovement.id))) == moved


async def test_what_is_rolled_back_was_never_posted(services: Services) -> None:
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await post(session, sale(sold()))
            raise RuntimeError
    assert await book(services, "acct_club") == {}
    assert await posted(services, *sale(sold())) == 4


async def test_what_is_at_stripe_and_balances_by_subject(services: Services) -> None:
    other = sold(organizer_id="org_2", subject="order:ord_2", payment_intent_id="pi_2")
    await posted(services, *sale(sold()), *sale(other)[:1])
    async with services.db.read() as session:
        at_stripe = await balances.at_stripe(session, "acct_club")
        theirs = await balances.of_subject(session, "order:ord_2")
        whole = await balances.of_book(session, "acct_club")
    assert at_stripe == {one.currency: one.amount for one in whole if one.account == STRIPE_BALANCE}
    assert {one.account: one.amount for one in theirs}["stripe_balance"] == 5500


async def test_what_was_posted_can_be_undone(services: Services) -> None:
    await posted(services, *sale(sold()))
    before = await book(services, "acct_club")
    await posted(services, *refund(refunded()))
    async with services.db.read() as session:
        made = await balances.posted(session, ["acct_club"], ["refund"], "re_1")
    assert made == refund(refunded())[:1]
    await posted(services, *reversal(made, 9))
    after = await book(services, "acct_club")
    returned = {"stripe_balance": 110, "platform_fees": -110, "refunds": 0}
    assert after == {
        account: before.get(account, 0) + returned.get(account, 0) for account in after
    }


CHANGES = (
    update(LedgerMovement).values(amount=1),
    update(LedgerMovement).values(debit="bank"),
    delete(LedgerMovement),
    update(LedgerTransaction).values(currency="CHF"),
    delete(LedgerTransaction),
)


@pytest.mark.parametrize("change", CHANGES, ids=[str(number) for number in range(len(CHANGES))])
async def test_nothing_in_the_ledger_changes(services: Services, change: Any) -> None:
    await posted(services, *sale(sold()))
    before = await book(services, "acct_club")
    with pytest.raises(DBAPIError, match="never changed"):
        async with services.db.write() as session:
            await session.execute(change)
    assert await book(services, "acct_club") == before


async def test_postgresql_does_not_truncate_it_either(postgres_url: str) -> None:
    from handstamp.plumbing.db import Database

    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="never changed"):
        async with database.write() as session:
            await session.execute(text("TRUNCATE tickets_ledger_movements"))
    await database.close()


@pytest.mark.parametrize(
    "wrong", [{"amount": 0}, {"amount": -5}, {"debit": "bank", "credit": "bank"}]
)
async def test_a_movement_out_of_balance_cannot_be_stored(
    services: Services, wrong: dict[str, Any]
) -> None:
    await posted(services, *sale(sold()))
    right = {"transaction_id": 1, "debit": "bank", "credit": "stripe_balance", "amount": 5}
    with pytest.raises(IntegrityError):
        async with services.db.write() as session:
            await session.execute(insert(LedgerMovement), [{**right, **wrong}])


async def test_every_example_of_the_document_can_be_posted(services: Services) -> None:
    for made in examples().values():
        await posted(services, *made)
    async with services.db.read() as session:
        assert {one.account for one in await balances.every_balance(session)} <= set(CHART)


steps = st.lists(
    st.tuples(
        st.sampled_from(["sale", "refund", "fail", "dispute", "win", "lose", "payout", "again"]),
        st.integers(1, 5500),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


class Story:
    """A random life of some payments, and what the balance at Stripe would be."""

    def __init__(self) -> None:
        self.number = 0
        self.held: dict[str, int] = defaultdict(int)
        self.left: dict[str, Parts] = {}
        self.kinds: dict[str, dict[str, object]] = {}
        self.open: list[tuple[str, int]] = []
        self.given: list[tuple[str, Parts, tuple[NewTransaction, ...]]] = []
        self.last: tuple[NewTransaction, ...] = ()

    def step(self, what: str, amount: int, through: bool) -> tuple[NewTransaction, ...]:
        self.number += 1
        made: tuple[NewTransaction, ...] = getattr(self, f"_{what}")(amount, through)
        self.last = made or self.last
        return made

    def _again(self, _amount: int, _through: bool) -> tuple[NewTransaction, ...]:
        return self.last

    def _sale(self, _amount: int, through: bool) -> tuple[NewTransaction, ...]:
        name, kind = f"pi_{self.number}", THROUGH if through else DIRECT
        self.left[name], self.kinds[name] = Parts(4400, 300, 800), kind
        charged = PLATFORM if through else "acct_club"
        self.held[charged] -= 190
        self.held["acct_club"] += 5500 - 110
        self.held[PLATFORM] += 110
        ids = {"payment_intent_id": name, "charge_id": f"ch_{self.number}"}
        return sale(sold(kind, **ids))

    def _refund(self, amount: int, _through: bool) -> tuple[NewTransaction, ...]:
        name = next((pi for pi, left in self.left.items() if left.total), None)
        if name is None:
            return ()
        left, kind = self.left[name], self.kinds[name]
        parts = split(min(amount, left.total), left)
        self.left[name] = Parts(
            left.net_tickets - parts.net_tickets, left.fees - parts.fees, left.tax - parts.tax
        )
        self.held["acct_club"] -= parts.total
        back = refunded(
            kind,
            refund_id=f"re_{self.number}",
            amount=parts.total,
            parts=parts,
            application_fee=0,
        )
        made = refund(back)
        if kind is DIRECT:
            self.given.append((name, parts, made))
        return made

    def _fail(self, _amount: int, _through: bool) -> tuple[NewTransaction, ...]:
        if not self.given:
            return ()
        name, parts, made = self.given.pop()
        left = self.left[name]
        self.left[name] = Parts(
            left.net_tickets + parts.net_tickets, left.fees + parts.fees, left.tax + parts.tax
        )
        self.held["acct_club"] += parts.total
        return reversal(made, 5)

    def _dispute(self, amount: int, through: bool) -> tuple[NewTransaction, ...]:
        kind = THROUGH if through else DIRECT
        self.open.append((f"du_{self.number}", amount))
        self.held[PLATFORM if through else "acct_club"] -= amount + 1500
        self.kinds[f"du_{self.number}"] = kind
        facts = disputed(kind, fee=1500)
        return dispute_opened(type(facts)(**{**vars(facts), "dispute_id": f"du_{self.number}",
                                             "amount": amount}))  # fmt: skip

    def _close(self, *, won: bool) -> tuple[NewTransaction, ...]:
        if not self.open:
            return ()
        name, amount = self.open.pop()
        facts = disputed(self.kinds[name], fee=0)
        if won:
            self.held[facts.charged] += amount
        named = type(facts)(**{**vars(facts), "dispute_id": name, "amount": amount})
        return dispute_closed(named, won=won)

    def _win(self, _amount: int, _through: bool) -> tuple[NewTransaction, ...]:
        return self._close(won=True)

    def _lose(self, _amount: int, _through: bool) -> tuple[NewTransaction, ...]:
        return self._close(won=False)

    def _payout(self, amount: int, through: bool) -> tuple[NewTransaction, ...]:
        self.held["acct_club"] -= 0 if through else amount
        named = {"payout_id": f"po_{self.number}", "amount": amount}
        return payout(type(PAYOUT)(**{**vars(PAYOUT), **named}), failed=through)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
async def test_any_story_balances_after_every_step_and_equals_stripe(
    services: Services, steps: list[tuple[str, int, bool]]
) -> None:
    story = Story()
    async with services.db.write() as session:
        for what, amount, through in steps:
            await post(session, story.step(what, amount, through))
            now = await balances.every_balance(session)
            sides: dict[str, int] = defaultdict(int)
            held: dict[str, int] = defaultdict(int)
            for one in now:
                debit = CHART[one.account].kind in ("asset", "expense")
                sides[one.book] += one.amount if debit else -one.amount
                held[one.book] += one.amount if one.account == "stripe_balance" else 0
            assert set(sides.values()) <= {0}
            for book_name in {*held, *story.held}:
                assert held[book_name] == story.held[book_name]
        await session.rollback()
