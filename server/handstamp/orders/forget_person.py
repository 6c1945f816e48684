"""Forget who bought: orders keep what accounting needs, and name nobody."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.mail.addresses import erased_address
from handstamp.orders.models import Consent, Order, OrderItem
from handstamp.plumbing.texts import _

_QUIET = {"synchronize_session": False}


def orders_of(person: Person) -> ColumnElement[bool]:
    """Return what makes an order somebody's."""
    by_email = func.lower(Order.email) == person.email
    return or_(by_email, Order.user_id == person.user_id) if person.user_id else by_email


async def locked_orders(session: AsyncSession, person: Person) -> list[Order]:
    """Return a person's orders, locked: nothing can be paid or refunded until this has ended."""
    query = select(Order).where(orders_of(person)).order_by(Order.id)
    query = query.with_for_update(key_share=True)
    return list(await session.scalars(query, execution_options={"populate_existing": True}))


def why_not_forget(orders: Sequence[Order]) -> list[str]:
    """Say which orders somebody may be paying at this moment."""
    text = _("Order %(number)s is waiting for its payment. Cancel it, or wait until it expires.")
    return [text % {"number": one.number} for one in orders if one.status == "pending"]


async def forget_orders(
    session: AsyncSession, person: Person, orders: Sequence[Order]
) -> list[str]:
    """Mask a person's orders and forget to what they agreed; mailed links open nothing more.

    Returns by which ids Stripe knows the pages on which they were paid.
    """
    for order in orders:
        order.email, order.name, order.phone, order.network = erased_address(), "", "", ""
        order.buyer_key, order.user_id, order.access_hash = f"erased:{order.id}", None, ""
        order.checkout_url, order.note = "", ""
    await session.flush()
    ids = [order.id for order in orders]
    await session.execute(
        update(OrderItem)
        .where(OrderItem.order_id.in_(ids))
        .values(names_json="[]")
        .execution_options(**_QUIET)
    )
    theirs = or_(func.lower(Consent.email) == person.email, Consent.order_id.in_(ids))
    await session.execute(delete(Consent).where(theirs).execution_options(**_QUIET))
    return [one.checkout_session_id for one in orders if one.checkout_session_id]
