"""An organizer takes back what they gave or sold by hand: tickets end, the stock is free again."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.mail.addresses import is_erased
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.orders import store
from handstamp.orders.give_rules import BY_HAND
from handstamp.orders.keep_sales import note_taken_back
from handstamp.orders.models import Order
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.rules import TAKING

TAKEN_BACK = "tickets_taken_back"
REASON = "by_organizer"


async def take_back(
    session: AsyncSession, services: Services, actor: Actor, order_id: str
) -> Order:
    """Cancel an order by hand with all its tickets; the same again changes nothing.

    Its buyer is told, and whoever has one of its tickets by now. Money that was paid elsewhere is
    theirs to give back who took it.

    Raises:
        NotFound: there is no such order, or it is somebody else's.
        Conflict: it was bought here: then it is refunded.
    """
    order = await store.order(session, order_id, lock=True)
    if order is None or not actor.may_manage(order.organizer_id):
        raise NotFound(_("There is no such order among yours."))
    if order.origin not in BY_HAND:
        raise Conflict(_("This order was bought here. Refund it instead."))
    if order.status == "cancelled":
        return order
    tickets = [one for one in await store.tickets(session, order.id) if one.status in TAKING]
    for ticket in tickets:
        await change_status(session, services, actor, ticket, "cancelled")
    order.status, order.closed_at, order.close_reason = "cancelled", services.clock(), REASON
    await session.flush()
    note_taken_back(session, order, (await store.items(session, [order.id]))[order.id])
    await tell_holders(session, order, tickets, buyer=True)
    await record(
        session, actor, "order.take_back", "order", order.id,
        organizer_id=order.organizer_id, meta={"event": order.event_id, "tickets": len(tickets)},
    )  # fmt: skip
    after_commit(session, lambda: services.signals.publish(f"order:{order_id}"))
    return order


async def tell_holders(
    session: AsyncSession, order: Order, tickets: Iterable[Ticket], *, buyer: bool = False
) -> None:
    """Tell whoever has tickets of an order that they are void: one mail for each address.

    Its buyer is told as well if `buyer` says so; of a refund they get a mail of their own.
    """
    about = {
        one.holder_email: f"ticket:{one.id}"
        for one in tickets
        if one.holder_email and one.holder_email.lower() != order.email.lower()
    }
    if buyer and order.email:
        about[order.email] = f"order:{order.id}"
    mails = [
        NewMail(email, {"order": order.id}, what, order.language)
        for email, what in about.items()
        if not is_erased(email)
    ]
    await queue_mails(session, TAKEN_BACK, mails)
