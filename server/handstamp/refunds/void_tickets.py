"""Tickets of an order whose money goes back, is asked back, or stays after all."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.orders.models import Order
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds import store
from handstamp.refunds.rules import Line
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

ADMITTING = ("valid", "disputed")


async def standing_lines(session: AsyncSession, order: Order) -> list[Line]:
    """Return the lines of which at least one ticket is still valid or disputed."""
    standing = {
        ticket.order_item_id
        for ticket in await store.tickets(session, order.id)
        if ticket.status in ADMITTING
    }
    lines = await store.lines(session, order.id)
    return [Line(line.id, line.total) for line in lines if line.id in standing]


async def void_lines(
    session: AsyncSession, services: Services, order: Order, lines: Collection[str]
) -> None:
    """Mark the tickets of these lines as refunded."""
    tickets = [
        ticket
        for ticket in await store.tickets(session, order.id)
        if ticket.order_item_id in lines and ticket.status in ADMITTING
    ]
    await _give(session, services, tickets, "refunded")


async def restore_voided(
    session: AsyncSession, services: Services, order: Order, voided_at: Millis
) -> bool:
    """Make valid again what a refund voided at that moment; False when the places are sold on."""
    tickets = [
        ticket
        for ticket in await store.tickets(session, order.id)
        if ticket.status == "refunded" and ticket.status_at == voided_at
    ]
    wants = Counter(ticket.tier_id for ticket in tickets)
    if wants and not await stock.reserve_in(session, order.event_id, wants):
        return False
    await _give(session, services, tickets, "valid")
    freed = [stock.Move(order.event_id, tier, held=-qty) for tier, qty in wants.items()]
    stock.later(session, freed)
    return True


async def turn(
    session: AsyncSession,
    services: Services,
    order: Order,
    statuses: Sequence[str],
    wanted: str,
) -> None:
    """Give every ticket of an order that has one of these statuses another one."""
    tickets = await store.tickets(session, order.id)
    among = [ticket for ticket in tickets if ticket.status in statuses]
    await _give(session, services, among, wanted)


async def _give(
    session: AsyncSession, services: Services, tickets: Iterable[Ticket], status: str
) -> None:
    for ticket in tickets:
        await change_status(session, services, SYSTEM, ticket, status)
