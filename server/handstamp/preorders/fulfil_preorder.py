"""A paid pre-order becomes a ticket: payment, ledger, ticket, stock and mail in one transaction."""

from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import supply
from handstamp.clubs.find_clubs import club_event
from handstamp.clubs.models import ClubEvent
from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.ledger import rules as ledger
from handstamp.ledger.balances import posted
from handstamp.ledger.post_entry import post
from handstamp.ledger.uncounted import note_uncounted
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.models import Payment
from handstamp.payments.record_payment import record_payment
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.metrics import PREORDERS_CHARGED
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.preorders import charge_mails, push, store
from handstamp.preorders.change_status import change_status
from handstamp.preorders.charge_run import run_topic
from handstamp.preorders.models import PreOrder
from handstamp.preorders.waiting_mails import queue_waiting
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket

REFUND_JOB = "refund.preorder"
PAYABLE = ("charging", "needs_action")
_log = structlog.get_logger("handstamp.preorders")


class WrongPayment(Exception):
    """A payment that is not what the pre-order asked for: it fulfils nothing, needs a person."""


async def fulfil(
    session: AsyncSession, services: Services, preorder_id: str, facts: PaymentFacts
) -> str:
    """Take in a payment that succeeded and issue the ticket, once; return the status afterwards.

    A payment for what is closed by now, or a second one, is kept as a deposit and refunded.

    Raises:
        WrongPayment: the amount or currency is another than the pre-order's.
    """
    preorder = await store.preorder(session, preorder_id, lock=True)
    assert preorder is not None
    if (facts.amount_received, facts.currency) != (preorder.total, preorder.currency.upper()):
        _log.error("preorder_wrong_payment", preorder=preorder.id)
        raise WrongPayment(preorder.id)
    payment = await _record(session, preorder, facts)
    if preorder.status not in PAYABLE:
        await _note_again(session, preorder, payment)
        return preorder.status
    preorder.payment_intent_id, preorder.failure_code = facts.id, ""
    preorder.paid_at = services.clock()
    await change_status(session, services, preorder, "paid", total=preorder.total)
    await session.flush()
    await post(session, ledger.sale(_sale_facts(preorder, payment)))
    note_uncounted(session, preorder.organizer_id, "preorder", preorder.id)
    await deliver(session, services, preorder)
    after_commit(session, PREORDERS_CHARGED.labels(outcome="paid").inc)
    after_commit(session, lambda: services.signals.publish(run_topic(preorder.club_id)))
    return preorder.status


async def deliver(session: AsyncSession, services: Services, preorder: PreOrder) -> None:
    """Issue the ticket of a paid pre-order that the caller has locked, if there is one for it.

    Where tickets come from elsewhere it waits for the pool, whether or not one was set aside.
    """
    terms = await club_event(session, preorder.club_id, preorder.event_id)
    if supply.is_from_elsewhere(terms):
        if supply.keeps_reserved(terms) and not preorder.reserved:
            preorder.reserved = await supply.reserve(session, terms, preorder.tier_id)
        await session.flush()
        await demand(session, preorder)
        return
    if not preorder.reserved:
        preorder.reserved = await supply.reserve(session, terms, preorder.tier_id)
    serial = await _take(session, services, terms, preorder) if preorder.reserved else None
    if serial is None:
        if preorder.status == "paid":
            await change_status(session, services, preorder, "waiting_for_stock")
            await queue_waiting(session, [preorder])
        await session.flush()
        return
    ticket = select(Ticket.id).where(Ticket.event_id == preorder.event_id, Ticket.serial == serial)
    preorder.ticket_id = (await session.scalars(ticket)).one()
    preorder.reserved, preorder.fulfilled_at = False, services.clock()
    await change_status(session, services, preorder, "fulfilled", ticket=preorder.ticket_id)
    await session.flush()
    await charge_mails.queue_received(session, preorder)
    await push.queue_notices(session, preorder)


async def demand(session: AsyncSession, preorder: PreOrder) -> None:
    """Have a paid pre-order wait for a ticket from elsewhere, in the order of payment."""
    assert preorder.paid_at is not None
    await demands.confirm(
        session,
        preorder_id=preorder.id,
        organizer_id=preorder.organizer_id,
        event_id=preorder.event_id,
        tier_id=preorder.tier_id,
        user_id=preorder.user_id,
        email=preorder.email,
        name=preorder.name,
        number=preorder.number,
        confirmed_at=preorder.paid_at,
    )


async def _take(
    session: AsyncSession, services: Services, terms: ClubEvent, preorder: PreOrder
) -> int | None:
    event = (await events_by_id(session, [preorder.event_id]))[preorder.event_id]
    tiers = {tier.id: tier for tier in await tiers_of(session, event.id, archived=True)}
    # A ticket's line and place are unique: a pre-order has one ticket, whatever goes wrong above.
    holder = Holder(
        name=preorder.name,
        email=preorder.email,
        order=preorder.number,
        order_item_id=preorder.id,
        place=0,
    )
    return await supply.take(
        session, services, terms, event=event, tier=tiers[preorder.tier_id], holder=holder
    )


async def _record(session: AsyncSession, preorder: PreOrder, facts: PaymentFacts) -> Payment:
    return await record_payment(
        session,
        subject_kind="preorder",
        subject_id=preorder.id,
        organizer_id=preorder.organizer_id,
        account=preorder.account,
        charge_type=preorder.charge_type,
        destination=preorder.destination,
        facts=facts,
    )


async def _note_again(session: AsyncSession, preorder: PreOrder, payment: Payment) -> None:
    """Post what Stripe told later, its fee; a payment that buys nothing is given back."""
    facts = ledger.ChargeFacts(**_charge(preorder, payment))
    kinds = ["sale", "late_payment"]
    known = await posted(session, [facts.seller], kinds, payment.payment_intent_id)
    if not known:
        _log.error("preorder_paid_for_nothing", preorder=preorder.id, status=preorder.status)
        await _note(session, preorder, "preorder.paid_for_nothing", {"payment": payment.id})
        await post(session, ledger.late_payment(_sale_facts(preorder, payment)))
        args = {"preorder": preorder.id, "payment_id": payment.id}
        await enqueue(session, REFUND_JOB, args, key=f"refund:{preorder.id}")
    elif payment.stripe_fee is not None:
        await post(session, ledger.stripe_fee(facts, payment.charge_id, payment.stripe_fee))


def _charge(preorder: PreOrder, payment: Payment) -> dict[str, Any]:
    return {
        "organizer_id": preorder.organizer_id,
        "subject": f"preorder:{preorder.id}",
        "account": payment.account,
        "charge_type": payment.charge_type,
        "destination": payment.destination,
        "currency": payment.currency,
        "happened_at": payment.paid_at or payment.created_at,
    }


def _sale_facts(preorder: PreOrder, payment: Payment) -> ledger.SaleFacts:
    return ledger.SaleFacts(
        **_charge(preorder, payment),
        payment_intent_id=payment.payment_intent_id,
        charge_id=payment.charge_id,
        amount=payment.amount,
        net_tickets=preorder.total - preorder.fee - preorder.tax,
        fees=preorder.fee,
        tax=preorder.tax,
        application_fee=payment.application_fee,
        stripe_fee=payment.stripe_fee,
    )


async def _note(
    session: AsyncSession, preorder: PreOrder, action: str, meta: dict[str, object]
) -> None:
    about = {"event": preorder.event_id, "total": preorder.total, **meta}
    await record(
        session,
        SYSTEM,
        action,
        "preorder",
        preorder.id,
        organizer_id=preorder.organizer_id,
        meta=about,
    )
