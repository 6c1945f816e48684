"""What must hold of every refund and dispute once nothing is left to do."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.ledger.rules import Parts
from handstamp.orders.models import Order, OrderItem
from handstamp.payments.models import Payment
from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.parts import divided_of, lines_of, plus
from handstamp.refunds.rules import GIVING, LIVE
from handstamp.tickets.models import Ticket

Objects = Sequence[Mapping[str, Any]]
NO_TICKETS_LEFT = {"open": {"valid"}, "lost": {"valid", "disputed"}, "won": {"disputed"}}


async def refund_faults(
    session: AsyncSession, refunds: Objects, disputes: Objects, *, event_id: str = ""
) -> list[str]:
    """Each refund stands once here and at Stripe; tickets and parts follow those that stand."""
    of_event = select(Order).where((Order.event_id == event_id) if event_id else true())
    orders = {order.id: order for order in await session.scalars(of_event)}
    rows = list(await session.scalars(select(Refund).where(Refund.order_id.in_(orders))))
    known = [one for one in rows if one.stripe_refund_id or one.status != "failed"]
    ours = {str(one.stripe_refund_id): (one.amount, one.status) for one in known}
    theirs = {str(one["id"]): (one["amount"], one["status"]) for one in refunds}
    found = [] if ours == theirs else [f"refunds here {ours}, at Stripe {theirs}"]
    asked = list(await session.scalars(select(Dispute).where(Dispute.order_id.in_(orders))))
    here = {one.id: (one.amount, one.status) for one in asked}
    there = {str(one["id"]): (one["amount"], one["status"]) for one in disputes}
    found += [] if here == there else [f"disputes here {here}, at Stripe {there}"]
    payments = select(Payment).where(Payment.subject_id.in_(orders), Payment.status == "succeeded")
    for payment in await session.scalars(payments):
        live = [one for one in rows if one.payment_id == payment.id and one.status in LIVE]
        found += _payment_faults(payment, orders[payment.subject_id], live)
    for order in orders.values():
        mine = [one for one in rows if one.order_id == order.id]
        of = [one for one in asked if one.order_id == order.id]
        found += await _ticket_faults(session, order, mine, of)
    return found


def _payment_faults(payment: Payment, order: Order, live: Sequence[Refund]) -> list[str]:
    found, parts = [], Parts()
    through_platform = payment.charge_type == "destination"  # it bears what no transfer gave back
    given = sum(one.amount for one in live)
    if given > payment.amount:
        found.append(f"{payment.id}: {given} given back of {payment.amount}")
    for one in live:
        divided = divided_of(one)
        told = divided.parts.total if divided else -1
        if told != one.amount and not (through_platform and 0 <= told < one.amount):
            found.append(f"{one.id}: parts {divided} of {one.amount}")
        parts = plus(parts, divided.parts) if divided else parts
    sold = Parts(order.total - order.fees - order.tax, order.fees, order.tax)
    whole = given == payment.amount and not parts.deposits and not through_platform
    if whole and parts != sold:
        found.append(f"{payment.id}: all is back as {parts} instead of {sold}")
    return found


async def _ticket_faults(
    session: AsyncSession, order: Order, rows: Sequence[Refund], disputes: Sequence[Dispute]
) -> list[str]:
    red: dict[str, Counter[str]] = defaultdict(Counter)
    for ticket in await session.scalars(select(Ticket).where(Ticket.order_id == order.id)):
        red[str(ticket.order_item_id)][ticket.status] += 1
    wanted: Counter[str] = Counter()
    standing = [one for one in rows if one.status in GIVING]
    for one in standing:
        wanted.update(lines_of(one))
    found = []
    stuck = any(one.voided_at for one in rows if one not in standing)  # its places are sold on
    lost = any(one.outcome == "lost" for one in disputes)
    whole = sum(one.amount for one in standing) >= order.total > 0
    ended = (await session.get_one(Event, order.event_id)).status == "cancelled"
    for item in await session.scalars(select(OrderItem).where(OrderItem.order_id == order.id)):
        want = sum(red[item.id].values()) if whole else wanted[item.id]
        have = red[item.id]["refunded"] + (red[item.id]["cancelled"] if ended else 0)
        if ((have != want and not stuck) or have < want) and not lost:
            found.append(f"{order.number}: {dict(red[item.id])}, but {want} are given back")
    for dispute in disputes:
        wrong = NO_TICKETS_LEFT[dispute.outcome or "open"]
        left = {status for counts in red.values() for status in counts} & wrong
        if left and len(disputes) == 1:
            found.append(f"{order.number}: dispute is {dispute.status}, tickets are {left}")
    return found
