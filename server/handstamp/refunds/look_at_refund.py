"""Looking at what a refund would do, without doing it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.orders.models import Order
from handstamp.plumbing.web import Services
from handstamp.refunds import store
from handstamp.refunds.find_refunds import refundable_payment
from handstamp.refunds.parts import lines_left
from handstamp.refunds.plan_refund import Plan, Wish, check_deadline, plan_refund
from handstamp.refunds.rules import LIVE
from handstamp.refunds.void_tickets import came_in, others_chose
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import TAKING


@dataclass(frozen=True)
class Look:
    """What a refund would do. `stripe_fee`: what Stripe kept of the payment, and keeps."""

    plan: Plan
    stripe_fee: int | None

    @property
    def mark(self) -> str:
        """By which a form tells that it was this that somebody looked at."""
        return ",".join(str(ticket.id) for ticket in self.plan.tickets)


async def look_at_refund(
    session: AsyncSession, services: Services, order: Order, wish: Wish, *, note: str = ""
) -> Look:
    """Return what a refund of an order that the actor runs would do now.

    Raises:
        BadInput: as `request_refund` would.
        Conflict: as `request_refund` would.
    """
    payment = await refundable_payment(session, order.id)
    refunds = await store.refunds_of_payment(session, payment.id) if payment else []
    plan = await plan_refund(session, order, payment, refunds, wish)
    event = await session.get(Event, order.event_id)
    check_deadline(event, services.clock(), wish, note)
    return Look(plan, payment.stripe_fee if payment else None)


@dataclass(frozen=True)
class Choosable:
    """A ticket that can be chosen to be given back; `came_in`: somebody was admitted with it."""

    ticket: Ticket
    came_in: bool


async def choosable_tickets(session: AsyncSession, order: Order) -> dict[str, list[Choosable]]:
    """Return the tickets of an order that no refund has chosen yet, by line, in their order."""
    live = [one for one in await store.refunds_of_order(session, order.id) if one.status in LIVE]
    taken = others_chose(live)
    tickets = await store.tickets(session, order.id)
    standing = [one for one in tickets if one.status in TAKING and one.id not in taken]
    inside = await came_in(session, order, standing)
    found: dict[str, list[Choosable]] = {}
    for ticket in standing:
        one = Choosable(ticket, ticket.serial in inside)
        found.setdefault(str(ticket.order_item_id), []).append(one)
    return found


async def tickets_left(session: AsyncSession, order: Order) -> dict[str, int]:
    """Return how many tickets of each line have not been given back."""
    live = [one for one in await store.refunds_of_order(session, order.id) if one.status in LIVE]
    return {line.id: line.qty for line in lines_left(await store.lines(session, order.id), live)}
