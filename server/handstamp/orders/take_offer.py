"""Taking what a waiting list offers: the tickets that it holds become a pending order."""

from dataclasses import replace

from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_book import Held
from handstamp.orders.hold_tickets import hold_order
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.waitlist.find_waiting import offer_of


async def take_offer(
    services: Services, buyer: Buyer, waiting_id: str, *, quantity: int | None = None
) -> Held:
    """Hold what somebody on a waiting list is offered, or `quantity` of it; the rest is free.

    The caller has made sure whose place it is. The same again finds the same order. An order that
    is not paid in its time gives the tickets back to the offer, while that stands.

    Raises:
        Conflict: `code` says why: offer_ended, or what `hold` refuses.
    """
    async with services.db.read() as session:
        waiting, offer = await offer_of(session, waiting_id)
    if offer is None:
        raise Conflict(_("Nothing is offered to you at the moment."), code="offer_ended")
    wants = {offer.tier_id: offer.qty if quantity is None else quantity}
    known = replace(buyer, email=buyer.email or waiting.email)
    return await hold_order(services, known, offer.event_id, wants, offer_id=offer.id)
