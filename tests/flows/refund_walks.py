"""What happens to an order after it was bought: parts go back, a bank fails, a bank asks."""

import asyncio
from collections import Counter
from typing import Any

from sqlalchemy import select
from tests.flows.buyer import AGAIN_S, Buyer, a_buyer
from tests.flows.sale_world import SETTLING_S, Sale

from handstamp.events.set_prices import set_prices
from handstamp.events.shapes import PricesChange, TaxShape
from handstamp.orders.models import OrderItem
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.models import Ticket

SLOW_BANK = "4000000000007726"  # refunds to it are pending, and may fail


async def add_fees_and_taxes(sale: Sale) -> None:
    """Have buyers pay fees and taxes, so that each refund has parts of all three."""
    rates = [TaxShape(name="GST", ppm=50_000), TaxShape(name="PST", ppm=70_000)]
    change = PricesChange(fee_bp=250, fee_fixed=99, tax_mode="rates", rates=rates)
    async with sale.services.db.write() as session:
        await set_prices(session, sale.services, SYSTEM, sale.event.id, change)


async def items(buyer: Buyer) -> list[OrderItem]:
    """Return the order's lines."""
    query = select(OrderItem).where(OrderItem.order_id == buyer.order_id)
    async with buyer.sale.services.db.read() as session:
        return list(await session.scalars(query.order_by(OrderItem.position)))


async def tickets(buyer: Buyer) -> Counter[str]:
    """Return how many tickets of the order have which status."""
    query = select(Ticket.status).where(Ticket.order_id == buyer.order_id)
    async with buyer.sale.services.db.read() as session:
        return Counter(await session.scalars(query))


async def tickets_become(buyer: Buyer, **wanted: int) -> None:
    """Wait for the order's tickets to have these statuses, without letting time pass."""
    try:
        async with asyncio.timeout(SETTLING_S):
            while (found := await tickets(buyer)) != Counter(wanted):
                await buyer.sale.start()
                await buyer.sale.double.deliver()
                await asyncio.sleep(AGAIN_S)
    except TimeoutError:
        raise AssertionError(f"{found} instead of {wanted}: {buyer.sale.logs()}") from None


async def at_stripe(buyer: Buyer, kind: str, **having: str) -> list[dict[str, Any]]:
    """Return what Stripe has of this order's payment of a kind, the newest first."""
    double, account = buyer.sale.double, buyer.sale.account
    (charge,) = [
        one
        for one in await double.objects("charge", account=account)
        if one["metadata"].get("order_id") == buyer.order_id
    ]
    if kind == "charge":
        return [charge]
    return [
        one
        for one in await double.objects(kind, account=account)
        if one["charge"] == charge["id"] and all(one[name] == of for name, of in having.items())
    ]


async def get_parts_back(buyer: Buyer) -> None:
    """One ticket goes back, the bank does not take it; then the ticket again, and the rest."""
    await buyer.buy(2, 1, card=SLOW_BANK)
    await buyer.becomes("paid")
    one = [{"item": (await items(buyer))[0].id, "qty": 1}]
    await buyer.refund(lines=one)
    await tickets_become(buyer, valid=2, refunded=1)
    (first,) = await at_stripe(buyer, "refund", status="pending")
    await buyer.sale.double.settle_refund(first["id"], "failed")
    await tickets_become(buyer, valid=3)
    await buyer.refund(lines=one)
    await tickets_become(buyer, valid=2, refunded=1)
    await buyer.refund(amount=500)
    await buyer.refund()
    await buyer.becomes("refunded")


async def be_disputed(buyer: Buyer) -> None:
    """Two banks ask for money back, of an order that had a part back: one loses, one wins."""
    double = buyer.sale.double
    async with a_buyer(buyer.sale) as other:
        for one in (buyer, other):
            await one.buy(1, 1)
            await one.becomes("paid")
        await buyer.refund(lines=[{"item": (await items(buyer))[1].id, "qty": 1}])
        await tickets_become(buyer, valid=1, refunded=1)
        for one in (buyer, other):
            (charge,) = await at_stripe(one, "charge")
            await double.open_dispute(charge["id"])
        await tickets_become(buyer, disputed=1, refunded=1)
        await tickets_become(other, disputed=2)
        for one, won in ((buyer, True), (other, False)):
            (dispute,) = await at_stripe(one, "dispute")
            await double.close_dispute(dispute["id"], won=won)
        await tickets_become(buyer, valid=1, refunded=1)
        await tickets_become(other, cancelled=2)


async def be_refunded_at_stripe(buyer: Buyer) -> None:
    """The organizer gives a line back in Stripe's own pages, and the rest here."""
    await buyer.buy(2, 1)
    await buyer.becomes("paid")
    (charge,) = await at_stripe(buyer, "charge")
    await buyer.sale.double.refund(charge["id"], amount=(await items(buyer))[1].total)
    await tickets_become(buyer, valid=2, refunded=1)
    await buyer.refund()
    await buyer.becomes("refunded")
