"""What Stripe keeps of a payment, where it books that later than the payment itself."""

from handstamp.ledger.post_entry import post
from handstamp.ledger.rules import ChargeFacts, stripe_fee
from handstamp.payments import store
from handstamp.payments.gateway import gateway
from handstamp.payments.models import Payment
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Services


async def record_fee(services: Services, account: str, charge_id: str) -> None:
    """Look up and post Stripe's fee of a charge of ours, if it is not known yet.

    Opens its own transactions; call it outside of one.

    Raises:
        GatewayError: no answer for now.
    """
    async with services.db.read() as session:
        payment = await store.payment_by_charge(session, charge_id)
    if payment is None or payment.account != account or payment.stripe_fee is not None:
        return
    facts = await gateway(services).retrieve_payment(payment.payment_intent_id, account=account)
    if facts.fee is None:
        return
    async with services.db.write() as session:
        await store.set_fee(session, payment.id, facts.fee)
        charge = _charge(payment, payment.paid_at or now(session))
        await post(session, stripe_fee(charge, charge_id, facts.fee))


def _charge(payment: Payment, happened_at: int) -> ChargeFacts:
    return ChargeFacts(
        organizer_id=payment.organizer_id,
        subject=f"{payment.subject_kind}:{payment.subject_id}",
        account=payment.account,
        charge_type=payment.charge_type,
        destination=payment.destination,
        currency=payment.currency,
        happened_at=happened_at,
    )
