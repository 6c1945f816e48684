"""Queries of the refunds room; private to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.mail.models import Mail
from handstamp.orders.models import Order, OrderItem
from handstamp.payments.models import Payment
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Dispute, Refund
from handstamp.tickets.models import Ticket

MOST_SHOWN = 500
_FRESH = {"populate_existing": True}
TAKEN_BY_BANK = and_(Dispute.outcome == "", ~Dispute.status.startswith("warning_"))
"""`rules.blocks_tickets` in SQL: open, and more than a question of the bank."""


@dataclass
class PaidOrder:
    """An order with its payment; both locked when they are about to change."""

    order: Order
    payment: Payment

    @property
    def names(self) -> dict[str, str]:
        """Return by what its refunds and disputes name it."""
        return {"order_id": self.order.id}


@dataclass
class PaidPreorder:
    """A pre-order with its payment; both locked when they are about to change."""

    preorder: PreOrder
    payment: Payment

    @property
    def names(self) -> dict[str, str]:
        """Return by what its refunds and disputes name it."""
        return {"preorder_id": self.preorder.id}


Paid = PaidOrder | PaidPreorder


async def order(session: AsyncSession, order_id: str, *, lock: bool = False) -> Order | None:
    """Return an order as it is stored now."""
    query = select(Order).where(Order.id == order_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options=_FRESH)


async def preorder(
    session: AsyncSession, preorder_id: str, *, lock: bool = False
) -> PreOrder | None:
    """Return a pre-order as it is stored now."""
    query = select(PreOrder).where(PreOrder.id == preorder_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options=_FRESH)


async def paid(session: AsyncSession, payment: Payment) -> Paid:
    """Lock what a payment is for, then the payment."""
    if payment.subject_kind == "preorder":
        wish = await preorder(session, payment.subject_id, lock=True)
        assert wish is not None, "a payment is of something"
        return PaidPreorder(wish, await _locked(session, payment))
    found = await order(session, payment.subject_id, lock=True)
    assert found is not None, "a payment is of something"
    return PaidOrder(found, await _locked(session, payment))


async def _locked(session: AsyncSession, payment: Payment) -> Payment:
    query = select(Payment).where(Payment.id == payment.id).with_for_update(key_share=True)
    return (await session.scalars(query, execution_options=_FRESH)).one()


async def refund(session: AsyncSession, refund_id: str) -> Refund | None:
    """Return a refund as it is stored now."""
    return await session.get(Refund, refund_id, populate_existing=True)


async def payment(session: AsyncSession, payment_id: str) -> Payment:
    """Return the payment that a refund or dispute is of."""
    return (await session.scalars(select(Payment).where(Payment.id == payment_id))).one()


async def payments_of(session: AsyncSession, kind: str, subject_id: str) -> Sequence[Payment]:
    """Return the payments of an order or a pre-order that succeeded, the oldest first."""
    query = (
        select(Payment)
        .where(Payment.subject_kind == kind, Payment.subject_id == subject_id)
        .where(Payment.status == "succeeded")
        .order_by(Payment.created_at, Payment.id)
    )
    return (await session.scalars(query)).all()


async def refunds_of_order(session: AsyncSession, order_id: str) -> Sequence[Refund]:
    """Return every refund of an order, the oldest first."""
    query = select(Refund).where(Refund.order_id == order_id)
    ordered = query.order_by(Refund.created_at, Refund.id)
    return (await session.scalars(ordered, execution_options=_FRESH)).all()


async def refunds_of_preorder(session: AsyncSession, preorder_id: str) -> Sequence[Refund]:
    """Return every refund of a pre-order, the oldest first."""
    query = select(Refund).where(Refund.preorder_id == preorder_id)
    ordered = query.order_by(Refund.created_at, Refund.id)
    return (await session.scalars(ordered, execution_options=_FRESH)).all()


async def refunds_among(
    session: AsyncSession, order_ids: Sequence[str], preorder_ids: Sequence[str]
) -> Sequence[Refund]:
    """Return the refunds of some orders and pre-orders, the oldest first."""
    if not order_ids and not preorder_ids:
        return []
    about = Refund.order_id.in_(order_ids) | Refund.preorder_id.in_(preorder_ids)
    query = select(Refund).where(about).order_by(Refund.created_at, Refund.id)
    return (await session.scalars(query)).all()


async def refunds_of_payment(session: AsyncSession, payment_id: str) -> Sequence[Refund]:
    """Return every refund of a payment, the oldest first."""
    query = select(Refund).where(Refund.payment_id == payment_id)
    ordered = query.order_by(Refund.created_at, Refund.id)
    return (await session.scalars(ordered, execution_options=_FRESH)).all()


async def dispute(session: AsyncSession, dispute_id: str) -> Dispute | None:
    """Return a dispute as it is stored now."""
    return await session.get(Dispute, dispute_id, populate_existing=True)


async def disputes_of_order(session: AsyncSession, order_id: str) -> Sequence[Dispute]:
    """Return every dispute of an order, the oldest first."""
    query = select(Dispute).where(Dispute.order_id == order_id)
    return (await session.scalars(query.order_by(Dispute.created_at, Dispute.id))).all()


async def disputes_of_preorder(session: AsyncSession, preorder_id: str) -> Sequence[Dispute]:
    """Return every dispute of a pre-order, the oldest first."""
    query = select(Dispute).where(Dispute.preorder_id == preorder_id)
    return (await session.scalars(query.order_by(Dispute.created_at, Dispute.id))).all()


async def disputes_of_payment(session: AsyncSession, payment_id: str) -> Sequence[Dispute]:
    """Return every dispute of a payment, the oldest first."""
    query = select(Dispute).where(Dispute.payment_id == payment_id)
    return (await session.scalars(query.order_by(Dispute.created_at, Dispute.id))).all()


async def disputes_due(session: AsyncSession, now: Millis, until: Millis) -> Sequence[Dispute]:
    """Return the open disputes whose deadline is to come by then, locked."""
    query = (
        select(Dispute)
        .where(Dispute.outcome == "", Dispute.respond_by > now, Dispute.respond_by <= until)
        .order_by(Dispute.id)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query, execution_options=_FRESH)).all()


async def was_mailed(session: AsyncSession, kind: str, about: str) -> bool:
    """Tell whether a mail of a kind was queued about something."""
    query = select(Mail.id).where(Mail.about == about, Mail.kind == kind).limit(1)
    return await session.scalar(query) is not None


async def disputed_orders(session: AsyncSession, order_ids: Sequence[str]) -> Sequence[str]:
    """Return which of some orders have a dispute that was not won."""
    if not order_ids:
        return []
    query = select(Dispute.order_id).where(Dispute.order_id.in_(order_ids))
    found = await session.scalars(query.where(Dispute.outcome != "won").distinct())
    return [order_id for order_id in found if order_id is not None]


async def lines(session: AsyncSession, order_id: str) -> Sequence[OrderItem]:
    """Return an order's lines in their order."""
    query = select(OrderItem).where(OrderItem.order_id == order_id)
    return (await session.scalars(query.order_by(OrderItem.position))).all()


