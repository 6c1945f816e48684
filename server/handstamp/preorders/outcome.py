"""What became of a charge: one transition, whoever hears of it first.

The call's answer and the webhooks race; both come here with the payment as Stripe has it now,
and whoever is second finds nothing left to do.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_event
from handstamp.clubs.models import Club
from handstamp.kit.clock import HOUR
from handstamp.payments.charge_saved_card import Charged, Declined, NeedsAction, outcome_of
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.find_payments import payment_by_intent
from handstamp.payments.gateway import gateway
from handstamp.payments.record_payment import record_payment
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.metrics import PREORDERS_CHARGED
from handstamp.plumbing.web import Services
from handstamp.preorders import charge_mails, run_queries, store
from handstamp.preorders.change_status import change_status
from handstamp.preorders.charge_run import enqueue_finish, run_topic
from handstamp.preorders.fulfil_preorder import fulfil
from handstamp.preorders.models import PreOrder
from handstamp.preorders.next_in_line import pass_on
from handstamp.preorders.save_card import PREORDER_MARK

RECOVERY_JOB = "preorder.end_recovery"
NEARLY = 20  # left of a run: from then on each outcome has it looked at whether it is through
_log = structlog.get_logger("handstamp.preorders")


async def settle_payment(services: Services, payment_intent_id: str, account: str) -> str:
    """Look a payment of an account up and apply it to its pre-order; return that one's status.

    One that is booked whole already is not asked for: a run's webhooks would double its calls.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    async with services.db.read() as session:
        known = await _booked(session, payment_intent_id, account)
    if known is not None:
        return known.status
    facts = await gateway(services).retrieve_payment(payment_intent_id, account=account)
    preorder_id = facts.metadata.get(PREORDER_MARK, "")
    async with services.db.write(actor="preorders") as session:
        preorder = await store.preorder(session, preorder_id)
        if preorder is None or preorder.account != account:
            _log.warning("payment_of_no_preorder", account=account)
            return ""
        return await settle_charge(session, services, preorder_id, facts)


async def settle_charge(
    session: AsyncSession, services: Services, preorder_id: str, facts: PaymentFacts
) -> str:
    """Apply a payment to its pre-order and return the status afterwards. Safe to repeat.

    Raises:
        WrongPayment: the amount or currency is another than the pre-order's.
    """
    found = outcome_of(facts)
    if isinstance(found, Charged):
        status = await fulfil(session, services, preorder_id, facts)
    elif isinstance(found, NeedsAction):
        status = await _ask(session, services, preorder_id, facts)
    elif isinstance(found, Declined):
        status = await _decline(session, services, preorder_id, facts)
    else:
        known = await store.preorder(session, preorder_id)
        return known.status if known else ""
    await look_at_run(session, services, preorder_id)
    return status


async def _booked(session: AsyncSession, intent: str, account: str) -> PreOrder | None:
    """Return the pre-order that a payment has bought, if nothing of it is left to book."""
    payment = await payment_by_intent(session, intent)
    if payment is None or payment.subject_kind != "preorder" or payment.account != account:
        return None
    if payment.status != "succeeded" or payment.stripe_fee is None:
        return None
    preorder = await store.preorder(session, payment.subject_id)
    bought = preorder is not None and preorder.payment_intent_id == intent
    return preorder if bought else None


async def fail(
    session: AsyncSession,
    services: Services,
    preorder_id: str,
    code: str,
    *,
    before: Sequence[str],
) -> str:
    """Give up a charge for good: the member is told, and the ticket goes on to somebody else.

    The rows are locked from the run down, as everybody does who approves or charges.
    """
    seen = await store.preorder(session, preorder_id)
    if seen is None:
        return ""
    run = await run_queries.run(session, seen.run_id or "", lock=True)
    terms = await club_event(session, seen.club_id, seen.event_id, lock=True)
    preorder = await store.preorder(session, preorder_id, lock=True)
    assert preorder is not None
    if preorder.status not in before:
        return preorder.status
    preorder.failure_code = code
    await change_status(session, services, preorder, "failed", code=code)
    await pass_on(session, services, terms, run, preorder)
    await session.flush()
    await charge_mails.queue_failed(session, preorder)
    _count(session, services, preorder, "failed")
    return preorder.status


async def look_at_run(session: AsyncSession, services: Services, preorder_id: str) -> None:
    """Have it looked at whether the run is through, once little of it is left; tell its pages."""
    run = await run_queries.run_of(session, preorder_id)
    if run is None or run.state == "done":
        return
    if run.state == "stopping" or await run_queries.nearly_through(session, run, NEARLY):
        await enqueue_finish(session, run.id)


async def _ask(
    session: AsyncSession, services: Services, preorder_id: str, facts: PaymentFacts
) -> str:
    """Have the member confirm the payment where the club waits for that; else it has failed."""
    seen = await store.preorder(session, preorder_id)
    assert seen is not None
    club = await session.get_one(Club, seen.club_id)
    if not club.recovery_hours:
        return await _decline(session, services, preorder_id, facts)
    preorder = await store.preorder(session, preorder_id, lock=True)
    assert preorder is not None
    if preorder.status != "charging":
        return preorder.status
    until = services.clock() + club.recovery_hours * HOUR
    preorder.needs_action_until = until
    await _keep(session, preorder, facts)
    await change_status(session, services, preorder, "needs_action", until=until)
    await session.flush()
    await charge_mails.queue_needs_action(session, preorder)
    await enqueue_end(session, preorder, until)
    _count(session, services, preorder, "needs_action")
    return preorder.status


async def _decline(
    session: AsyncSession, services: Services, preorder_id: str, facts: PaymentFacts
) -> str:
    """Fail a charge that was declined; one that its member tried is cancelled at Stripe first."""
    seen = await store.preorder(session, preorder_id)
    assert seen is not None
    if seen.status == "needs_action" and facts.status != "canceled":
        await enqueue_end(session, seen, services.clock())
        return seen.status
    code = facts.error_code or "canceled"
    before = ("charging", "needs_action") if facts.status == "canceled" else ("charging",)
    status = await fail(session, services, preorder_id, code, before=before)
    if status == "failed":
        failed = await store.preorder(session, preorder_id, lock=True)
        assert failed is not None
        await _keep(session, failed, facts)
    return status


async def enqueue_end(session: AsyncSession, preorder: PreOrder, at: int) -> None:
    """Have the payment of a pre-order that waits for its member ended at a moment."""
    args = {"preorder": preorder.id, "at": at}
    await enqueue(session, RECOVERY_JOB, args, key=f"charge:{preorder.id}", run_at=at)


async def _keep(session: AsyncSession, preorder: PreOrder, facts: PaymentFacts) -> None:
    """Keep a payment that did not succeed, so that it is found when something comes of it."""
    preorder.payment_intent_id = preorder.payment_intent_id or facts.id
    await record_payment(
        session,
        subject_kind="preorder",
        subject_id=preorder.id,
        organizer_id=preorder.organizer_id,
        account=preorder.account,
        charge_type=preorder.charge_type,
        destination=preorder.destination,
        facts=facts,
    )


def _count(session: AsyncSession, services: Services, preorder: PreOrder, outcome: str) -> None:
    after_commit(session, PREORDERS_CHARGED.labels(outcome=outcome).inc)
    after_commit(session, lambda: services.signals.publish(run_topic(preorder.club_id)))
