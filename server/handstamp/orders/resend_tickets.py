"""Send an order's tickets again, to the address they were bought with, and not too often."""

from handstamp.audit.record import record
from handstamp.kit.clock import DAY, HOUR
from handstamp.orders.models import Order
from handstamp.orders.order_mails import queue_resent
from handstamp.plumbing import limits
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

PER_HOUR, PER_DAY = 3, 10


async def resend_tickets(services: Services, actor: Actor, order_id: str) -> str:
    """Queue the tickets of an order once more and return the mail's id.

    The caller has made sure that the actor may see the order. Opens transactions of its own.

    Raises:
        NotFound: there is no such order.
        Conflict: it has no tickets.
        TooMany: they were sent again too often.
    """
    await limits.hit(services, f"resend:{order_id}", limit=PER_HOUR, window_ms=HOUR)
    await limits.hit(services, f"resend:{order_id}", limit=PER_DAY, window_ms=DAY)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        order = await session.get(Order, order_id)
        if order is None:
            raise NotFound(_("There is no such order that you may see."))
        if order.status not in ("paid", "partially_refunded"):
            raise Conflict(_("This order has no tickets to send."))
        if not order.email:
            raise Conflict(_("This order has no e-mail address. Add one first."))
        mail = await queue_resent(session, order)
        await record(
            session,
            actor,
            "order.resend",
            "order",
            order.id,
            organizer_id=order.organizer_id,
            meta={"mail": mail},
        )
        return mail
