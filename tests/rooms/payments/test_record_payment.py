"""What Stripe says of a payment is kept, whatever the order it is told in."""

import asyncio
import itertools
from dataclasses import replace

from sqlalchemy import select
from tests.factories.auth import make_owner
from tests.factories.payments import connect_account, earn
from tests.fixtures.stripe_double import StripeDouble

from handstamp.auth.models import Organizer
from handstamp.ledger.models import LedgerMovement
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.find_payments import payment_by_charge, payment_by_intent, payment_of
from handstamp.payments.models import Payment
from handstamp.payments.record_fee import record_fee
from handstamp.payments.record_payment import record_payment
from handstamp.plumbing.web import Services

OPEN = PaymentFacts("pi_1", "requires_payment_method", 5500, 0, "EUR", created=1000)
DECLINED = replace(OPEN, error_code="insufficient_funds", charge_id="ch_0")
PAID = replace(
    OPEN, status="succeeded", amount_received=5500, charge_id="ch_1", fee=190, paid_at=2000
)
REFUNDED = replace(PAID, refunded=1500, disputed=True)


async def keep(
    services: Services, organizer: Organizer, facts: PaymentFacts, order: str = "ord_1"
) -> Payment:
    """Store facts as those of an order's payment."""
    async with services.db.write() as session:
        return await record_payment(
            session,
            subject_kind="order",
            subject_id=order,
            organizer_id=organizer.id,
            account="acct_1",
            charge_type="direct",
            destination="",
            facts=facts,
        )


async def test_facts_in_any_order_end_the_same(services: Services) -> None:
    _person, organizer = await make_owner(services)
    every = itertools.permutations([OPEN, DECLINED, PAID, REFUNDED])
    for number, told in enumerate(every):
        for facts in told:
            one = replace(facts, id=f"pi_{number}")
            payment = await keep(services, organizer, one, f"ord_{number}")
        assert (payment.status, payment.failure_code) == ("succeeded", ""), told
        assert (payment.refunded, payment.disputed, payment.stripe_fee) == (1500, True, 190), told
        assert (payment.paid_at, payment.created_at, payment.charge_id) == (2000, 1000, "ch_1")


async def test_payments_are_found_by_what_names_them(services: Services) -> None:
    _person, organizer = await make_owner(services)
    await keep(services, organizer, replace(DECLINED, id="pi_0", charge_id="ch_0"))
    payment = await keep(services, organizer, PAID)
    async with services.db.read() as session:
        for found in (
            await payment_by_intent(session, "pi_1"),
            await payment_by_charge(session, "ch_1"),
            await payment_of(session, "order", "ord_1"),
        ):
            assert found is not None and found.id == payment.id
        assert await payment_of(session, "order", "ord_2") is None


async def test_a_decline_is_kept_until_something_better_comes(services: Services) -> None:
    _person, organizer = await make_owner(services)
    assert (await keep(services, organizer, OPEN)).status == "pending"
    payment = await keep(services, organizer, DECLINED)
    assert (payment.status, payment.failure_code) == ("failed", "insufficient_funds")


async def test_the_same_payment_told_at_once_by_many_is_one(services: Services) -> None:
    _person, organizer = await make_owner(services)
    made = await asyncio.gather(*(keep(services, organizer, PAID) for _ in range(8)))
    assert len({payment.id for payment in made}) == 1
    async with services.db.read() as session:
        assert len((await session.scalars(select(Payment))).all()) == 1


async def test_a_fee_that_is_booked_later_is_posted_once(
    services: Services, stripe_double: StripeDouble
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer)
    intent = await earn(services, stripe_double, account)
    facts = replace(PAID, id=intent, fee=None)
    async with services.db.write() as session:
        await record_payment(
            session,
            subject_kind="order",
            subject_id="ord_1",
            organizer_id=organizer.id,
            account=account,
            charge_type="direct",
            destination="",
            facts=facts,
        )
    await record_fee(services, "acct_stranger", "ch_1")
    await record_fee(services, account, "ch_unknown")
    async with services.db.read() as session:
        assert (await session.scalars(select(LedgerMovement))).all() == []
    for _ in range(2):
        await record_fee(services, account, "ch_1")
    async with services.db.read() as session:
        (moved,) = (await session.scalars(select(LedgerMovement))).all()
        payment = await payment_by_intent(session, intent)
    assert (moved.debit, moved.credit, moved.amount) == ("stripe_fees", "stripe_balance", 175)
    assert payment is not None and payment.stripe_fee == 175
