"""Puts away what a self-test made: money given back, key revoked, event archived."""

from sqlalchemy import or_, select

from handstamp.checkin.models import Device
from handstamp.checkin.revoke_device import revoke_device
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.orders.settle_order import close_order
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.find_refunds import refund_view
from handstamp.refunds.refund_order import refund_order
from handstamp.selftest.models import SelfTest


async def put_away(services: Services, test_id: str) -> None:
    """Put away what is left of a run; safe to repeat, and after a crash.

    Keys and event go first: they need nobody else, and the money may have to wait.

    Raises:
        Problem: the order cannot be closed or refunded now; keys and event are put away.
    """
    async with services.db.write(actor=SYSTEM.id) as session:
        test = await session.get_one(SelfTest, test_id)
        event = await session.get(Event, test.event_id) if test.event_id else None
        query = select(Device.id).where(
            Device.event_id == test.event_id, Device.revoked_at.is_(None), Device.kind == "api"
        )
        keys = (await session.scalars(query)).all() if event else []
        for key in keys:
            await revoke_device(session, services, SYSTEM, key)
        if event is not None and event.status == "testing":
            await publish_event(session, services, SYSTEM, event.id, "archived")
        bought = or_(Order.id == test.order_id, Order.buyer_key == test.buyer_key)
        of_event = select(Order.id).where(Order.event_id == test.event_id, bought)
        orders = (await session.scalars(of_event.order_by(Order.id))).all()
    for order_id in orders:
        await _give_back(services, order_id)
    async with services.db.write(actor=SYSTEM.id) as session:
        (await session.get_one(SelfTest, test_id)).cleaned_at = services.clock()


async def _give_back(services: Services, order_id: str) -> None:
    async with services.db.read() as session:
        order = await session.get_one(Order, order_id)
    if order.status == "pending":
        await close_order(services, order.id, reason="buyer")
    async with services.db.read() as session:
        order = await session.get_one(Order, order_id)  # paid meanwhile, it was not closed
        owed = (await refund_view(session, order)).refundable if order.status in PLACED else 0
    if owed:
        await refund_order(services, SYSTEM, order.id, note="Self-test", origin="system")
