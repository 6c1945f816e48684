"""Sending the tickets of several orders of an event again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from handstamp.orders.find_orders import chosen_orders
from handstamp.orders.resend_tickets import resend_tickets
from handstamp.plumbing.errors import BadInput, Conflict, NotFound, TooMany
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

MOST = 100


@dataclass(frozen=True)
class Resent:
    """Ids of orders whose tickets are mailed again, and by order id why others' are not."""

    sent: Sequence[str]
    refused: Mapping[str, str]


async def resend_many(
    services: Services, actor: Actor, event_id: str, order_ids: Collection[str]
) -> Resent:
    """Queue the tickets of each of these orders once more; what cannot be stops nothing else.

    Opens transactions of its own, one for each order.

    Raises:
        NotFound: the event is not the actor's, or one of the orders is not the event's.
        BadInput: there are none, or more than `MOST`.
    """
    if not order_ids:
        raise BadInput(_("Choose at least one order."))
    if len(order_ids) > MOST:
        raise BadInput(_("Choose at most %(most)s orders at once.") % {"most": MOST})
    async with services.db.read() as session:
        _event, orders = await chosen_orders(session, actor, event_id, order_ids)
    sent, refused = [], {}
    for order in orders:
        try:
            await resend_tickets(services, actor, order.id)
        except (Conflict, NotFound, TooMany) as error:
            refused[order.id] = error.detail
        else:
            sent.append(order.id)
    return Resent(sent, refused)
