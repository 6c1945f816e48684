"""An event turns out to hold fewer people: the tickets that were bought last are given back.

A look shows whose; declaring it lowers what is sold at once, and a job gives back order by order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.edit_event import edit_event
from handstamp.events.find_events import hold_event, owned_event
from handstamp.events.models import Event
from handstamp.events.set_overbooking import Overbooking, set_overbooking
from handstamp.events.shapes import EventChange
from handstamp.kit.ids import new_id
from handstamp.notices.models import Shortfall, ShortfallOrder
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.plumbing.db import now
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.stock import WHOLE_EVENT, Count, counts
from handstamp.waitlist.withdraw_offers import call_offers_back

JOB = "notices.shortfall"
LONGEST = 5_000
MOST_SHOWN = 100
LIVE = [status for status in PLACED if status != "refunded"]


@dataclass(frozen=True)
class Losing:
    """An order that would be given back: its valid tickets, and the minor units that go back."""

    id: str
    number: str
    name: str
    email: str
    placed_at: int
    tickets: int
    amount: int


@dataclass(frozen=True)
class CapacityLook:
    """What declaring a capacity would do now; `orders` the last bought first, whole orders.

    `left_over`: how many tickets would still be too many, of guests, members and given ones, which
    only the organizer can take back.
    """

    capacity: int
    sold: int
    held: int
    orders: Sequence[Losing]

    @property
    def too_many(self) -> int:
        """How many tickets are sold for which there is no room."""
        return max(0, self.sold - self.capacity)

    @property
    def tickets(self) -> int:
        """How many tickets would be given back."""
        return sum(order.tickets for order in self.orders)

    @property
    def amount(self) -> int:
        """How much money goes back, minor units."""
        return sum(order.amount for order in self.orders)

    @property
    def left_over(self) -> int:
        """How many would still be too many."""
        return max(0, self.too_many - self.tickets)

    @property
    def seen(self) -> str:
        """Return what this look showed, to be sent when it is agreed to."""
        return f"{self.capacity}-{self.sold}-{len(self.orders)}-{self.amount}"


def last_bought(event_id: str) -> Select[str, str, str, str, int | None, int, int]:
    """Return the query of orders whose tickets may be given back, the last bought first."""
    dealt = select(ShortfallOrder.order_id).where(ShortfallOrder.order_id == Order.id)
    return (
        select(
            Order.id,
            Order.number,
            Order.name,
            Order.email,
            Order.placed_at,
            func.count(Ticket.id),
            Order.total - Order.refunded,
        )
        .join(Ticket, Ticket.order_id == Order.id)
        .where(Order.event_id == event_id, Order.status.in_(LIVE), Ticket.status == "valid")
        .where(Order.origin == "checkout", ~dealt.exists())
        .group_by(Order.id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )


async def look_at_capacity(
    session: AsyncSession, actor: Actor, event_id: str, capacity: int
) -> CapacityLook:
    """Return what declaring that an event holds so many would do now.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    taken = await taken_of(session, event.id)
    chosen: list[Losing] = []
    too_many = taken.issued - capacity
    if too_many > 0:
        found = await session.stream(last_bought(event.id))
        async for row in found:
            if too_many <= 0:
                break
            chosen.append(_losing(row))
            too_many -= chosen[-1].tickets
        await found.close()
    return CapacityLook(capacity, taken.issued, taken.held, chosen)


def _losing(row: Row[str, str, str, str, int | None, int, int]) -> Losing:
    order_id, number, name, email, placed_at, tickets, amount = row
    return Losing(order_id, number, name, email, placed_at or 0, tickets, amount)


async def taken_of(session: AsyncSession, event_id: str) -> Count:
    """Return how many tickets of a whole event are held and issued."""
    return (await counts(session, [event_id])).get((event_id, WHOLE_EVENT), Count())


async def declare_capacity(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    capacity: int,
    seen: str,
    message: str = "",
) -> Shortfall | None:
    """Say how many an event really holds, and give back what was bought last and has no room.

    From this moment no more are sold; offers to people who wait are called back. The same again
    returns the run that is under way. None: everybody has room, there is nothing to give back.

    Args:
        seen: what the look showed that was agreed to (`CapacityLook.seen`).

    Raises:
        NotFound: the event is not the actor's.
        Conflict: it has begun or was cancelled, or something has changed since the look.
    """
    event = await owned_event(session, actor, event_id)
    await hold_event(session, event.id)
    running = await running_of(session, event.id)
    if running is not None and running.capacity == capacity:
        return running
    _refuse(event, services, running)
    look = await look_at_capacity(session, actor, event.id, capacity)
    if look.seen != seen:
        raise Conflict(_("Tickets were bought or given back since you looked. Look again."))
    await edit_event(session, services, actor, event.id, EventChange(capacity=capacity))
    await set_overbooking(session, services, actor, event.id, Overbooking())
    if look.sold + look.held <= capacity:
        return None
    await call_offers_back(session, services, event.id)
    return await _begin(session, actor, event, look, message)


def _refuse(event: Event, services: Services, running: Shortfall | None) -> None:
    if event.status == "cancelled" or services.clock() >= event.start_at:
        raise Conflict(_("This event has begun, or was cancelled. Refund its orders one by one."))
    if running is not None:
        raise Conflict(_("Tickets are being given back already. Wait until that has ended."))


async def _begin(
    session: AsyncSession, actor: Actor, event: Event, look: CapacityLook, message: str
) -> Shortfall:
    made = Shortfall(
        id=new_id("short"),
        event_id=event.id,
        capacity=look.capacity,
        message=message.replace("\0", "")[:LONGEST],
        requested_by=f"{actor.kind}:{actor.id}",
        created_at=now(session),
        finished_at=None,
    )
    session.add(made)
    await session.flush()
    await enqueue(session, JOB, {"shortfall": made.id}, key=f"shortfall:{event.id}")
    meta = {"capacity": look.capacity, "sold": look.sold, "orders": len(look.orders)}
    await record(
        session, actor, "event.shortfall", "event", event.id,
        organizer_id=event.organizer_id, meta=meta,
    )  # fmt: skip
    return made


async def running_of(session: AsyncSession, event_id: str) -> Shortfall | None:
    """Return the run of an event that has not ended."""
    query = select(Shortfall).where(Shortfall.event_id == event_id, Shortfall.finished_at.is_(None))
    return await session.scalar(query)


@dataclass(frozen=True)
class ShortfallTold:
    """A run with how many orders it has dealt with, and which of them it could not refund.

    `kept`: id and number of such an order, and why.
    """

    run: Shortfall
    orders: int
    tickets: int
    kept: Sequence[Row[str, str, str]]


async def latest_of(session: AsyncSession, event_id: str) -> ShortfallTold | None:
    """Return how far the newest run of an event that the actor runs has come."""
    newest = select(Shortfall).where(Shortfall.event_id == event_id)
    run = await session.scalar(newest.order_by(Shortfall.created_at.desc()).limit(1))
    if run is None:
        return None
    mine = ShortfallOrder.shortfall_id == run.id
    sums = select(func.count(), func.coalesce(func.sum(ShortfallOrder.tickets), 0)).where(mine)
    orders, tickets = (await session.execute(sums)).one()
    named = select(Order.id, Order.number, ShortfallOrder.problem)
    kept = named.join(ShortfallOrder, ShortfallOrder.order_id == Order.id)
    kept = kept.where(mine, ShortfallOrder.outcome == "kept").order_by(Order.number)
    rows = await session.execute(kept.limit(MOST_SHOWN))
    return ShortfallTold(run, orders, int(tickets), rows.all())
