"""A paid order becomes tickets: payment, ledger, tickets, stock and mail in one transaction."""

from typing import Any, Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.find_clubs import may_buy, was_member
from handstamp.discounts.take_codes import give_back_uses, take_uses
from handstamp.events.models import Event
from handstamp.ledger import rules as ledger
from handstamp.ledger.balances import posted
from handstamp.ledger.post_entry import post
from handstamp.orders import order_mails, store
from handstamp.orders.checkout_page import account_of, destination_of
from handstamp.orders.find_orders import names_of
from handstamp.orders.keep_sales import note_placed
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.rules import CLOSED_UNPAID
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.models import Payment
from handstamp.payments.record_payment import record_payment
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.metrics import ORDERS_LATE, ORDERS_PAID
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets import stock
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.waitlist.hold_offers import note_bought

REFUND_JOB = "refund.order"
Outcome = Literal["fulfilled", "already", "no_stock"]
_log = structlog.get_logger("handstamp.orders")


class WrongPayment(Exception):
    """A payment that is not what the order asked for: it fulfils nothing and needs a person."""


async def fulfil(
    session: AsyncSession, services: Services, order: Order, facts: PaymentFacts | None
) -> Outcome:
    """Issue the tickets of an order that is paid (or costs nothing), once.

    An order that was closed takes its stock again; when that is gone or the event cancelled, the
    payment is kept as a deposit and a job refunds it. Safe to repeat; the caller's transaction
    holds everything.

    Raises:
        WrongPayment: the amount or currency is another than the order's.
    """
    locked = await store.order(session, order.id, lock=True)
    assert locked is not None
    _check(locked, facts)
    payment = await _record(session, locked, facts) if facts else None
    if locked.status not in ("pending", *CLOSED_UNPAID):
        if payment is not None:
            await _note_again(session, locked, payment)
        return "already"
    items = (await store.items(session, [locked.id]))[locked.id]
    late = locked.status != "pending"
    if late and not await _take_again(session, services, locked, items):
        await _owe_back(session, services, locked, payment)
        return "no_stock"
    if not late:
        await note_bought(session, locked.waitlist_offer_id, services.clock())
    await _place(session, services, locked, "paid")
    note_placed(session, locked, items)
    if payment is not None:
        await post(session, ledger.sale(_sale_facts(locked, payment)))
    await _issue(session, services, locked, items)
    await order_mails.queue_confirmation(session, locked)
    await _note(session, locked, "order.paid", {"late": late})
    after_commit(session, ORDERS_PAID.inc)
    _log.info("order_paid", order=locked.id, late=late, total=locked.total)
    return "fulfilled"


def _check(order: Order, facts: PaymentFacts | None) -> None:
    if facts is None:
        right = order.total == 0
    else:
        placed = order.status not in ("pending", *CLOSED_UNPAID)
        again = placed and order.tax_mode == "stripe"  # another page may have another tax
        right = (
            facts.paid
            and (again or facts.amount_received == order.total)
            and facts.currency.upper() == order.currency.upper()
        )
    if not right:
        _log.error("order_wrong_payment", order=order.id)
        raise WrongPayment(order.id)


async def _record(session: AsyncSession, order: Order, facts: PaymentFacts) -> Payment:
    return await record_payment(
        session,
        subject_kind="order",
        subject_id=order.id,
        organizer_id=order.organizer_id,
        account=account_of(order),
        charge_type=order.charge_type,
        destination=destination_of(order),
        facts=facts,
    )


async def _note_again(session: AsyncSession, order: Order, payment: Payment) -> None:
    """Post what Stripe told later, its fee; a second payment of one order is given back."""
    facts = ledger.ChargeFacts(**_charge(order, payment))
    known = await posted(
        session, [facts.seller], ["sale", "late_payment"], payment.payment_intent_id
    )
    if not known:
        _log.error("order_paid_twice", order=order.id)
        await _note(session, order, "order.paid_twice", {})
        await _give_back(session, order, payment)
    elif payment.stripe_fee is not None:
        await post(session, ledger.stripe_fee(facts, payment.charge_id, payment.stripe_fee))


