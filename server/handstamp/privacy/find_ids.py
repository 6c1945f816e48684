"""The ids of what a person bought and wished, by which refunds and disputes name it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.orders.forget_person import orders_of
from handstamp.orders.models import Order
from handstamp.preorders.forget_person import preorders_of
from handstamp.preorders.models import PreOrder


async def ids_of(session: AsyncSession, person: Person) -> tuple[list[str], list[str]]:
    """Return the ids of a person's orders and pre-orders."""
    orders = await session.scalars(select(Order.id).where(orders_of(person)))
    preorders = await session.scalars(select(PreOrder.id).where(preorders_of(person)))
    return list(orders), list(preorders)
