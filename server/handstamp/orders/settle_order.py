"""Bringing an order to where Stripe says it is: paid, still open, or closed for certain.

Look first, outside of any transaction; then one transaction applies what was seen to the order
as it is by then. Any of it may run twice, at the same moment, and in any order.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.discounts.take_codes import give_back_uses
from handstamp.orders import order_mails, rules, store
from handstamp.orders.checkout_page import account_of, close_page, look_at_page
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.keep_tax import keep_tax
from handstamp.orders.models import Order, OrderItem
from handstamp.payments.checkout_request import ORDER_MARK
from handstamp.payments.facts import CheckoutFacts, PaymentFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayError
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.metrics import ORDERS_CLOSED, ORDERS_TIMED_OUT, PAYMENT_FAILURES
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets import stock
from handstamp.waitlist.hold_offers import give_back_in
from handstamp.waitlist.offer_tickets import queue_offers

EXPIRE_JOB = "orders.expire"
PAGE_MAY_BE_OPEN = ("starting", "open", "complete")
UNPAID = ("pending", *rules.CLOSED_UNPAID)
ROUNDS = 4
_FAILED = ("requires_payment_method", "canceled")
_log = structlog.get_logger("handstamp.orders")


async def settle_order(services: Services, order_id: str) -> str:
    """Look an order's payment page up and apply what is there; return the status afterwards.

    A hold whose time is over is closed, once it is certain that nobody can pay for it any more.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    order, items = await _read(services, order_id)
    if order is None:
        return ""
    if order.status == "pending" and rules.is_due(order.expires_at, services.clock()):
        return await _close(services, order_id, reason="timed_out")
    if order.status in UNPAID and (order.checkout_session_id or _may_be_open(order)):
        facts = await look_at_page(services, order, items)
        return await _apply(services, order, facts)
    return order.status


async def settle_session(services: Services, session_id: str, account: str) -> str:
    """Do what `settle_order` does for the order of a Checkout Session of an account.

    A session of another account changes nothing, nor does one of an earlier attempt, unless
    it is paid: whatever was paid for an order is either fulfilled or given back.
    """
    facts = await gateway(services).retrieve_checkout(session_id, account=account)
    order, items = await _read(services, facts.metadata.get(ORDER_MARK, ""))
    if order is None or account_of(order) != account:
        _log.warning("session_of_no_order", account=account)
        return ""
    due = order.status == "pending" and rules.is_due(order.expires_at, services.clock())
    if due and facts.status == "open":
        return await _close(services, order.id, reason="timed_out")
    if facts.paid and order.status == "pending" and _is_another(order, facts):
        await close_page(services, order, items)  # or the same order could be paid there, too
    return await _apply(services, order, facts)


async def close_order(services: Services, order_id: str, *, reason: str) -> str:
    """Close a pending order for somebody who waits for it; return the status afterwards.

    Raises:
        Conflict: its payment is still at work.
        SwitchedOff: the payment service does not answer.
    """
    try:
        status = await _close(services, order_id, reason=reason)
    except GatewayError as error:
        raise no_answer() from error
    if status == "pending":
        raise Conflict(
            _("Your other payment is still being worked on. Try again in a minute."),
            code="payment_at_work",
        )
    return status


async def close_unwanted_page(services: Services, order_id: str) -> None:
    """Close the payment page of a pending order that stays held; paid meanwhile, it is fulfilled.

    Raises:
        GatewayError: Stripe did not say; everything stays as it was.
    """
    order, items = await _read(services, order_id)
    if order is not None and order.status == "pending" and _may_be_open(order):
        await _apply(services, order, await close_page(services, order, items))


def no_answer() -> SwitchedOff:
    """Return the problem of a payment service that does not answer."""
    return SwitchedOff(
        _("The payment service does not answer at the moment. Your tickets stay held. Try again."),
        code="no_answer",
        headers={"Retry-After": "10"},
    )


async def _close(services: Services, order_id: str, *, reason: str) -> str:
    """Close a pending order in a confirmed state; paid meanwhile, it is fulfilled instead."""
    for _round in range(ROUNDS):
        order, items = await _read(services, order_id)
        if order is None or order.status != "pending":
            return order.status if order else ""
        if _may_be_open(order):
            facts = await close_page(services, order, items)
            if facts is not None and facts.status == "open":
                return order.status
            if facts is not None and facts.status == "complete" and not _has_failed(facts):
                return await _apply(services, order, facts)
        async with services.db.write(actor="orders") as session:
            if await close_in(session, services, order, items, reason=reason):
                return "expired" if reason == "timed_out" else "cancelled"
    return "pending"