async def _give_back(session: AsyncSession, order: Order, payment: Payment) -> None:
    await post(session, ledger.late_payment(_sale_facts(order, payment)))
    args = {"order_id": order.id, "payment_id": payment.id}
    await enqueue(session, REFUND_JOB, args, key=f"refund:{order.id}")


async def _take_again(
    session: AsyncSession, services: Services, order: Order, items: list[OrderItem]
) -> bool:
    if (await store.event(session, order.event_id)).status == "cancelled":
        return False
    wants = {item.tier_id: item.qty for item in items}
    codes = (order.discount_code_id, order.access_code_id)
    if not await take_uses(session, codes):
        return False
    if await note_bought(session, order.waitlist_offer_id, services.clock()):
        return True  # the offer holds its tickets again since the order was closed
    if await stock.reserve_in(session, order.event_id, wants):
        return True
    await give_back_uses(session, codes)
    return False


async def _owe_back(
    session: AsyncSession, services: Services, order: Order, payment: Payment | None
) -> None:
    await _place(session, services, order, "late_refunded")
    await _note(session, order, "order.paid_too_late", {})
    if payment is None:
        return
    await _give_back(session, order, payment)
    await order_mails.queue_late(session, order)
    after_commit(session, ORDERS_LATE.inc)
    _log.warning("order_paid_too_late", order=order.id, total=order.total)


async def _place(session: AsyncSession, services: Services, order: Order, status: str) -> None:
    now = services.clock()
    order.status = status
    order.placed_at = now if status == "paid" else None
    order.closed_at = order.closed_at if status == "paid" else now
    order.checkout_state = "complete" if order.checkout_attempt else ""
    order.payment_error = ""
    await session.flush()
    after_commit(session, lambda: services.signals.publish(f"order:{order.id}"))


async def _issue(
    session: AsyncSession, services: Services, order: Order, items: list[OrderItem]
) -> None:
    event = await store.event(session, order.event_id)
    tiers = await store.tiers(session, order.event_id)
    await _look_at_membership(session, order, event)
    rows = [(tiers[item.tier_id], holder) for item in items for holder in holders_of(order, item)]
    await issue_rows(session, services, event, rows, source="order", actor=SYSTEM, were_held=True)


async def _look_at_membership(session: AsyncSession, order: Order, event: Event) -> None:
    """Note an order of somebody who is no longer a member of a club that has the event.

    Membership counted when they held the tickets and when they went to pay; the money is here
    and the tickets are theirs. The organizer sees it in the log.
    """
    if not await may_buy(session, event, order.user_id):
        then = await was_member(session, event, order.user_id, order.created_at)
        await _note(session, order, "order.membership_ended", {"was_member": then})


def holders_of(order: Order, item: OrderItem) -> list[Holder]:
    """Return for whom the tickets of a line are, in order."""
    names = names_of(item)
    return [
        Holder(
            name=names[place] if place < len(names) and names[place] else order.name,
            email=order.email,
            order=order.number,
            order_id=order.id,
            order_item_id=item.id,
            place=place,
        )
        for place in range(item.qty)
    ]


def _charge(order: Order, payment: Payment) -> dict[str, Any]:
    return {
        "organizer_id": order.organizer_id,
        "subject": f"order:{order.id}",
        "account": payment.account,
        "charge_type": payment.charge_type,
        "destination": payment.destination,
        "currency": payment.currency,
        "happened_at": payment.paid_at or payment.created_at,
    }


def _sale_facts(order: Order, payment: Payment) -> ledger.SaleFacts:
    return ledger.SaleFacts(
        **_charge(order, payment),
        payment_intent_id=payment.payment_intent_id,
        charge_id=payment.charge_id,
        amount=payment.amount,
        net_tickets=order.subtotal - order.discount,
        fees=order.fees,
        tax=order.tax,
        application_fee=payment.application_fee,
        stripe_fee=payment.stripe_fee,
    )


async def _note(session: AsyncSession, order: Order, action: str, meta: dict[str, object]) -> None:
    about = {"event": order.event_id, "total": order.total, **meta}
    await record(
        session, SYSTEM, action, "order", order.id, organizer_id=order.organizer_id, meta=about
    )
