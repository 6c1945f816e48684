"""Tickets of an order whose money goes back, is asked back, or stays after all."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.find_admissions import admissions_of
from handstamp.kit.clock import Millis
from handstamp.orders.models import Order
from handstamp.orders.take_back import tell_holders
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds import store
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import lines_left, tickets_of
from handstamp.refunds.rules import Line
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.rules import TAKING
from handstamp.waitlist.offer_tickets import queue_offers

EVERY = 2**31


class Named(NamedTuple):
    """Ids of tickets that somebody chose: for this refund, and for others still on their way."""

    mine: Collection[int] = ()
    others: Collection[int] = ()


NOBODY_CHOSE = Named()


async def standing_lines(
    session: AsyncSession, order: Order, refunds: Iterable[Refund] = ()
) -> list[Line]:
    """Return the lines of which a ticket is valid or disputed, less what `refunds` gave back."""
    standing = {
        ticket.order_item_id
        for ticket in await store.tickets(session, order.id)
        if ticket.status in TAKING
    }
    left = lines_left(await store.lines(session, order.id), refunds)
    return [Line(line.id, line.parts.total, line.qty) for line in left if line.id in standing]


async def void_lines(
    session: AsyncSession,
    services: Services,
    order: Order,
    lines: Collection[str],
    *,
    after: Millis = 0,
) -> Millis:
    """Mark the tickets of these lines as refunded; return the moment, as `void_some` does."""
    return await void_some(session, services, order, dict.fromkeys(lines, EVERY), after=after)


async def void_some(
    session: AsyncSession,
    services: Services,
    order: Order,
    wants: Mapping[str, int],
    *,
    named: Named = NOBODY_CHOSE,
    after: Millis = 0,
) -> Millis:
    """Mark so many tickets of these lines as refunded; return the moment, the same of them all.

    It is later than `after`, whatever the clock says.
    """
    chosen = await chosen_tickets(session, order, wants, named)
    await tell_holders(session, order, chosen)  # who was given one of them
    return await _give(session, services, chosen, "refunded", after=after)


def others_chose(refunds: Iterable[Refund]) -> frozenset[int]:
    """Return which tickets were chosen for refunds that have not voided theirs yet."""
    waiting = [tickets_of(one) for one in refunds if one.voided_at is None]
    return frozenset().union(*waiting)


async def chosen_tickets(
    session: AsyncSession, order: Order, wants: Mapping[str, int], named: Named = NOBODY_CHOSE
) -> list[Ticket]:
    """Return which tickets a refund takes.

    First those that were chosen for it. Then those that are not chosen for another and that nobody
    came in with, the last ones first.
    """
    standing = [
        ticket
        for ticket in await store.tickets(session, order.id)
        if ticket.order_item_id in wants and ticket.status in TAKING
    ]
    inside = await came_in(session, order, standing)
    taken: Counter[str] = Counter()
    chosen = []

    def rank(one: Ticket) -> tuple[bool, bool, bool, int]:
        return one.id not in named.mine, one.id in named.others, one.serial in inside, -one.id

    for ticket in sorted(standing, key=rank):
        line = str(ticket.order_item_id)
        if taken[line] < wants[line]:
            taken[line] += 1
            chosen.append(ticket)
    return sorted(chosen, key=lambda one: one.id)


async def came_in(session: AsyncSession, order: Order, tickets: Iterable[Ticket]) -> set[int]:
    """Return the serials of those tickets of an order with which somebody was admitted."""
    serials = [ticket.serial for ticket in tickets]
    told = await admissions_of(session, order.event_id, serials)
    return {serial for serial, rows in told.items() if any(row.admitted_at for row in rows)}


async def restore_voided(
    session: AsyncSession, services: Services, order: Order, moments: Collection[Millis]
) -> bool:
    """Make valid again what was voided at these moments; False when the places are sold on."""
    tickets = [
        ticket
        for ticket in await store.tickets(session, order.id)
        if ticket.status == "refunded" and ticket.status_at in moments
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
) -> list[Ticket]:
    """Give every ticket of an order that has one of these statuses another one; return them."""
    tickets = await store.tickets(session, order.id)
    among = [ticket for ticket in tickets if ticket.status in statuses]
    await _give(session, services, among, wanted)
    return among


async def _give(
    session: AsyncSession,
    services: Services,
    tickets: Iterable[Ticket],
    status: str,
    *,
    after: Millis = 0,
) -> Millis:
    at, events = max(services.clock(), after + 1), set[str]()
    for ticket in tickets:
        await change_status(session, services, SYSTEM, ticket, status, at=at)
        events.add(ticket.event_id)
    for event_id in events if status not in TAKING else ():
        await queue_offers(session, event_id)
    return at