async def close_in(
    session: AsyncSession,
    services: Services,
    order: Order,
    items: list[OrderItem],
    *,
    reason: str,
) -> bool:
    """Close a pending order whose page was seen closed; False when it has changed since.

    `order` is as it was read before the page was looked at: another attempt begun since then is
    another page.
    """
    status = "expired" if reason == "timed_out" else "cancelled"
    closed = await store.change(
        session,
        order.id,
        {
            "status": status,
            "close_reason": reason,
            "closed_at": services.clock(),
            "checkout_state": "expired" if order.checkout_attempt else "",
        },
        Order.status == "pending",
        Order.checkout_attempt == order.checkout_attempt,
        Order.checkout_state == order.checkout_state,
    )
    if not closed:
        return False
    await give_back_uses(session, (order.discount_code_id, order.access_code_id))
    if not await give_back_in(session, order.waitlist_offer_id, services.clock()):
        moves = [stock.Move(order.event_id, item.tier_id, held=-item.qty) for item in items]
        stock.later(session, moves)
        await queue_offers(session, order.event_id)
    if order.payment_error and order.email:
        await order_mails.queue_payment_failed(session, order)
    meta = {"event": order.event_id, "reason": reason}
    organizer = order.organizer_id
    await record(
        session, SYSTEM, f"order.{status}", "order", order.id, organizer_id=organizer, meta=meta
    )
    _tell(session, services, order.id)
    counter = ORDERS_TIMED_OUT if status == "expired" else ORDERS_CLOSED
    after_commit(session, counter.inc)
    _log.info("order_closed", order=order.id, reason=reason)
    return True


async def _apply(services: Services, order: Order, facts: CheckoutFacts | None) -> str:
    """Apply what a page was seen to be; return the order's status afterwards."""
    async with services.db.write(actor="orders") as session:
        locked = await store.order(session, order.id, lock=True)
        assert locked is not None
        own = _adopt(locked, order, facts)
        if facts is not None and facts.paid and facts.payment is not None:
            await keep_tax(session, locked, facts)
            await fulfil(session, services, locked, facts.payment)
        elif facts is not None and own and locked.status == "pending":
            await _note_unpaid(session, services, locked, facts)
        return locked.status


def _is_another(order: Order, facts: CheckoutFacts) -> bool:
    """Tell whether a page is of an earlier attempt, while that of the present one may be open."""
    return _may_be_open(order) and order.checkout_session_id not in (None, facts.id)


def _adopt(locked: Order, seen: Order, facts: CheckoutFacts | None) -> bool:
    """Tell whether a page is the order's present one; keep an id that a crash had lost."""
    if facts is not None and locked.checkout_session_id == facts.id:
        return True
    same = locked.checkout_attempt == seen.checkout_attempt
    if not same or locked.checkout_state != "starting":
        return False
    if facts is None:
        locked.checkout_state = "expired"
        return False
    locked.checkout_session_id, locked.checkout_url = facts.id, facts.url
    return True


async def _note_unpaid(
    session: AsyncSession, services: Services, order: Order, facts: CheckoutFacts
) -> None:
    ended = facts.status == "expired" or _has_failed(facts)
    order.checkout_state = "expired" if ended else facts.status
    error = facts.payment.error_code if facts.payment else ""
    if error and error != order.payment_error:
        order.payment_error = error
        after_commit(session, PAYMENT_FAILURES.inc)
        _tell(session, services, order.id)
    await session.flush()


def _has_failed(facts: CheckoutFacts) -> bool:
    """Tell whether a page was completed by a method that then did not pay."""
    payment: PaymentFacts | None = facts.payment
    return (
        facts.status == "complete"
        and not facts.paid
        and payment is not None
        and payment.status in _FAILED
    )


def _may_be_open(order: Order) -> bool:
    return order.checkout_state in PAGE_MAY_BE_OPEN


def _tell(session: AsyncSession, services: Services, order_id: str) -> None:
    after_commit(session, lambda: services.signals.publish(f"order:{order_id}"))


async def _read(services: Services, order_id: str) -> tuple[Order | None, list[OrderItem]]:
    async with services.db.read() as session:
        order = await store.order(session, order_id)
        if order is None:
            return None, []
        return order, (await store.items(session, [order.id]))[order.id]
