"""What must hold of an event's sale: at any moment, and once nothing is left to do."""

from collections import Counter

from tests.flows.refund_checks import refund_faults
from tests.flows.sale_checks import order_faults
from tests.rooms.refunds.after_sale import CAPACITY, AfterSale, uses

from handstamp.ledger.balances import every_balance
from handstamp.ledger.rules import PLATFORM
from handstamp.orders.check_stock import stock_differences
from handstamp.orders.count_sales import count_sales, recount_sales
from handstamp.orders.rules import PLACED
from handstamp.tickets.stock import counts

PENDING = "is still pending"  # what `order_faults` says of an order that waits
BOUND = {"pending", *PLACED}  # orders that count as a use of their codes


async def check_now(sale: AfterSale) -> None:
    """Stock, sums and codes' uses say what orders and tickets say, whatever is under way."""
    event_id = sale.event.id
    async with sale.services.db.read() as session:
        assert await stock_differences(session, [event_id]) == []
        assert await count_sales(session, event_id) == await recount_sales(session, event_id)
        for (_event, tier), count in (await counts(session, [event_id])).items():
            assert count.taken <= (CAPACITY if tier else 2 * CAPACITY)
    wanted = Counter(
        code
        for order in await sale.orders()
        for code in (order.discount_code_id, order.access_code_id)
        if code and order.status in BOUND
    )
    assert await uses(sale) == {code: wanted[code] for code in await uses(sale)}


async def check_settled(sale: AfterSale, *, pending: bool = False) -> None:
    """Money, refunds, disputes and tickets are one story here and at Stripe.

    `pending`: orders may still wait to be paid.
    """
    await check_now(sale)
    refunds = await sale.at_stripe("refund")
    disputes = await sale.at_stripe("dispute")
    async with sale.services.db.read() as session:
        found = await refund_faults(session, refunds, disputes, event_id=sale.event.id)
        found += [
            fault
            for fault in await order_faults(session, event_id=sale.event.id)
            if not (pending and fault.endswith(PENDING))
        ]
        books = await every_balance(session)
    for book, account in ((PLATFORM, ""), (sale.account, sale.account)):
        ours = sum(o.amount for o in books if o.book == book and o.account == "stripe_balance")
        held = await sale.double.balance(account=account)
        theirs = sum(sum(parts.values()) for parts in held.values())
        found += [f"{book}: ledger {ours}, Stripe {theirs}"] if ours != theirs else []
    assert not found, "\n".join(found)
