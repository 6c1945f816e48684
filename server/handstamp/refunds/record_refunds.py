"""Refunds as Stripe knows them, asked for afresh: what an event said may be old."""

from handstamp.payments.gateway import gateway
from handstamp.plumbing.web import Services
from handstamp.refunds import store
from handstamp.refunds.apply_refunds import apply
from handstamp.refunds.known_payment import known_payment


async def record_refunds(
    services: Services, account: str, charge_id: str, payment_intent_id: str
) -> bool:
    """Bring what was paid for in line with its charge's refunds; False when it is not of ours.

    Refunds made in Stripe's own pages count like ours. Safe to repeat and in any order.

    Raises:
        NotRecordedYet: the payment itself is still to come; try again.
        GatewayError: no answer; try again.
    """
    payment = await known_payment(services, account, charge_id, payment_intent_id)
    if payment is None:
        return False
    found = await gateway(services).list_refunds(charge_id, account=account)
    async with services.db.write(actor="stripe") as session:
        await apply(session, services, await store.paid(session, payment), found)
    return True
