"""The tax that Stripe Tax worked out on the payment page becomes the order's own."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.price_rules import Tax, spread
from handstamp.events.tax_lines import written
from handstamp.orders import rules, store
from handstamp.orders.models import Order
from handstamp.payments.facts import CheckoutFacts


async def keep_tax(session: AsyncSession, order: Order, facts: CheckoutFacts) -> None:
    """Write what a paid page says of tax into an order that Stripe Tax counts for.

    The order is locked by the caller. Stripe tells one sum; lines get their parts in proportion
    to what was paid for them. An order that is placed already stays as it is.
    """
    if order.tax_mode != "stripe" or order.status not in ("pending", *rules.CLOSED_UNPAID):
        return
    items = (await store.items(session, [order.id]))[order.id]
    untaxed = [item.total - item.tax for item in items]
    for item, before, part in zip(items, untaxed, spread(facts.tax, untaxed), strict=True):
        item.tax, item.total = part, before + part
        item.taxes_json = written([Tax("", 0, part)] if part else [])
    order.tax = facts.tax
    order.total = sum(untaxed) + facts.tax
    await session.flush()
