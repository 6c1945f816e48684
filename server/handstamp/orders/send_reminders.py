"""The scheduled job that reminds buyers a day before: once an order, however many workers run."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, MINUTE, Millis
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.orders.models import Order
from handstamp.orders.order_mails import queue_reminder
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

JOB = "orders.send_reminders"
EVERY: Millis = 5 * MINUTE
BEFORE: Millis = DAY
PIECE = 100


async def send_reminders(ctx: JobContext) -> None:
    """Queue a reminder for every order whose event begins within a day."""
    await remind_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def remind_now(services: Services) -> int:
    """Queue what is due, in small transactions, and return how many mails that were.

    An order is marked and its mail queued in one transaction, so that neither a crash nor a
    second worker makes two. Who bought within the last day before the event has the tickets
    at hand and is not reminded.
    """
    sent = 0
    while True:
        async with services.db.write(actor="reminders") as session:
            orders = await _take(session, services.clock())
            for order in orders:
                if order.email:
                    await queue_reminder(session, order)
                    sent += 1
            sent += await _remind_holders(session, orders)
        if len(orders) < PIECE:
            return sent


async def _remind_holders(session: AsyncSession, orders: Sequence[Order]) -> int:
    """Queue a mail for each ticket that somebody else has by now; return how many."""
    languages = {order.id: order.language for order in orders}
    theirs = select(Ticket).where(
        Ticket.order_id.in_(languages),
        Ticket.status == "valid",
        Ticket.order_ref == "",
        Ticket.holder_email != "",
    )
    mails = [
        NewMail(
            one.holder_email,
            {"ticket": one.id, "epoch": one.epoch},
            f"ticket:{one.id}",
            languages[str(one.order_id)],
        )
        for one in await session.scalars(theirs.order_by(Ticket.id))
    ]
    await queue_mails(session, "ticket_reminder", mails)
    return len(mails)


async def _take(session: AsyncSession, now: Millis) -> list[Order]:
    due = (
        select(Order.id)
        .join(Event, Event.id == Order.event_id)
        .where(
            Order.status.in_(("paid", "partially_refunded")),
            Order.reminded_at.is_(None),
            Event.status == "published",
            Event.start_at > now,
            Event.start_at <= now + BEFORE,
            Order.placed_at <= Event.start_at - BEFORE,
        )
        .order_by(Order.id)
        .limit(PIECE)
        .with_for_update(of=Order, skip_locked=True)
    )
    taken = (
        update(Order)
        .where(Order.id.in_(list((await session.execute(due)).scalars())))
        .where(Order.reminded_at.is_(None))
        .values(reminded_at=now)
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return list((await session.execute(taken)).scalars())
