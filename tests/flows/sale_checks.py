"""What must hold of every sale once nothing is left to do, whatever happened on the way."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.ledger.balances import every_balance
from handstamp.mail.models import Mail
from handstamp.orders.give_rules import BY_HAND
from handstamp.orders.models import Order, OrderItem
from handstamp.payments.models import Payment
from handstamp.plumbing.job_queue import read_now
from handstamp.plumbing.models import Job
from handstamp.refunds.models import Dispute, Refund
from handstamp.tickets.models import Stock, Ticket
from handstamp.tickets.rules import TAKING
from handstamp.tickets.stock import recount
from handstamp.webhooks.models import StripeEvent

WITH_TICKETS = {"paid", "partially_refunded", "refunded"}
WITHOUT = {"expired", "cancelled", "late_refunded"}
Balances = Mapping[str, Mapping[str, Mapping[str, int]]]  # account, currency, available or pending


async def order_faults(session: AsyncSession, *, event_id: str = "") -> list[str]:
    """Exactly one set of tickets for each paid order, none for the others, none waiting."""
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    wanted = select(Ticket).where(Ticket.order_item_id.is_not(None))
    for ticket in await session.scalars(wanted):
        places[str(ticket.order_item_id)].append((str(ticket.place), ticket.status))
    of_event = select(Order).where((Order.event_id == event_id) if event_id else true())
    orders = {order.id: order for order in await session.scalars(of_event)}
    lost = select(Dispute.order_id).where(Dispute.outcome != "won")
    disputed = set(await session.scalars(lost))
    found = [f"{o.number} is still pending" for o in orders.values() if o.status == "pending"]
    for item in await session.scalars(select(OrderItem).where(OrderItem.order_id.in_(orders))):
        order = orders[item.order_id]
        have = Counter(place for place, _ in places[item.id])
        paid = order.status in WITH_TICKETS
        taken_back = order.status == "cancelled" and order.origin in BY_HAND
        placed = paid or taken_back
        want = Counter(str(place) for place in range(item.qty)) if placed else Counter()
        if have != want:
            found.append(f"{order.number} ({order.status}) has {sum(have.values())}/{item.qty}")
        valid = sum(1 for _, status in places[item.id] if status == "valid")
        if valid and (taken_back or order.status == "refunded"):
            found.append(f"{order.number} is {order.status} and has {valid} valid tickets")
        whole = order.status == "paid" and not order.refunded and order.id not in disputed
        if whole and valid != item.qty:
            found.append(f"{order.number} is paid and only {valid} tickets are valid")
    known = WITH_TICKETS | WITHOUT | {"pending"}
    return found + [f"{o.number}: {o.status}?" for o in orders.values() if o.status not in known]


async def money_faults(session: AsyncSession, balances: Balances) -> list[str]:
    """The ledger's balance at Stripe is Stripe's balance, in every book and currency."""
    ours: dict[tuple[str, str], int] = {}
    for one in await every_balance(session):
        if one.account == "stripe_balance" and one.amount:
            ours[one.book, one.currency.lower()] = one.amount
    theirs = {
        (account or "platform", currency.lower()): total
        for account, kept in balances.items()
        for currency, parts in kept.items()
        if (total := sum(parts.values()))
    }
    if ours == theirs:
        return []
    return [f"ledger says {sorted(ours.items())}, Stripe says {sorted(theirs.items())}"]


async def payment_faults(
    session: AsyncSession, charged: Sequence[tuple[str, int, int]]
) -> list[str]:
    """Every charge (order id, amount, refunded) is known here, and every payment charged."""
    wanted = select(Payment.subject_id, Payment.amount, Payment.refunded)
    kept = await session.execute(wanted.where(Payment.status == "succeeded"))
    ours = Counter((row[0], row[1], row[2]) for row in kept)
    theirs = Counter(charged)
    paid = set(await session.scalars(select(Order.id).where(Order.placed_at.is_not(None))))
    free = set(await session.scalars(select(Order.id).where(Order.total == 0)))
    unpaid = paid - free - {order for order, _, _ in charged}
    twice = [o for o, count in Counter(order for order, _, _ in charged).items() if count > 1]
    return [
        *([f"payments here {ours - theirs}, at Stripe {theirs - ours}"] if ours != theirs else []),
        *([f"placed without a payment: {sorted(unpaid)}"] if unpaid else []),
        *([f"charged twice: {twice}"] if twice else []),
    ]


async def stock_faults(session: AsyncSession) -> list[str]:
    """What is counted as held and issued is what orders and tickets say."""
    events = list(await session.scalars(select(Event.id)))
    found = [str(one) for one in await recount(session, events)]
    waiting = (
        select(Order.event_id, OrderItem.tier_id, func.sum(OrderItem.qty))
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(Order.status == "pending")
        .group_by(Order.event_id, OrderItem.tier_id)
    )
    held: Counter[tuple[str, str]] = Counter()
    for event_id, tier_id, number in await session.execute(waiting):
        held[event_id, tier_id] += int(number)
        held[event_id, ""] += int(number)
    for row in await session.scalars(select(Stock)):
        if row.held != held[row.event_id, row.tier_id]:
            counted = held[row.event_id, row.tier_id]
            found.append(f"stock of {row.tier_id or 'the event'}: {row.held}, orders {counted}")
    return found


async def job_faults(session: AsyncSession) -> list[str]:
    """Nothing stuck or dead; an event that could not be worked off stands among dead letters."""
    lost = (Job.state == "running") & (Job.lease_until < await read_now(session))
    jobs = await session.scalars(select(Job).where((Job.state == "dead") | lost))
    found = [f"job {job.kind} {job.args} is {job.state}: {job.error}" for job in jobs]
    wanted = select(StripeEvent).where(StripeEvent.status.in_(("new", "dead")))
    events = await session.scalars(wanted)
    return found + [f"event {one.type} is {one.status}: {one.error}" for one in events]


async def mail_faults(session: AsyncSession, received: Sequence[EmailMessage]) -> list[str]:
    """Every paid order's mail was handed over at least once, and always as one message.

    Tickets that were all taken back before their mail could leave are not mailed any more. Of a
    refund there is one mail.
    """
    ids = Counter(str(message["Message-ID"]).strip("<>").partition("@")[0] for message in received)
    mails = list(await session.scalars(select(Mail)))
    placed = list(await session.scalars(select(Order).where(Order.status.in_(WITH_TICKETS))))
    living = select(Ticket.order_id).where(Ticket.status.in_(TAKING))
    kept = {f"order:{order_id}" for order_id in await session.scalars(living)}
    dropped = [mail for mail in mails if mail.status == "dropped" and mail.about not in kept]
    left = [mail for mail in mails if mail not in dropped]
    found = [f"mail {mail.kind} is {mail.status}" for mail in left if mail.status != "sent"]
    found += [f"mail {mail.kind} never came" for mail in left if not ids[mail.id]]
    kinds = Counter((mail.about, mail.kind) for mail in mails if mail.about)
    refunds = Counter(
        (f"order:{row.order_id}", "order_refunded") for row in await session.scalars(select(Refund))
    )
    found += [f"{count} mails {key}" for key, count in kinds.items() if count > (refunds[key] or 1)]
    confirmed = {about for about, kind in kinds if kind == "order_confirmation"}
    found += [f"no mail about {o.number}" for o in placed if f"order:{o.id}" not in confirmed]
    unknown = set(ids) - {mail.id for mail in mails}
    return found + ([f"mails that nobody queued: {unknown}"] if unknown else [])


async def state_of_work(session: AsyncSession) -> str:
    """Describe what is not done yet, for a test that waited in vain."""
    jobs = (await session.execute(select(Job.kind, Job.state, Job.attempt, Job.error))).all()
    open_jobs = [tuple(job) for job in jobs if job[1] not in ("done", "cancelled")]
    orders = (await session.execute(select(Order.number, Order.status, Order.checkout_state))).all()
    events = (await session.execute(select(StripeEvent.type, StripeEvent.status))).all()
    open_events = [tuple(one) for one in events if one[1] != "done"]
    shown = {"jobs": open_jobs, "orders": [tuple(o) for o in orders], "events": open_events}
    return json.dumps(shown, default=str)
