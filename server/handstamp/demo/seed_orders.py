"""Some orders of the demo, bought as everybody buys: held, paid at the double, settled."""

from dataclasses import dataclass

from handstamp.demo.stripe_double import Double
from handstamp.events.find_events import tiers_of
from handstamp.orders.buyers import Buyer
from handstamp.orders.count_sales import count_sales
from handstamp.orders.find_orders import owned_order
from handstamp.orders.hold_tickets import hold
from handstamp.orders.settle_order import settle_order
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.refund_order import refund_order

PAYS, IS_DISPUTED = "4242424242424242", "4000000000000259"


@dataclass(frozen=True)
class Purchase:
    """Who buys how many of the event's first and second tier, with which card."""

    name: str
    email: str
    first: int
    second: int = 0
    card: str = PAYS
    refunded: bool = False


PURCHASES = (
    Purchase("Maya Fontaine", "maya@example.org", 2),
    Purchase("Theo Okonkwo", "theo@example.org", 1, 1),
    Purchase("Ines Carvalho", "ines@example.org", 4),
    Purchase("Kofi Lindqvist", "kofi@example.org", 2, refunded=True),
    Purchase("Rae Halloran", "rae@example.org", 1, card=IS_DISPUTED),
)


async def seed_orders(services: Services, double: Double, event_id: str) -> None:
    """Buy what the list says, unless the event has orders already."""
    async with services.db.read() as session:
        if (await count_sales(session, event_id)).orders:
            return
        tiers = [tier.id for tier in await tiers_of(session, event_id)]
    for purchase in PURCHASES:
        wants = {tiers[0]: purchase.first, tiers[1]: purchase.second}
        order_id = await _buy(services, double, event_id, wants, purchase)
        if purchase.refunded:
            note = "Could not come after all."
            await refund_order(
                services, SYSTEM, order_id, reason="requested_by_customer", note=note
            )


async def _buy(
    services: Services,
    double: Double,
    event_id: str,
    wants: dict[str, int],
    purchase: Purchase,
) -> str:
    buyer = Buyer(key=f"demo:{event_id}:{purchase.email}")
    order = await hold(services, buyer, event_id, wants)
    details = BuyerDetails(email=purchase.email, name=purchase.name, terms=True)
    await start_checkout(services, order.id, details)
    async with services.db.read() as session:
        order = await owned_order(session, SYSTEM, order.id)
    await double.order(
        "pay", session=order.checkout_session_id, card=purchase.card, email=purchase.email
    )
    await settle_order(services, order.id)
    return order.id
