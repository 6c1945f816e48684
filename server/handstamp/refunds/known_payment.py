"""Which of our payments a charge at Stripe is, if it is any of ours."""

from handstamp.orders.checkout_page import account_of
from handstamp.orders.settle_order import settle_order
from handstamp.payments.checkout_request import ORDER_MARK
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.find_payments import payment_by_charge
from handstamp.payments.gateway import gateway
from handstamp.payments.models import Payment
from handstamp.plumbing.web import Services
from handstamp.preorders.outcome import settle_payment
from handstamp.preorders.save_card import PREORDER_MARK
from handstamp.refunds import store


class NotRecordedYet(Exception):
    """The charge is for an order of ours whose payment is not stored yet: try again."""


async def known_payment(
    services: Services, account: str, charge_id: str, payment_intent_id: str
) -> Payment | None:
    """Return the payment of a charge; None when it is for nothing of ours.

    An account's events speak of its own charges only, whatever ids stand in them.

    Raises:
        NotRecordedYet: events overtook each other; the payment's own is still to come.
        GatewayError: no answer; try again.
    """
    async with services.db.read() as session:
        payment = await payment_by_charge(session, charge_id)
    if payment is not None:
        return payment if payment.account == account else None
    if not payment_intent_id:
        return None
    facts = await gateway(services).retrieve_payment(payment_intent_id, account=account)
    if not await _settle(services, account, facts):
        return None
    async with services.db.read() as session:
        payment = await payment_by_charge(session, charge_id)
    if payment is None:
        raise NotRecordedYet(charge_id)
    return payment


async def _settle(services: Services, account: str, facts: PaymentFacts) -> bool:
    """Have a payment recorded by whatever it is for; False when that is nothing of ours."""
    if facts.metadata.get(PREORDER_MARK):
        return bool(await settle_payment(services, facts.id, account))
    async with services.db.read() as session:
        order = await store.order(session, facts.metadata.get(ORDER_MARK, ""))
    if order is None or account_of(order) != account:
        return False
    await settle_order(services, order.id)
    return True