async def tickets(session: AsyncSession, order_id: str) -> Sequence[Ticket]:
    """Return an order's tickets as they are stored now, in the order they are locked in."""
    query = select(Ticket).where(Ticket.order_id == order_id).order_by(Ticket.id)
    return (await session.scalars(query, execution_options=_FRESH)).all()


async def ticket(session: AsyncSession, ticket_id: int | None) -> Ticket | None:
    """Return a ticket as it is stored now."""
    query = select(Ticket).where(Ticket.id == ticket_id)
    return await session.scalar(query, execution_options=_FRESH)


async def disputes_of_event(
    session: AsyncSession, event_id: str, *, is_open: bool
) -> Sequence[tuple[Dispute, str]]:
    """Return an event's disputes, each with the number of its order or pre-order.

    The open ones come by their deadline, the closed ones from the last that was decided.
    """
    soonest = (Dispute.respond_by.nulls_last(), Dispute.created_at, Dispute.id)
    latest = (Dispute.closed_at.desc().nulls_last(), Dispute.id.desc())
    query = (
        _disputes_with_numbers(event_id)
        .where(Dispute.outcome == "" if is_open else Dispute.outcome != "")
        .order_by(*(soonest if is_open else latest))
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1] or row[2] or "") for row in await session.execute(query)]


async def taken_by_banks(
    session: AsyncSession, *, event_id: str = "", organizer_id: str = ""
) -> dict[str, int]:
    """Return by currency what banks took back in disputes that they have not decided."""
    sums = (
        select(Dispute.currency, func.sum(Dispute.amount))
        .outerjoin(Order, Order.id == Dispute.order_id)
        .outerjoin(PreOrder, PreOrder.id == Dispute.preorder_id)
        .where(TAKEN_BY_BANK)
        .group_by(Dispute.currency)
    )
    if event_id:
        sums = sums.where(or_(Order.event_id == event_id, PreOrder.event_id == event_id))
    else:
        theirs = (Order.organizer_id == organizer_id, PreOrder.organizer_id == organizer_id)
        sums = sums.where(or_(*theirs))
    return {currency: int(amount) for currency, amount in await session.execute(sums)}


async def dispute_of_event(
    session: AsyncSession, event_id: str, dispute_id: str
) -> tuple[Dispute, str] | None:
    """Return a dispute of an event, with the number of its order or pre-order."""
    query = _disputes_with_numbers(event_id).where(Dispute.id == dispute_id)
    row = (await session.execute(query)).first()
    return (row[0], row[1] or row[2] or "") if row else None


def _disputes_with_numbers(event_id: str) -> Select[Dispute, str | None, str | None]:
    return (
        select(Dispute, Order.number, PreOrder.number)
        .join(Order, Order.id == Dispute.order_id, isouter=True)
        .join(PreOrder, PreOrder.id == Dispute.preorder_id, isouter=True)
        .where(or_(Order.event_id == event_id, PreOrder.event_id == event_id))
    )
